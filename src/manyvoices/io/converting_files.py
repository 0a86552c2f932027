"""A file or folder of one format written in another, with a count of all that was not carried."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from manyvoices.io.converting import Apart, Converter, NotCarried, way
from manyvoices.io.formats import resolve_format
from manyvoices.io.lines import OnBytes
from manyvoices.io.native import read_study_files, write_study_files
from manyvoices.io.registry import Format, Written, formats, get
from manyvoices.schema import DataError, Fault


@dataclass(frozen=True, slots=True)
class Conversion:
    """What was converted, and what was not carried."""

    source: str
    target: str
    source_format: str
    target_format: str
    contents: tuple[str, ...]
    """The contents on the way, the first being the source's."""
    n_read: int
    """Records of the source."""
    n_written: int
    """Rows of the target."""
    not_carried: dict[str, int]
    """Field, or reason -> how many had it and lost it, the most first."""
    gathered: bool = False
    """Whether all records had to be held in memory, since what belongs together stood apart."""


def convert(
    source: Path | str,
    target: Path | str,
    to: str,
    *,
    from_: str | None = None,
    on_bytes: OnBytes | None = None,
) -> Conversion:
    """Write `source` to `target` in the format `to`; nothing is written where that fails.

    Args:
        to: One of `manyvoices.io.FORMATS`. A `target` ending in ``.gz`` or ``.parquet`` is written
            so, where the format is one of lines.
        from_: The format of `source`; told from its content if None.
        on_bytes: Called now and then with the number of bytes read so far.

    Raises:
        DataError: There is no such format or no way to it, or the source has faults, all of which
            are in the error.
    """
    source, target = Path(source), Path(target)
    reading = get(resolve_format(source, from_))
    writing = _writable(target, to)
    steps = way(reading.content, writing.content)
    if steps is None:
        raise _no_way(source, reading, writing)
    try:
        return _run(source, target, reading, writing, steps, on_bytes, gather=False)
    except Apart:
        return _run(source, target, reading, writing, steps, on_bytes, gather=True)


def targets(name: str) -> dict[str, tuple[Converter, ...]]:
    """Each format that one of this name can be converted to -> the converters on the way."""
    source = formats()[name]
    found = {}
    for other in formats().values():
        steps = way(source.content, other.content)
        if other.write is not None and steps is not None:
            found[other.name] = steps
    return found


def _run(
    source: Path,
    target: Path,
    reading: Format,
    writing: Format,
    steps: tuple[Converter, ...],
    on_bytes: OnBytes | None,
    *,
    gather: bool,
) -> Conversion:
    lost: NotCarried = Counter()
    counted = _Counted(reading.read(source, on_bytes=on_bytes))
    records: Iterable[Any] = counted
    for step in steps:
        records = (step.gather if gather and step.gather else step.convert)(records, lost)
    assert writing.write is not None
    written: Written = writing.write(records, target)
    lost.update(written.n_left_out)
    if reading.name == "native":
        lost.update(_study(source, target, writing))
    return Conversion(
        source=str(source),
        target=str(target),
        source_format=reading.name,
        target_format=writing.name,
        contents=(reading.content, *(step.target for step in steps)),
        n_read=counted.n,
        n_written=written.n_rows,
        not_carried={name: n for name, n in sorted(lost.items(), key=_by_count) if n},
        gathered=gather,
    )


def _by_count(item: tuple[str, int]) -> tuple[int, str]:
    return -item[1], item[0]


class _Counted:
    """An iterator that knows how many it gave."""

    def __init__(self, records: Iterator[Any]) -> None:
        self._records, self.n = records, 0

    def __iter__(self) -> Iterator[Any]:
        for record in self._records:
            self.n += 1
            yield record


def _study(source: Path, target: Path, writing: Format) -> dict[str, int]:
    """The study's files go along to another release folder, and are counted anywhere else."""
    files = read_study_files(source)
    if writing.name != "native":
        return {"files of the study": len(files)}
    write_study_files(target, files)
    return {}


def _writable(target: Path, name: str) -> Format:
    known = [known.name for known in formats().values() if known.write is not None]
    if name not in known:
        wanted = "one of " + ", ".join(known)
        raise DataError([Fault(str(target), None, "", f"the format {name}", wanted)])
    format = get(name)
    if format.folder and target.suffix in (".gz", ".parquet", ".jsonl"):
        raise DataError([Fault(str(target), None, "", "a file's name", f"a folder for {name}")])
    return format


def _no_way(source: Path, reading: Format, writing: Format) -> DataError:
    reach = [name for name in targets(reading.name) if name != reading.name]
    found = f"{reading.name}, which holds {reading.content}"
    hint = "it can be converted to " + (", ".join(reach) or "nothing else")
    wanted = f"something that can become {writing.content}, as {writing.name} holds"
    return DataError([Fault(str(source), None, "", found, wanted, hint)])
