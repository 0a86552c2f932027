"""Checking a file or a whole release against its format, and files of a release against each other.

Nothing here raises for what the data holds: every fault goes into the report.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from manyvoices.io.faults import MAX_FAULTS, FaultGroup, FaultLog, describe
from manyvoices.io.formats import resolve_format
from manyvoices.io.lines import OnBytes
from manyvoices.io.manifest import MANIFEST, read_manifest, verify_manifest
from manyvoices.io.native import NATIVE_FILES, read_native_file
from manyvoices.io.native_comparisons import comparisons_path, read_comparisons
from manyvoices.io.native_trees import TREE_FILES, read_tree_file
from manyvoices.io.prism import PRISM_FILES, find, read_prism_file
from manyvoices.io.registry import get
from manyvoices.schema import DataError, Fault
from manyvoices.schema.grown import GrownTree


@dataclass(frozen=True, slots=True)
class ValidationReport:
    """What a check found."""

    path: str
    format: str | None
    """One of `manyvoices.io.FORMATS`; None where it could not be told."""
    n_records: dict[str, int]
    """File -> good records in it."""
    faults: tuple[Fault, ...]
    n_more: int = 0
    """Faults beyond those listed."""
    groups: tuple[FaultGroup, ...] = ()
    """All faults by kind, in the order in which each kind was first found."""
    n_ungrouped: int = 0
    """Faults of kinds beyond those in `groups`."""
    n_simulated: int = 0
    """How many participants of the records are bots of a rehearsal, where that can be told."""

    @property
    def ok(self) -> bool:
        """Whether nothing is wrong."""
        return not self.faults


@dataclass
class _Run:
    """One validation under way."""

    root: Path
    log: FaultLog
    on_bytes: OnBytes | None
    n_records: dict[str, int] = field(default_factory=dict)
    n_simulated: int = 0
    _bytes_before: int = 0

    def records(self, path: Path, read: Callable[..., Iterator[Any]], *args: Any) -> Iterator[Any]:
        """Read a file to its end, counting good records and sending faults to the log."""
        name = path.name if path == self.root else path.relative_to(self.root).as_posix()
        count = 0
        for record in read(path, *args, strict=False, log=self.log, on_bytes=self._progress()):
            count += 1
            yield record
        self.n_records[name] = count
        self._bytes_before += path.stat().st_size if path.is_file() else 0

    def _progress(self) -> OnBytes | None:
        if self.on_bytes is None:
            return None
        report, before = self.on_bytes, self._bytes_before
        return lambda n_bytes: report(before + n_bytes)

    def refer(self, path: Path, where: str, value: str | None, known: set[str], what: str) -> None:
        """Log a reference to something that is in no file."""
        if value is not None and value not in known:
            self.log.add(Fault(str(path), self.log.line, where, describe(value), what))


def validate(
    path: Path | str, format: str | None = None, *, on_bytes: OnBytes | None = None
) -> ValidationReport:
    """Check a file or folder against its format; hashes and cross-references of a release too.

    Args:
        format: One of `manyvoices.io.FORMATS`, or ``oasst``, ``battles``; detected if None.
        on_bytes: Called now and then with the number of bytes read so far.
    """
    run = _Run(Path(path), FaultLog(MAX_FAULTS), on_bytes)
    name = None
    try:
        name = resolve_format(path, format)
        check = _FOLDERS.get(name) or _file_check(get(name).read)
        check(Path(path), run)
    except DataError as error:
        for fault in error.faults:
            run.log.add(fault)
    return ValidationReport(
        path=str(path),
        format=name,
        n_records=run.n_records,
        faults=tuple(run.log.faults),
        n_more=run.log.n_more,
        groups=tuple(run.log.groups.values()),
        n_ungrouped=run.log.n_ungrouped,
        n_simulated=run.n_simulated,
    )


def _file_check(read: Callable[..., Iterator[Any]]) -> Callable[[Path, _Run], None]:
    def check(path: Path, run: _Run) -> None:
        for _ in run.records(path, read):
            pass

    return check


def _check_native(folder: Path, run: _Run) -> None:
    for fault in verify_manifest(folder):
        run.log.add(fault)
    has_prism = (folder / "prism").is_dir()
    # A release curated from PRISM's own files has no native ones.
    if (folder / "native").is_dir() or not has_prism:
        people = _check_native_files(folder / "native", run)
        if (folder / MANIFEST).exists():
            _check_counts(folder, run, len(people))
    _check_published_trees(folder / "oasst", run)
    if has_prism:
        _check_prism(folder / "prism", run)


def _check_native_files(folder: Path, run: _Run) -> set[str]:
    people: set[str] = set()
    for name in NATIVE_FILES:
        path = find(folder, name)
        for record in run.records(path, read_native_file, name):
            if name == "participants":
                people.add(record.participant_id)
                run.n_simulated += record.simulated
            else:
                wanted = "the id of a participant of this release"
                run.refer(path, "participant_id", record.participant_id, people, wanted)
    for name in TREE_FILES:
        path = find(folder, name)
        if path.exists():
            for record in run.records(path, read_tree_file, name):
                _refer_to_raters(path, record, people, run)
    if (path_of := comparisons_path(folder.parent)) is not None:
        for record in run.records(path_of, read_comparisons):
            wanted = "the id of a participant of this release"
            run.refer(path_of, "participant_id", record.participant_id, people, wanted)
    return people


def _refer_to_raters(path: Path, record: Any, people: set[str], run: _Run) -> None:
    """Whoever labelled or ranked is a participant; an author may be known to an imported file
    alone."""
    wanted = "the id of a participant of this release"
    if not isinstance(record, GrownTree):
        run.refer(path, "participant_id", record.participant_id, people, wanted)
        return
    for name in ("reviews", "rankings"):
        for i, given in enumerate(getattr(record, name)):
            where = f"{name}[{i}].participant_id"
            run.refer(path, where, given.participant_id, people, wanted)


def _check_published_trees(folder: Path, run: _Run) -> None:
    """OASST's files of a release, each against its own format."""
    for name, format in _PUBLISHED.items():
        path = find(folder, name)
        if path.exists():
            for _ in run.records(path, get(format).read):
                pass


