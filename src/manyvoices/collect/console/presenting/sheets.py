"""The tables of a study's page as files: the same counts, with plain codes for programs."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterator, Sequence
from datetime import timedelta

from manyvoices.collect.console.presenting.places import amounts, cell_label, exit_rows
from manyvoices.collect.console.presenting.words import steps
from manyvoices.collect.console.queries.calls import ANSWERED, WAITING
from manyvoices.collect.console.queries.progress import Heads, Reached
from manyvoices.collect.console.queries.study import StudyFacts
from manyvoices.collect.console.tables import cell

Row = Sequence[object]
Sheet = Callable[[StudyFacts], Iterator[Row]]


def sheet(name: str, facts: StudyFacts) -> str | None:
    """One table as CSV, its header first; None where there is no such table.

    `simulated` is a column wherever bots are counted: they never stand in the same number.
    """
    rows = SHEETS.get(name)
    return None if rows is None else written(rows(facts))


def written(rows: Iterator[Row]) -> str:
    """Rows as CSV that a spreadsheet may open safely."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerows([cell(value) for value in row] for row in rows)
    return text.getvalue()


def _seconds(took: timedelta | None) -> object:
    return None if took is None else round(took.total_seconds(), 3)


def _funnel(facts: StudyFacts) -> Iterator[Row]:
    yield ("version", "simulated", "kind", "stage", "number", "label", "people", "begun", "of",
           "median_seconds")  # fmt: skip
    for version in facts.versions:
        for simulated in (False, True):
            heads = facts.heads.get((version.pk, simulated), Heads())
            if not heads.consented:
                continue
            for step in steps(version.spec):
                kind, place = step.done.kind, (step.done.stage, step.done.number)
                key = (version.pk, simulated, *place)
                reached = facts.conversations.get(key, Reached())
                n = facts.survey_pages.get(key, 0) if kind == "survey" else reached.finished
                begun = n if kind == "survey" else reached.begun
                took = facts.step_durations.get((version.pk, simulated, kind, *place))
                yield (version.number, simulated, kind, *place, step.label, n, begun,
                       heads.consented, _seconds(took))  # fmt: skip


def _conversations(facts: StudyFacts) -> Iterator[Row]:
    yield ("simulated", "type", "begun", "finished", "turns", "turns_rated")
    for (simulated, name), reached in sorted(facts.types.items()):
        turns = facts.turns.get((simulated, name), (0, 0))
        yield (simulated, name, reached.begun, reached.finished, *turns)


def _models(facts: StudyFacts) -> Iterator[Row]:
    kinds = sorted({kind for _s, _n, kind in facts.outcomes}.difference((ANSWERED, WAITING)))
    yield ("simulated", "model", "answered", "waiting", *kinds, "median_latency_ms", "ratings",
           "prompt_tokens", "completion_tokens")  # fmt: skip
    for simulated, name in sorted({(s, n) for s, n, _kind in facts.outcomes}):
        counts = [facts.outcomes.get((simulated, name, k), 0) for k in (ANSWERED, WAITING, *kinds)]
        latency = facts.latency_ms.get((simulated, name))
        ratings = sum(facts.scores.get((simulated, name), {}).values())
        tokens = facts.tokens.get((simulated, name), (0, 0))
        shown = None if latency is None else round(latency, 1)
        yield (simulated, name, *counts, shown, ratings, *tokens)


def _quotas(facts: StudyFacts) -> Iterator[Row]:
    yield ("cell", "label", "active", "complete", "limit", "target", "full")
    for state in facts.places.cells:
        yield (state.cell.key, cell_label(state), state.active, state.complete, state.cell.limit,
               state.cell.target, state.is_full)  # fmt: skip


def _cost(facts: StudyFacts) -> Iterator[Row]:
    yield ("name", "value")
    for amount in amounts(facts.places.money):
        yield (amount.name, amount.value)


def _exits(facts: StudyFacts) -> Iterator[Row]:
    yield ("reason", "people")
    for code, _words, n in exit_rows(facts.places.left):
        yield (code, n)


def _days(facts: StudyFacts) -> Iterator[Row]:
    yield ("day", "simulated", "completed")
    for (simulated, day), n in sorted(facts.completions.items(), key=lambda item: item[0][::-1]):
        yield (day, simulated, n)


SHEETS: dict[str, Sheet] = {
    "funnel": _funnel,
    "conversations": _conversations,
    "models": _models,
    "quotas": _quotas,
    "cost": _cost,
    "exits": _exits,
    "days": _days,
}
