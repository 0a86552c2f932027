"""Progress bars that verbs share, drawn on standard error and taken away at the end."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from pathlib import Path

from manyvoices.cli.common import errors

BIG = 20_000_000
"""Bytes from which on a progress bar is shown: about what takes over a second."""


@contextlib.contextmanager
def reading_bar(path: Path) -> Iterator[Callable[[int], None] | None]:
    """A bar for reading a file or a folder, to be told the bytes read; None for little."""
    total = _size(path)
    if total < BIG:
        yield None
        return
    from rich.progress import BarColumn, DownloadColumn, Progress, TimeRemainingColumn

    columns = (BarColumn(), DownloadColumn(), TimeRemainingColumn())
    with Progress(*columns, console=errors, transient=True) as bar:
        task = bar.add_task("Reading", total=total)
        yield lambda n_bytes: bar.update(task, completed=n_bytes)


@contextlib.contextmanager
def counting_bar(what: str, total: int | None = None) -> Iterator[Callable[[int], None]]:
    """A bar, or a count where the end is not known, to be told how many are done."""
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (TextColumn(what), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=errors, transient=True) as bar:
        task = bar.add_task("", total=total)
        yield lambda n: bar.update(task, completed=n)


def _size(path: Path) -> int:
    files = path.rglob("*") if path.is_dir() else (path,)
    return sum(file.stat().st_size for file in files if file.is_file())
