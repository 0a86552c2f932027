"""What a report can be made of: which chapters fit a path, and which files its numbers hang on."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, TypeAlias

from manyvoices.curate.place import find_release
from manyvoices.io import registry
from manyvoices.io.faults import FaultLog
from manyvoices.io.formats import detect_format
from manyvoices.io.lines import iter_lines
from manyvoices.io.manifest import MANIFEST, sha256
from manyvoices.io.prism import find
from manyvoices.schema.errors import DataError, Fault

Takes: TypeAlias = Literal["study", "trees", "ratings"]

_TREES = frozenset(("trees", "messages", "threads", "grown"))
"""Contents of formats (see `manyvoices.io.registry`) that hold trees of messages."""


@dataclass(frozen=True, slots=True)
class Input:
    """A path that a report can be made of."""

    path: Path
    format: str
    """As in ``manyvoices validate --format``: native, prism, oasst-trees, rated, ..."""
    kinds: frozenset[Takes]
    """Chapters that take one of these are shown (see `Chapter.takes`)."""
    files: tuple[Path, ...]
    """Every file that a number of the report can hang on, in a fixed order."""

    @property
    def name(self) -> str:
        """Without the folders above it: they say nothing to others."""
        return self.path.resolve().name

    def digest(self) -> str:
        """SHA-256 over names and contents of `files`.

        Not the manifest's hash alone: it says what the files were when the release was made, and
        somebody may have written to one since.
        """
        root = self.path if self.path.is_dir() else self.path.parent
        names = ((path.relative_to(root).as_posix(), path) for path in self.files)
        return digest_of(f"{name} {sha256(path)}" for name, path in names)


def find_input(path: Path | str) -> Input:
    """Recognise a release in our form or PRISM's, trees or messages in OASST's, or a rated table.

    Raises:
        DataError: It is none of them; the message says what it is.
        FileNotFoundError: There is nothing of that name.
    """
    path = Path(path)
    if not path.exists():
        raise FileNotFoundError(2, "there is no such file or folder", str(path))
    return _folder(path) if path.is_dir() else _file(path)


def digest_of(parts: Iterable[str]) -> str:
    """SHA-256 of some texts, one a line."""
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


def _folder(path: Path) -> Input:
    trees = find(path / "native", "trees")
    talks = (find(path / part, "conversations") for part in ("native", "prism"))
    if trees.exists() and not any(map(_holds_lines, talks)):
        return Input(path, "native", frozenset(("trees",)), (trees, *_beside(path)))
    place = find_release(path)
    kinds: set[Takes] = {"study", "trees"} if trees.exists() else {"study"}
    files = (*place.inputs, *((trees,) if trees.exists() else ()), *_beside(path))
    return Input(path, "native" if place.native else "prism", frozenset(kinds), files)


def _beside(folder: Path) -> tuple[Path, ...]:
    """The manifest and the study: titles and labels come from them."""
    study = sorted(file for file in (folder / "study").rglob("*") if file.is_file())
    return (*((folder / MANIFEST,) if (folder / MANIFEST).exists() else ()), *study)


def _holds_lines(path: Path) -> bool:
    return path.exists() and next(iter_lines(path, FaultLog()), None) is not None


def _file(path: Path) -> Input:
    name = detect_format(path)
    content = registry.get(name).content
    if content in _TREES:
        return Input(path, name, frozenset(("trees",)), (path,))
    if content == "ratings":
        columns = path.with_name(f"{path.name}.columns.yaml")
        files = (path, columns) if columns.exists() else (path,)
        return Input(path, name, frozenset(("ratings",)), files)
    hint = ""
    if content in ("release", "participants", "survey-answers", "conversations") or (
        content.startswith("prism")
    ):
        hint = "give the folder that holds all files of the release"
    elif content == "battles":
        hint = "`manyvoices rank` makes a leaderboard of battles"
    wanted = "a release, trees or messages in OASST's form, or a table of ratings"
    raise DataError([Fault(str(path), None, "", f"a file in the form {name}", wanted, hint)])
