"""Which kind of file it is that trees come in, its faults first, and then its trees."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from functools import partial
from pathlib import Path

import msgspec

from manyvoices.collect.studies.models import Study
from manyvoices.collect.trees.arriving import Arriving, read_native_trees, read_oasst
from manyvoices.collect.trees.arriving_documents import read_reports, read_seeds
from manyvoices.collect.trees.importing import Imported, Importer
from manyvoices.collect.trees.policies import languages_of, stage_of
from manyvoices.io.faults import FaultLog
from manyvoices.io.lines import OnBytes
from manyvoices.schema import DataError, Fault, InputError, TreeState

KINDS = {
    "oasst": "OASST trees, messages nested or in rows",
    "native": "whole trees, as `trees export --format native` or a release holds them",
    "seeds": "a JSON list of messages that name their parents",
    "samples": "sampling reports: a JSON document with model_name and prompts",
}
IMPORT_STATES = (TreeState.RANKING, TreeState.BACKLOG_RANKING)


def kind_of(path: Path) -> str:
    """The kind of a file, told from its beginning; ``oasst`` where it is none of the others."""
    try:
        with path.open("rb") as file:
            head = file.read(4096).removeprefix(b"\xef\xbb\xbf").lstrip()
    except OSError:
        return "oasst"  # whose reader says what is wrong with it
    if head.startswith(b"["):
        return "seeds"
    first = head.partition(b"\n")[0]
    is_report = b'"model_name"' in first[:200] and b'"message_id"' not in first
    if first.rstrip() == b"{" or is_report:
        return "samples"
    return "native" if first.startswith(b'{"tree":') else "oasst"


def resolve(path: Path) -> Path:
    """The file of trees in a release's folder, or the file itself."""
    for name in ("native/trees.jsonl", "trees.jsonl", "native.jsonl"):
        if path.is_dir() and (path / name).is_file():
            return path / name
    return path


def import_files(
    study: Study,
    paths: Sequence[Path],
    *,
    now: datetime,
    rng: random.Random,
    kind: str = "",
    state: TreeState | None = None,
    language: str = "",
    configs: Sequence[str] = (),
    progress: Callable[[Imported], None] | None = None,
    on_bytes: OnBytes | None = None,
) -> Imported:
    """Import trees from files of one kind into a study.

    Nothing is stored where any of the files has a fault; afterwards each tree is stored in one
    transaction, and one that is here already is left as it is.

    Args:
        kind: One of `KINDS`; told from each file if empty.
        state: In which trees begin; None = as the files say, or else ``backlog_ranking``.
        language: Of messages that name none; the study's first if empty.
        configs: Of sampling reports: the configurations to take; empty = all.
        progress: Called after each tree.

    Raises:
        DataError: The files' faults.
        InputError: The study grows no trees, or there is no such kind.
    """
    _check(study, kind)
    paths = [resolve(path) for path in paths]
    kinds = {path: kind or kind_of(path) for path in paths}
    log = FaultLog()
    for _ in _trees(paths, kinds, log, configs, Counter(), on_bytes):
        pass
    log.raise_if_any()
    languages = languages_of(study)
    importer = Importer(study, language or languages[0], now, rng, state)
    left_out: Counter[str] = Counter()
    for name, arriving in _trees(paths, kinds, FaultLog(), configs, left_out, None):
        importer.origin = name
        importer.store(arriving)
        if progress is not None:
            progress(importer.done)
    importer.done.notes.update(left_out)
    for code, n in importer.done.languages.items():
        if code not in languages:
            importer.done.notes[f"trees in {code}, which the study does not collect"] += n
    return importer.done


def _check(study: Study, kind: str) -> None:
    if kind and kind not in KINDS:
        raise InputError([Fault("--kind", None, "", kind, f"one of {', '.join(KINDS)}")])
    try:
        stage_of(study)
    except LookupError:
        wanted = "a study with a tree_tasks stage"
        raise InputError([Fault("--study", None, "", study.pk, wanted)]) from None


def _trees(
    paths: Sequence[Path],
    kinds: dict[Path, str],
    log: FaultLog,
    configs: Sequence[str],
    left_out: Counter[str],
    on_bytes: OnBytes | None,
) -> Iterator[tuple[str, Arriving]]:
    """(name of the file, tree) of all files; reports on the same prompts together."""
    readers = {"oasst": read_oasst, "native": read_native_trees, "seeds": read_seeds}
    for path in paths:
        if kinds[path] in readers:
            read = partial(readers[kinds[path]], path, log, on_bytes)
            yield from ((path.name, arriving) for arriving in _decoded(read, path, log))
    reports = [path for path in paths if kinds[path] == "samples"]
    if reports:
        name = ", ".join(path.name for path in reports)
        for arriving in read_reports(reports, log, configs=configs, counts=left_out):
            yield name, arriving


def _decoded(
    read: Callable[[], Iterator[Arriving]], path: Path, log: FaultLog
) -> Iterator[Arriving]:
    """A reader's trees; what cannot be told to be of any kind is a fault of the file."""
    try:
        yield from read()
    except DataError as error:
        for fault in error.faults:
            log.add(fault)
    except msgspec.MsgspecError as error:
        log.add(Fault(str(path), None, "", str(error), "a file of trees"))
