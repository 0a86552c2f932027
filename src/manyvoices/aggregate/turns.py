"""Rated turns of conversations, and the columns that they and comparisons become battles from.

Nothing here reads files: `manyvoices.aggregate.sources` brings the records.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

from manyvoices.aggregate.battles import Battles
from manyvoices.aggregate.labels import answer_labels, survey_labels
from manyvoices.aggregate.outcomes import BothBad
from manyvoices.aggregate.scores import Scores

_FIELDS = ("model_a", "model_b", "outcome", "participant_id", "simulated")


@dataclass(frozen=True, slots=True)
class Side:
    """One answer of an opening turn."""

    model: str
    score: float | None
    """None means not rated."""
    failed: bool = False
    """The model gave no answer."""


@dataclass(frozen=True, slots=True)
class Shown:
    """The answers that stood side by side in one turn."""

    turn_id: str
    person: str
    simulated: bool
    opening: bool
    labels: Mapping[str, str]
    sides: tuple[Side, ...]
    """In the order in which they were shown."""

    def pairs(self, tie_threshold: float) -> Iterator[tuple[str, str, float | str | None]]:
        """Yield (model, other model, outcome) of every two sides, the one shown first leading.

        The outcome is 1.0, 0.5 or 0.0, ``failed``, or None where a side was not rated.
        """
        for a, b in combinations(self.sides, 2):
            yield a.model, b.model, _outcome(a, b, tie_threshold)


def _outcome(a: Side, b: Side, tie_threshold: float) -> float | str | None:
    if a.failed or b.failed:
        return "failed"
    if a.score is None or b.score is None:
        return None
    gap = a.score - b.score
    return 0.5 if abs(gap) <= tie_threshold else float(gap > 0)


class Table:
    """Collects battles as columns."""

    def __init__(self, groups: Sequence[str]) -> None:
        self.groups = tuple(groups)
        self.columns: dict[str, list[Any]] = {name: [] for name in (*_FIELDS, *groups)}

    def add(
        self,
        pairs: Iterable[tuple[str, str, Any]],
        person: str,
        simulated: bool,
        labels: Mapping[str, str],
    ) -> None:
        """Add (model, other model, outcome) as one person judged them."""
        add = {name: column.append for name, column in self.columns.items()}
        for model_a, model_b, outcome in pairs:
            add["model_a"](model_a)
            add["model_b"](model_b)
            add["outcome"](outcome)
            add["participant_id"](person)
            add["simulated"](simulated)
            for name in self.groups:
                add[name](labels.get(name))

    def add_turns(self, turns: Iterable[Shown], tie_threshold: float) -> None:
        """Add every two sides of the opening turns."""
        if not tie_threshold >= 0:
            raise ValueError(f"tie_threshold must be at least 0, found {tie_threshold!r}")
        for shown in turns:
            if shown.opening:
                self.add(shown.pairs(tie_threshold), shown.person, shown.simulated, shown.labels)

    def battles(self, source: str, both_bad: BothBad = "tie") -> Battles:
        """Return the rows as `Battles`; a pair with a failed or unrated side is only counted."""
        return Battles.from_frame(
            self.columns,
            simulated="simulated",
            groups=self.groups,
            both_bad=both_bad,
            source=source,
        )


def prism_turns(release: Any, groups: Sequence[str]) -> Iterator[Shown]:
    """Yield the turns of a release in PRISM's form."""
    of_person = survey_labels(release.survey, groups)
    turns: dict[str, list[Any]] = {}
    for row in release.utterances:
        turns.setdefault(row.interaction_id, []).append(row)
    for interaction, rows in turns.items():
        first = rows[0]
        labels = {**of_person(first.user_id), "conversation_type": first.conversation_type}
        sides = tuple(Side(row.model_name, row.score) for row in rows)
        yield Shown(
            interaction, first.user_id, first.simulated is True, first.turn == 0, labels, sides
        )


def release_turns(release: Any, groups: Sequence[str], own: Sequence[str] = ()) -> Iterator[Shown]:
    """Yield the turns of a native release; `own`: groups that are no survey's."""
    of_person = answer_labels(release, groups, own)
    source = {"source": "conversations"} if "source" in own else {}
    for talk in release.conversations:
        labels = {
            **of_person(talk.participant_id),
            "conversation_type": talk.conversation_type,
            **source,
        }
        for turn in talk.turns:
            shown = sorted(turn.utterances, key=lambda utterance: utterance.position)
            sides = tuple(Side(each.model, each.score, each.text is None) for each in shown)
            name = f"{talk.conversation_id}:{turn.turn}"
            yield Shown(name, talk.participant_id, talk.simulated, turn.turn == 0, labels, sides)


def scores_of(turns: Iterable[Shown], tie_threshold: float, groups: Sequence[str]) -> Scores:
    """Return the scores of all turns."""
    names = ("participant_id", "turn_id", "model", "score", "opening", "simulated", *groups)
    columns: dict[str, list[Any]] = {name: [] for name in names}
    for shown in turns:
        for side in shown.sides:
            columns["participant_id"].append(shown.person)
            columns["turn_id"].append(shown.turn_id)
            columns["model"].append(side.model)
            columns["score"].append(side.score)
            columns["opening"].append(shown.opening)
            columns["simulated"].append(shown.simulated)
            for name in groups:
                columns[name].append(shown.labels.get(name))
    return Scores.from_frame(
        columns, groups=groups, simulated="simulated", tie_threshold=tie_threshold
    )
