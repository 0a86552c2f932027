"""The native file of comparisons: who stood side by side, what each said, and the verdict.

``native/comparisons.jsonl`` of a release holds every comparison that was handed out, those not
judged and those set aside too. A release of a study without the stage has no such file.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import msgspec

from manyvoices.io.checks import Unique, version_problems
from manyvoices.io.faults import FaultLog, describe, shorten
from manyvoices.io.lines import OnBytes, Problem, read_records
from manyvoices.io.manifest import refuse_finished
from manyvoices.io.prism import find
from manyvoices.io.registry import Format, Written, register
from manyvoices.io.writing import write_records
from manyvoices.schema import Comparison, ComparisonVerdict, DataError, Fault

COMPARISONS_FILE = "comparisons"
"""Name of the file, ``native/comparisons.jsonl`` or ``native/comparisons.jsonl.gz``."""

_decoder = msgspec.json.Decoder(Comparison)
_TIMES = ("started_at", "shown_at", "judged_at", "revealed_at")
_PREFERENCES = (ComparisonVerdict.CHOICE, ComparisonVerdict.TIE, ComparisonVerdict.ALL_BAD)


def write_comparisons(
    folder: Path | str, records: Iterable[Comparison], *, compress: bool = False
) -> int:
    """Write the file of comparisons of a release folder; return how many there were.

    Raises:
        DataError: The folder holds a finished release, which is never written over.
    """
    refuse_finished(Path(folder))
    suffix = ".jsonl.gz" if compress else ".jsonl"
    path = Path(folder) / "native" / f"{COMPARISONS_FILE}{suffix}"
    return write_records(records, path, row=Comparison)


def comparisons_path(folder: Path | str) -> Path | None:
    """Where a release folder holds its comparisons; None where it has none."""
    path = find(Path(folder) / "native", COMPARISONS_FILE)
    return path if path.exists() else None


def read_comparisons(
    path: Path | str,
    *,
    strict: bool = True,
    log: FaultLog | None = None,
    on_bytes: OnBytes | None = None,
) -> Iterator[Comparison]:
    """The comparisons of a file, or of a release folder, one at a time.

    A release without the file gives none; a file without records is right. Ids are unique in the
    file, places are places of the models, and times and verdicts fit each other.

    Raises:
        DataError: After the last good record, with all faults of the file, when `strict`; at once
            where `path` is a folder that is no release.
    """
    file = Path(path)
    if file.is_dir():
        found = _in_release(file)
        if found is None:
            return
        file = found
    yield from read_records(
        file,
        _decoder.decode,
        Comparison,
        check=ComparisonCheck().comparison,
        strict=strict,
        log=log,
        allow_empty=True,
        on_bytes=on_bytes,
    )


def _in_release(folder: Path) -> Path | None:
    if not (folder / "native").is_dir():
        found, wanted = "no folder of that name", "a folder with native files"
        raise DataError([Fault(str(folder / "native"), None, "", found, wanted)])
    return comparisons_path(folder)


class ComparisonCheck:
    """Ids unique in the file, and each comparison in itself as one could have been judged."""

    def __init__(self) -> None:
        self._seen = Unique()

    def comparison(self, record: Comparison, line: int) -> list[Problem]:
        """Problems of a comparison."""
        return [
            *version_problems(record),
            *self._seen.problems(record.comparison_id, line, "comparison_id"),
            *_exchange_problems(record),
            *_order_problems(record),
            *_verdict_problems(record),
            *_time_problems(record),
        ]


def _exchange_problems(record: Comparison) -> Iterator[Problem]:
    n = len(record.models)
    if n < 2:
        yield "models", describe(record.models), "two models or more"
    last = -1
    for index, exchange in enumerate(record.exchanges):
        here = f"exchanges[{index}]"
        if exchange.turn <= last:
            wanted = f"an integer above {last}: turns count up from 0"
            yield f"{here}.turn", describe(exchange.turn), wanted
        last = exchange.turn
        if exchange.message.role != "prompter":
            wanted = "prompter: an exchange opens with a person's message"
            yield f"{here}.message.role", describe(exchange.message.role), wanted
        for place, answer in enumerate(exchange.answers):
            if not 0 <= answer.position < n:
                found, wanted = describe(answer.position), f"a place of the {n} models, from 0"
                yield f"{here}.answers[{place}].position", found, wanted
            if answer.text is None and answer.failure is None:
                wanted = "the kind of failure, as there is no text"
                yield f"{here}.answers[{place}].failure", "null", wanted
        counts = Counter((answer.position, answer.attempt) for answer in exchange.answers)
        for (position, attempt), count in counts.items():
            if count > 1:
                found = f"{count} answers from place {position} with attempt {attempt}"
                yield f"{here}.answers", found, "one of each place and attempt"


def _order_problems(record: Comparison) -> Iterator[Problem]:
    found = shorten(str(record.order))
    if record.verdict is not ComparisonVerdict.CHOICE:
        if record.order is not None:
            yield "order", found, "null: an order goes with the verdict choice"
        return
    places = sorted(place for group in record.order or () for place in group)
    if places != list(range(len(record.models))) or not all(record.order or ()):
        wanted = f"groups that hold each place from 0 to {len(record.models) - 1} once"
        yield "order", found, wanted
    elif len(record.order or ()) < 2:
        yield "order", found, "two groups or more: one alone is the verdict tie"


def _verdict_problems(record: Comparison) -> Iterator[Problem]:
    if record.judged_at is not None and record.verdict is None:
        yield "verdict", "null", "what was judged, as judged_at says when"
    if record.verdict is None:
        return
    if record.judged_at is None and record.verdict is not ComparisonVerdict.FAILED:
        yield "judged_at", "null", f"when the verdict {record.verdict.value} was stored"
    if record.verdict in _PREFERENCES:
        spoke = {a.position for e in record.exchanges for a in e.answers if a.text is not None}
        if silent := sorted(set(range(len(record.models))) - spoke):
            wanted = "failed: a side that never answered cannot be judged"
            found = f"{record.verdict.value}, and no text from place {silent[0]}"
            yield "verdict", found, wanted


def _time_problems(record: Comparison) -> Iterator[Problem]:
    if record.revealed_at is not None and record.verdict is None:
        found = record.revealed_at.isoformat()
        yield "revealed_at", found, "null: models are named after the verdict and not before"
    known = [(name, at) for name in _TIMES if (at := getattr(record, name)) is not None]
    for (before, first), (after, then) in pairwise(known):
        if then < first:
            yield after, then.isoformat(), f"a time not before {before} ({first.isoformat()})"


def _write(records: Iterable[Any], path: Path) -> Written:
    return Written(write_records(records, path, row=Comparison))


register(
    Format(
        name="native-comparisons",
        looks_like="native comparisons.jsonl alone",
        content="comparisons",
        read=read_comparisons,
        write=_write,
        marks=(frozenset({"comparison_id", "models", "exchanges", "verdict"}),),
    )
)