_PUBLISHED = {"trees": "oasst-trees", "messages": "oasst-messages", "threads": "oasst-threads"}
"""Files under ``oasst/`` -> their format."""


def _check_counts(folder: Path, run: _Run, n_all: int) -> None:
    try:
        release = read_manifest(folder)
    except DataError:
        return  # verify_manifest has said so
    counted = {"n_participants": n_all - run.n_simulated, "n_simulated": run.n_simulated}
    for name, count in counted.items():
        said = getattr(release, name)
        if said != count:
            wanted = f"{count}, as many as native/participants holds"
            run.log.add(Fault(str(folder / MANIFEST), None, name, str(said), wanted))


def _check_prism(folder: Path, run: _Run) -> None:
    ids: dict[str, set[str]] = {"survey": set(), "conversations": set(), "utterances": set()}
    keys = {"survey": "user_id", "conversations": "conversation_id", "utterances": "utterance_id"}
    for name in PRISM_FILES:
        path = find(folder, name)
        for record in run.records(path, read_prism_file, name):
            if name == "survey":
                ids[name].add(record["user_id"])
                continue
            for other, key in keys.items():
                if other == name:
                    ids[name].add(getattr(record, key))
                    break
                if find(folder, other).exists():
                    wanted = f"a {key} of {other}.jsonl"
                    run.refer(path, key, getattr(record, key), ids[other], wanted)


_FOLDERS: dict[str, Callable[[Path, _Run], None]] = {
    "native": _check_native,
    "prism": _check_prism,
}
"""Formats whose files are checked against each other; others are read to their end."""
