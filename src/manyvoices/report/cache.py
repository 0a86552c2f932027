"""Chapters that were computed before, kept for the next report on the same data.

Results are pickled, and unpickling can run any code. They therefore lie in the user's own cache
folder, which nobody else can write to, and never in a report's folder or a release's: those are
passed on, and a pickle in somebody else's folder could run somebody else's code.
"""

from __future__ import annotations

import hashlib
import importlib.metadata
import os
import pickle
import platform
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from manyvoices.report.inputs import digest_of

MOST_BYTES = 2 * 1024**3
"""What the folder may hold; beyond it the entries unused for longest are removed."""

_BELOW = ("schema", "io", "design", "llm", "curate", "aggregate", "analyse")
"""Rooms whose source a computed result hangs on."""
_PACKAGES = (
    *("manyvoices", "numpy", "scipy", "polars", "scikit-learn", "umap-learn", "hdbscan"),
    *("numba", "sentence-transformers", "matplotlib", "great-tables"),
)
_DIGEST_BYTES = 32


@dataclass(frozen=True, slots=True)
class ResultCache:
    """Pickled results by key. An entry that cannot be read is as good as none."""

    folder: Path

    def get(self, key: str) -> Any | None:
        """The result, or None."""
        path = self._path(key)
        try:
            content = path.read_bytes()
            digest, body = content[:_DIGEST_BYTES], content[_DIGEST_BYTES:]
            if hashlib.sha256(body).digest() != digest:
                return None
            result = pickle.loads(body)  # noqa: S301 - our own file in a folder of mode 0700
            os.utime(path)
        except Exception:  # whatever is wrong with an entry, it can be computed again
            return None
        return result

    def put(self, key: str, result: Any) -> None:
        """Keep `result`; where that is not possible (a full disk), it is not kept."""
        try:
            body = pickle.dumps(result, protocol=pickle.HIGHEST_PROTOCOL)
            # mkstemp makes the file with mode 0600.
            handle, name = tempfile.mkstemp(dir=self.folder)
            with os.fdopen(handle, "wb") as file:
                file.write(hashlib.sha256(body).digest() + body)
            Path(name).replace(self._path(key))
        except (OSError, pickle.PicklingError, AttributeError, TypeError):
            return

    def _path(self, key: str) -> Path:
        return self.folder / f"{key}.pickle"


def user_folder() -> Path:
    """``MANYVOICES_CACHE``, else ``manyvoices`` in XDG_CACHE_HOME, else in ``~/.cache``."""
    if named := os.environ.get("MANYVOICES_CACHE"):
        return Path(named)
    base = os.environ.get("XDG_CACHE_HOME")
    return (Path(base) if base else Path.home() / ".cache") / "manyvoices"


def private_folder(name: str) -> Path | None:
    """A folder in `user_folder` that only this user can read and write; None where there is none.

    A folder that belongs to somebody else, or that others may write to, is not used.
    """
    folder = user_folder() / name
    try:
        folder.mkdir(parents=True, mode=0o700, exist_ok=True)
        found = folder.stat()
        if hasattr(os, "getuid") and found.st_uid != os.getuid():
            return None
        if found.st_mode & 0o077:
            folder.chmod(0o700)
    except (OSError, RuntimeError):
        return None
    return folder


def result_cache() -> ResultCache | None:
    """The cache of results of this user."""
    folder = private_folder("report")
    return ResultCache(folder) if folder else None


def artefact_folder() -> Path | None:
    """Where embeddings and other long work are kept (`Settings.cache`)."""
    return private_folder("artefacts")


def prune(folder: Path, most_bytes: int = MOST_BYTES) -> int:
    """Remove files unused for longest until the rest fit into `most_bytes`; return how many."""
    found = [(file.stat(), file) for file in folder.rglob("*") if file.is_file()]
    total, removed = sum(stat.st_size for stat, _ in found), 0
    for stat, file in sorted(found, key=lambda one: one[0].st_mtime):
        if total <= most_bytes:
            break
        file.unlink(missing_ok=True)
        total, removed = total - stat.st_size, removed + 1
    return removed


@cache
def software() -> str:
    """Digest of everything of ours and of others' that a computed result hangs on."""
    versions = [f"python {platform.python_version()} {platform.machine()}"]
    for package in _PACKAGES:
        try:
            versions.append(f"{package} {importlib.metadata.version(package)}")
        except importlib.metadata.PackageNotFoundError:
            versions.append(f"{package} none")
    return digest_of([*versions, *_sources(_BELOW)])


@cache
def drawing_software() -> str:
    """The same for what a drawn chapter hangs on besides its result."""
    return digest_of(_sources(("report",)))


def _sources(rooms: Iterable[str]) -> list[str]:
    root = Path(__file__).parents[1]
    files = (file for room in rooms for file in sorted((root / room).rglob("*")))
    return [
        f"{file.relative_to(root).as_posix()} {hashlib.sha256(file.read_bytes()).hexdigest()}"
        for file in files
        if file.is_file() and "__pycache__" not in file.parts
    ]
