"""A clustering as a file: it takes minutes, and no other machine would make quite the same."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import zipfile
import zlib
from collections.abc import Callable
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import numpy as np

from manyvoices.analyse.topics.clustering import Clustering, ClusterSettings, find_topics
from manyvoices.analyse.topics.stability import Stability
from manyvoices.io.writing import replacing
from manyvoices.llm.embedding import Vectors

_ARRAYS = ("labels", "coordinates", "plane")


def save(clustering: Clustering, path: Path) -> None:
    """Write coordinates, labels, stability and settings as one ``.npz``."""
    about = {
        "settings": dataclasses.asdict(clustering.settings),
        "stability": dataclasses.asdict(clustering.stability),
    }
    arrays = {name: getattr(clustering, name) for name in _ARRAYS}
    with replacing(path) as file:
        np.savez(file, about=np.array(json.dumps(about)), **arrays)


def load(path: Path) -> Clustering | None:
    """What `save` wrote; None where the file is absent or cannot be read as that."""
    try:
        with np.load(path, allow_pickle=False) as file:
            arrays = {name: file[name] for name in _ARRAYS}
            about = json.loads(str(file["about"]))
        stability = {name: tuple(values) for name, values in about["stability"].items()}
        return Clustering(
            **arrays,
            stability=Stability(**stability),
            settings=ClusterSettings(**about["settings"]),
        )
    except (OSError, ValueError, KeyError, TypeError, EOFError, zipfile.BadZipFile, zlib.error):
        return None


def find_topics_kept(
    vectors: Vectors,
    settings: ClusterSettings,
    cache: Path | None,
    tick: Callable[[str], None] | None = None,
) -> Clustering:
    """`find_topics`, or what it found before for the same vectors, settings and versions."""
    if cache is None:
        return find_topics(vectors, settings, tick)
    path = cache / "topics" / f"{_key(vectors, settings)}.npz"
    kept = load(path)
    if kept is not None and len(kept.labels) == len(vectors) and kept.settings == settings:
        return kept
    found = find_topics(vectors, settings, tick)
    save(found, path)
    return found


def _key(vectors: Vectors, settings: ClusterSettings) -> str:
    digest = hashlib.sha256(np.ascontiguousarray(vectors).tobytes())
    digest.update(f"{vectors.shape} {settings} {_versions()}".encode())
    return digest.hexdigest()[:24]


def _versions() -> str:
    found = []
    for package in ("umap-learn", "hdbscan"):
        try:
            found.append(version(package))
        except PackageNotFoundError:
            found.append("absent")
    return " ".join(found)
