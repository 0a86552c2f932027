"""Whatever holds message trees as one stream: OASST's four forms, native files, release folders."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from manyvoices.analyse.dataset import NotEnough
from manyvoices.io import registry
from manyvoices.io.converting import way
from manyvoices.io.formats import detect_format
from manyvoices.io.prism import find
from manyvoices.schema import MessageTree
from manyvoices.schema.grown import GrownTree

PLACES = (("native", "trees"), ("oasst", "trees"), ("oasst", "messages"), (".", "trees"))
"""Where a folder may hold trees, the fullest form first."""


@dataclass(frozen=True, slots=True)
class Source:
    """A file of trees and what it is."""

    path: Path
    form: str
    folder: Path | None
    """The release that it is of; None for a file alone."""


def find_trees(path: Path | str) -> Source:
    """The file of trees at `path`: itself, or the fullest one of a release folder.

    Raises:
        NotEnough: There are no trees.
        DataError: The file is in no known format.
    """
    path = Path(path)
    if not path.is_dir():
        return _known(path, None)
    for folder, name in PLACES:
        found = find(path / folder, name)
        if found.exists() and found.stat().st_size:
            return _known(found, path)
    raise NotEnough("This release holds no message trees: there is no native/trees.jsonl in it.")


def _known(path: Path, folder: Path | None) -> Source:
    form = detect_format(path)
    if way(registry.get(form).content, "trees") is None:
        raise NotEnough(f"This file is in the form {form}, which holds no message trees.")
    return Source(path, form, folder)


def stream(source: Source, *, gather: bool = False) -> Iterator[MessageTree | GrownTree]:
    """The trees, one at a time.

    Args:
        gather: Hold all messages in memory, for files in which a tree's rows stand apart.

    Raises:
        Apart: They do, and `gather` is False.
        DataError: At the end, with the faults of the file.
    """
    known = registry.get(source.form)
    if known.content in ("trees", "grown"):
        yield from known.read(source.path)
        return
    records: Iterable[Any] = known.read(source.path)
    for step in way(known.content, "trees") or ():
        convert = step.gather if gather and step.gather is not None else step.convert
        records = convert(records, Counter())
    yield from records
