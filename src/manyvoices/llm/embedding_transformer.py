"""Texts as points by a sentence-transformers model that lies on this machine.

Nothing is downloaded: an analysis must not change with what a hub serves that day. torch and
sentence-transformers are large and needed here alone, so they are imported when a model is loaded.
"""

from __future__ import annotations

import hashlib
import importlib
import importlib.util
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from manyvoices.llm.embedding import Progress, Vectors
from manyvoices.schema.errors import ManyvoicesError, MissingExtraError

_MARKS = ("modules.json", "config.json")
_BATCH = 64


class EmbedderError(ManyvoicesError):
    """There is no such model here."""


class SentenceTransformerEmbedder:
    """One folder with a model; it is loaded at the first text, which therefore takes longer."""

    whole = False

    def __init__(self, folder: Path | str) -> None:
        """`folder` of the model, or the name of an installed package that holds one.

        Raises:
            MissingExtraError: sentence-transformers is not installed.
            EmbedderError: No model lies there.
        """
        self.folder = _model_folder(folder)
        self._label, self._digest = Path(folder).name, ""
        if importlib.util.find_spec("sentence_transformers") is None:
            raise MissingExtraError("A sentence-transformers model", "embed")
        self._model: Any = None

    @property
    def name(self) -> str:
        """The name it was given by, and a hash of its files: weights change under one name."""
        if not self._digest:
            whole = hashlib.sha256()
            for path in sorted(self.folder.rglob("*")):
                if path.suffix in (".json", ".safetensors", ".bin", ".txt"):
                    with path.open("rb") as file:
                        whole.update(hashlib.file_digest(file, "sha256").digest())
            self._digest = whole.hexdigest()[:12]
        return f"{self._label}-{self._digest}"

    @property
    def dimension(self) -> int:
        """Length of a vector, as the model says."""
        model = self._loaded()
        ask = getattr(model, "get_embedding_dimension", None)
        return int(ask() if ask else model.get_sentence_embedding_dimension())

    def __repr__(self) -> str:
        return f"SentenceTransformerEmbedder({self.folder.name!r})"

    def embed(self, texts: Sequence[str], progress: Progress | None = None) -> Vectors:
        """(n, dimension) float32, rows of length 1; longer texts are cut where the model cuts."""
        model = self._loaded()
        parts = [np.zeros((0, self.dimension), dtype=np.float32)]
        for start in range(0, len(texts), _BATCH):
            batch = list(texts[start : start + _BATCH])
            found = model.encode(
                batch, batch_size=_BATCH, normalize_embeddings=True, show_progress_bar=False
            )
            parts.append(np.asarray(found, dtype=np.float32))
            if progress is not None:
                progress(start + len(batch))
        return np.concatenate(parts)

    def _loaded(self) -> Any:
        if self._model is None:
            try:
                library = importlib.import_module("sentence_transformers")
            except ImportError as error:
                raise MissingExtraError("A sentence-transformers model", "embed") from error
            self._model = library.SentenceTransformer(
                str(self.folder), device="cpu", local_files_only=True
            )
        return self._model


def _model_folder(given: Path | str) -> Path:
    """The folder itself, or the one inside an installed package of that name."""
    folder = Path(given)
    if not folder.is_dir():
        package = _package(str(given))
        if package is None:
            raise EmbedderError(
                f"{given}: there is no such folder; an embedder is 'lsa' or the folder of a "
                "sentence-transformers model (one that holds modules.json)"
            )
        folder = package
    for candidate in [folder, *sorted(path.parent for path in folder.glob("**/modules.json"))]:
        if all((candidate / mark).exists() for mark in _MARKS):
            return candidate
    raise EmbedderError(
        f"{given}: no model of sentence-transformers lies there (no modules.json with config.json)"
    )


def _package(name: str) -> Path | None:
    module = name.replace("-", "_")
    if not module.isidentifier():
        return None
    found = importlib.util.find_spec(module)
    if found is None or not found.submodule_search_locations:
        return None
    return Path(next(iter(found.submodule_search_locations)))
