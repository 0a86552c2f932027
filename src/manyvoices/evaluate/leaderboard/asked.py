"""When people judged, and on how many prompts that they shared."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from manyvoices.io import read_battles, read_native

Verdict = tuple[dt.datetime | None, str | None, str | None]
"""When, on which prompt of a set, by whom; None where the data do not say."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What is known of the asking."""

    first: str | None
    """ISO day of the first verdict; None where the data do not say."""
    last: str | None
    n_shared: int
    """Prompts that two people or more judged. Where there are any, resampled people say nothing
    of other prompts; of people who brought their own, they do."""


def asked_of(path: Path, form: str) -> Asked:
    """Read the verdicts of `path` once more, for what `Battles` do not keep."""
    days: set[str] = set()
    people: defaultdict[str, set[str]] = defaultdict(set)
    for moment, prompt, person in _verdicts(path, form):
        if moment is not None:
            days.add(moment.date().isoformat())
        if prompt is not None and person is not None:
            people[prompt].add(person)
    shared = sum(len(some) > 1 for some in people.values())
    return Asked(min(days, default=None), max(days, default=None), shared)


def _verdicts(path: Path, form: str) -> Iterator[Verdict]:
    if form == "native":
        release = read_native(path)
        yield from ((talk.started_at, None, None) for talk in release.conversations)
        yield from (
            (one.judged_at, one.prompt_id, one.participant_id) for one in release.comparisons
        )
    elif form == "arena":
        yield from map(_of_row, read_battles(path))


def _of_row(row: Any) -> Verdict:
    prompt = row.groups.get("question_id")
    return _moment(row), None if prompt is None else str(prompt), row.participant_id


def _moment(row: Any) -> dt.datetime | None:
    published = getattr(row, "published", None)
    moment = published.row.get("tstamp") if published is not None else None
    if not isinstance(moment, int | float) or moment <= 0:
        return None
    return dt.datetime.fromtimestamp(moment, dt.UTC)
