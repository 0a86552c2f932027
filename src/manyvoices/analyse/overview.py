"""The study at a glance: how many of what, out of how many, and when."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from manyvoices.analyse.table import ReleaseTable


@dataclass(frozen=True, slots=True)
class Count:
    """`n` out of `of`; `share` is None where there is nothing to divide by."""

    n: int
    of: int

    @property
    def share(self) -> float | None:
        """`n` / `of`, between 0 and 1."""
        return self.n / self.of if self.of else None


@dataclass(frozen=True, slots=True)
class Tally:
    """One kind of something and how often it was met."""

    label: str
    count: Count


@dataclass(frozen=True, slots=True)
class ModelUse:
    """How often a model was asked, and what became of it."""

    model: str
    n_asked: int
    answered: Count
    """Of all that were asked of it."""
    failed: Count
    """Of all that were asked of it."""
    rated: Count
    """Of its answers."""
    chosen: Count
    """Of its answers."""
    failures: tuple[Tally, ...]
    """By kind of failure, out of all that were asked of it."""


@dataclass(frozen=True, slots=True)
class Overview:
    """A release in numbers, each with its denominator."""

    n_participants: int
    simulated: Count
    """Participants that a rehearsal made, of all participants."""
    complete: Count
    withdrawn: Count
    n_conversations: int
    finished: Count
    """Conversations that were carried to their end, of all conversations."""
    n_turns: int
    n_utterances: int
    """Answers asked of models, whether they came or not."""
    answered: Count
    failed: Count
    rated: Count
    """Of the answers that came."""
    models: tuple[ModelUse, ...]
    languages: tuple[Tally, ...]
    """Languages of participants, most common first."""
    types: tuple[Tally, ...]
    """Conversation types, most common first."""
    consent_versions: tuple[Tally, ...]
    """Of participants."""
    first_day: dt.date | None
    last_day: dt.date | None


def overview(table: ReleaseTable) -> Overview:
    """Count what a release holds. Every number is exact; nothing is estimated."""
    people, rows, spoken = table.participants, table.conversations, table.utterances
    n_people, n_asked = len(people), len(spoken)
    n_failed = int(spoken.failed.sum())
    first, last = _days(table)
    labels = table.words.types
    return Overview(
        n_participants=n_people,
        simulated=Count(sum(person.simulated for person in people), n_people),
        complete=Count(sum(person.status == "complete" for person in people), n_people),
        withdrawn=Count(sum(person.status == "withdrawn" for person in people), n_people),
        n_conversations=len(rows),
        finished=Count(sum(row.finished for row in rows), len(rows)),
        n_turns=table.n_turns,
        n_utterances=n_asked,
        answered=Count(n_asked - n_failed, n_asked),
        failed=Count(n_failed, n_asked),
        rated=Count(int((~np.isnan(spoken.score) & ~spoken.failed).sum()), n_asked - n_failed),
        models=tuple(_model_use(table, code) for code in range(len(table.models))),
        languages=_tally(person.language for person in people),
        types=_tally(labels.get(row.type, row.type) for row in rows),
        consent_versions=_tally(person.consent_version or "never given" for person in people),
        first_day=first,
        last_day=last,
    )


def _model_use(table: ReleaseTable, code: int) -> ModelUse:
    name, spoken = table.models[code], table.utterances
    mine = spoken.model == code
    answers = mine & ~spoken.failed
    n_asked, n_answered = int(mine.sum()), int(answers.sum())
    kinds = ((kind, n) for (model, kind), n in table.failures.items() if model == name)
    return ModelUse(
        model=name,
        n_asked=n_asked,
        answered=Count(n_answered, n_asked),
        failed=Count(n_asked - n_answered, n_asked),
        rated=Count(int((answers & ~np.isnan(spoken.score)).sum()), n_answered),
        chosen=Count(int((answers & spoken.chosen).sum()), n_answered),
        failures=tuple(Tally(kind, Count(n, n_asked)) for kind, n in kinds),
    )


def _tally(values: Iterable[str]) -> tuple[Tally, ...]:
    counts = Counter(values)
    total = sum(counts.values())
    ordered = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    return tuple(Tally(label, Count(n, total)) for label, n in ordered)


def _days(table: ReleaseTable) -> tuple[dt.date | None, dt.date | None]:
    moments = [row.started_at for row in table.conversations]
    moments += [row.finished_at for row in table.conversations if row.finished_at]
    moments += [person.started_at for person in table.participants]
    if not moments:
        return None, None
    days = [moment.astimezone(dt.UTC).date() for moment in moments]
    return min(days), max(days)
