"""What a curated release takes over from its parent, and how it comes to stand in its place."""

from __future__ import annotations

import contextlib
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

from manyvoices.curate.exclusions import Exclusions, apply
from manyvoices.curate.place import Place
from manyvoices.io.native_trees import TREE_FILES
from manyvoices.io.prism import find
from manyvoices.schema import DataError, Fault

MADE_HERE = ("native", "prism", "metadata", "subsets", "checks", "study")
"""Folders that a curated release has an idea of; any other is taken over as it is."""


@contextlib.contextmanager
def appearing(out: Path, *apart_from: Path) -> Iterator[Path]:
    """A new folder that becomes `out` when the block ends well, and else vanishes.

    Args:
        apart_from: Folders that `out` may neither be in nor hold.

    Raises:
        DataError: `out` exists and is not empty, or is not apart.
    """
    _refuse_full(out)
    apart(out, *apart_from)
    out.parent.mkdir(parents=True, exist_ok=True)
    temporary = Path(tempfile.mkdtemp(prefix=f".{out.name}-", dir=out.parent))
    try:
        folder = temporary / "release"
        folder.mkdir()
        yield folder
        if out.exists():
            out.rmdir()
        folder.replace(out)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def copy_native(place: Place, folder: Path) -> None:
    """Copy the native files, byte for byte."""
    if place.native:
        copy(place.directory / "native", folder / "native")


def copy_study(source: Path, folder: Path) -> None:
    """Copy the study as it ran."""
    copy(source / "study", folder / "study")
    if (source / "study.yaml").is_file():
        shutil.copyfile(source / "study.yaml", folder / "study.yaml")


def copy_rest(parent: Place, folder: Path, exclusions: Exclusions) -> list[str]:
    """Take over what this curation has not made anew; return notes on what was left behind.

    Earlier metadata and tables of subsets are taken over where there are no new ones. A form
    beside native and PRISM's cannot be cut, so it stays behind where anything is left out.
    """
    source, notes = parent.directory, []
    for path in sorted((source / "metadata").glob("*.parquet")):
        if not (folder / "metadata" / path.name).exists():
            _cut(path, folder / "metadata" / path.name, exclusions)
    for path in sorted((source / "subsets").glob("*.csv")):
        if not (folder / "subsets" / path.name).exists():
            (folder / "subsets").mkdir(exist_ok=True)
            shutil.copyfile(path, folder / "subsets" / path.name)
    notes += _trees_left(source, folder)
    for name in _others(parent):
        if any(row.in_force for row in exclusions):
            notes.append(f"{name}/ of the parent is not here: nothing can be left out of it")
        else:
            copy(source / name, folder / name)
    return notes


def _trees_left(source: Path, folder: Path) -> list[str]:
    """Notes on message trees of the parent that are not here."""
    left = (find(source / "native", name) for name in TREE_FILES)
    return [
        f"native/{path.name} of the parent is not here: nothing can be left out of it"
        for path in left
        if path.exists() and not (folder / "native" / path.name).exists()
    ]


def copy(source: Path, target: Path) -> None:
    """Copy a folder's files, in order and without their times and rights."""
    for path in sorted(p for p in source.rglob("*") if p.is_file()):
        place = target / path.relative_to(source)
        place.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, place)


def _others(parent: Place) -> list[str]:
    """Folders that the parent's manifest lists and that are not made here."""
    files = parent.manifest.files if parent.manifest else []
    names = {file.path.partition("/")[0] for file in files if "/" in file.path}
    return sorted(names - set(MADE_HERE))


def _cut(source: Path, target: Path, exclusions: Exclusions) -> None:
    import pyarrow.parquet as pq

    target.parent.mkdir(exist_ok=True)
    if any(row.in_force for row in exclusions):
        pq.write_table(apply(exclusions, pq.read_table(source)), target, compression="zstd")
    else:
        shutil.copyfile(source, target)


def apart(path: Path, *others: Path) -> None:
    """Raise `DataError` where a folder to be written lies in another, or holds it."""
    here = Path(os.path.abspath(path))  # noqa: PTH100 (links stay as they were written)
    for other in others:
        there = Path(os.path.abspath(other))  # noqa: PTH100
        if here.is_relative_to(there) or there.is_relative_to(here):
            found, wanted = f"a place in or around {other}", "a folder apart from it"
            raise DataError([Fault(str(path), None, "", found, wanted)])


def _refuse_full(out: Path) -> None:
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        hint = "a release is never written over"
        found, wanted = "something that exists", "a new folder, or an empty one"
        raise DataError([Fault(str(out), None, "", found, wanted, hint)])
