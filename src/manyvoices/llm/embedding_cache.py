"""Embeddings are kept by what they are made of, so that a second report embeds nothing.

A file that cannot be read is as good as none: it is made again, and a report never fails by it.
"""

from __future__ import annotations

import hashlib
import zipfile
import zlib
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np

from manyvoices.io.writing import replacing
from manyvoices.llm.embedding import Embedder, Progress, Vectors

_FOLDER = "embeddings"


def embed_cached(
    embedder: Embedder,
    texts: Sequence[str],
    cache: Path | None,
    progress: Progress | None = None,
) -> Vectors:
    """(n, dimension) vectors of `texts`, of which only those not in `cache` are embedded.

    The key is the embedder's name and the sha256 of the text. An embedder whose vectors depend on
    all texts together (`Embedder.whole`) is kept by all of them: another set is embedded anew.
    `progress` counts texts that are embedded, not those that were known. None = keep nothing.
    """
    distinct = list(dict.fromkeys(texts))
    place = {text: i for i, text in enumerate(distinct)}
    if cache is None:
        found = embedder.embed(distinct, progress)
    elif embedder.whole:
        found = _whole(embedder, distinct, cache, progress)
    else:
        found = _single(embedder, distinct, cache, progress)
    return found[[place[text] for text in texts]]


def text_key(text: str) -> str:
    """sha256 of a text; lone surrogates, which JSON allows, are no obstacle."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def _whole(
    embedder: Embedder, texts: Sequence[str], cache: Path, progress: Progress | None
) -> Vectors:
    keys = [text_key(text) for text in texts]
    digest = hashlib.sha256("\n".join(keys).encode()).hexdigest()[:24]
    path = cache / _FOLDER / f"{_safe(embedder.name)}-{digest}.npz"
    known = _read(path, embedder.dimension)
    if all(key in known for key in keys):
        return _stacked((known[key] for key in keys), embedder.dimension)
    found = embedder.embed(texts, progress)
    _write(path, dict(zip(keys, found, strict=True)))
    return found


def _single(
    embedder: Embedder, texts: Sequence[str], cache: Path, progress: Progress | None
) -> Vectors:
    path = cache / _FOLDER / f"{_safe(embedder.name)}.npz"
    known = _read(path, embedder.dimension)
    keys = [text_key(text) for text in texts]
    missing = [i for i, key in enumerate(keys) if key not in known]
    if missing:
        found = embedder.embed([texts[i] for i in missing], progress)
        known |= {keys[i]: row for i, row in zip(missing, found, strict=True)}
        _write(path, known)
    return _stacked((known[key] for key in keys), embedder.dimension)


def _stacked(rows: Iterable[Vectors], dimension: int) -> Vectors:
    listed = list(rows)
    return np.stack(listed) if listed else np.zeros((0, dimension), dtype=np.float32)


def _read(path: Path, dimension: int) -> dict[str, Vectors]:
    """Key -> vector; empty where the file is absent, cut off, of another shape or not ours."""
    try:
        with np.load(path, allow_pickle=False) as file:
            keys, vectors = file["keys"], file["vectors"]
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile, zlib.error):
        return {}
    sound = (
        keys.ndim == 1 and vectors.shape == (len(keys), dimension) and vectors.dtype == np.float32
    )
    if not sound or not np.isfinite(vectors).all():
        return {}
    return dict(zip(keys.tolist(), vectors, strict=True))


def _write(path: Path, rows: dict[str, Vectors]) -> None:
    """Whole or not at all: another report may read at the same time."""
    with replacing(path) as file:
        np.savez(file, keys=np.array(list(rows)), vectors=np.stack(list(rows.values())))


def _safe(name: str) -> str:
    return "".join(c if c.isalnum() or c in "-._" else "-" for c in name)
