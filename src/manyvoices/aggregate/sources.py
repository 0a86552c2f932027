"""Battles out of files. The one module of this room that knows of `manyvoices.io`.

A live conversation holds no battles: it holds the scores that one person gave to the answers of
its opening turn. Every unordered pair of those answers is a battle, as in PRISM (arXiv 2404.16019,
appendix on preference aggregation): scores no further apart than the tie threshold are a tie, else
the higher one wins. Later turns are left out, because by then one model answers twice.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from os import PathLike, fspath
from pathlib import Path
from typing import Any

from manyvoices.aggregate.battles import Battles
from manyvoices.aggregate.counts import read_counts
from manyvoices.aggregate.labels import answer_labels, require_groups, survey_labels
from manyvoices.aggregate.outcomes import BothBad
from manyvoices.aggregate.scores import Scores
from manyvoices.io import read_battles, read_native, read_prism

__all__ = [
    "Side",
    "battles_from_arena",
    "battles_from_prism",
    "battles_from_release",
    "read_counts",
    "scores_from_prism",
    "scores_from_release",
]


@dataclass(frozen=True, slots=True)
class Side:
    """One answer of an opening turn."""

    model: str
    score: float | None
    """None means not rated."""
    failed: bool = False
    """The model gave no answer."""


class _Table:
    """Collects the battles of opening turns as columns."""

    def __init__(self, tie_threshold: float, groups: Sequence[str]) -> None:
        if not tie_threshold >= 0:
            raise ValueError(f"tie_threshold must be at least 0, found {tie_threshold!r}")
        self.tie_threshold = tie_threshold
        self.groups = tuple(groups)
        self.columns: dict[str, list[Any]] = {
            name: []
            for name in ("model_a", "model_b", "outcome", "participant_id", "simulated", *groups)
        }

    def add(
        self, sides: Iterable[Side], person: str, simulated: bool, labels: Mapping[str, str]
    ) -> None:
        """Add every pair of `sides`, in the order in which they were shown."""
        add = {name: column.append for name, column in self.columns.items()}
        for a, b in combinations(sides, 2):
            add["model_a"](a.model)
            add["model_b"](b.model)
            add["outcome"](self.outcome(a, b))
            add["participant_id"](person)
            add["simulated"](simulated)
            for name in self.groups:
                add[name](labels.get(name))

    def outcome(self, a: Side, b: Side) -> float | str | None:
        """Return who won the pair, or why nobody can be said to have."""
        if a.failed or b.failed:
            return "failed"
        if a.score is None or b.score is None:
            return None
        gap = a.score - b.score
        return 0.5 if abs(gap) <= self.tie_threshold else float(gap > 0)

    def battles(self, source: str) -> Battles:
        """Return the rows as `Battles`; a pair with a failed or unrated side is only counted."""
        return Battles.from_frame(
            self.columns, simulated="simulated", groups=self.groups, source=source
        )


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


def battles_from_prism(
    directory: str | PathLike[str],
    *,
    tie_threshold: float = 5,
    groups: Sequence[str] = ("conversation_type",),
) -> Battles:
    """Read the opening turns (turn 0) of a folder in PRISM's form.

    `groups`: ``conversation_type``, or columns of ``survey.jsonl``; inner fields are joined by an
    underscore, as in ``location_special_region``. An answer without a score counts as unrated;
    PRISM's own files hold none that failed. Raises `DataError` for faults in the files, and
    `ValueError` for a group that they do not have.
    """
    return _battles(_prism_turns(directory, groups), tie_threshold, groups, directory)


def battles_from_release(
    directory: str | PathLike[str],
    *,
    tie_threshold: float = 5,
    groups: Sequence[str] = ("conversation_type",),
) -> Battles:
    """Read the opening turns (turn 0) of a native release.

    `groups`: ``conversation_type``, ``language``, or ids of survey questions. A pair with a model
    that gave no answer counts as failed, one with an answer that was not rated as unrated.
    """
    return _battles(_release_turns(directory, groups), tie_threshold, groups, directory)


def scores_from_prism(
    directory: str | PathLike[str],
    *,
    tie_threshold: float = 5,
    groups: Sequence[str] = ("conversation_type",),
) -> Scores:
    """Read the scores of all turns of a folder in PRISM's form; `groups` as above."""
    return _scores(_prism_turns(directory, groups), tie_threshold, groups)


def scores_from_release(
    directory: str | PathLike[str],
    *,
    tie_threshold: float = 5,
    groups: Sequence[str] = ("conversation_type",),
) -> Scores:
    """Read the scores of all turns of a native release; `groups` as above."""
    return _scores(_release_turns(directory, groups), tie_threshold, groups)


def _prism_turns(directory: str | PathLike[str], groups: Sequence[str]) -> Iterator[Shown]:
    release = read_prism(Path(fspath(directory)))
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


def _release_turns(directory: str | PathLike[str], groups: Sequence[str]) -> Iterator[Shown]:
    release = read_native(Path(fspath(directory)))
    of_person = answer_labels(release, groups)
    for talk in release.conversations:
        labels = {**of_person(talk.participant_id), "conversation_type": talk.conversation_type}
        for turn in talk.turns:
            shown = sorted(turn.utterances, key=lambda utterance: utterance.position)
            sides = tuple(Side(each.model, each.score, each.text is None) for each in shown)
            name = f"{talk.conversation_id}:{turn.turn}"
            yield Shown(name, talk.participant_id, talk.simulated, turn.turn == 0, labels, sides)


def _battles(
    turns: Iterable[Shown],
    tie_threshold: float,
    groups: Sequence[str],
    directory: str | PathLike[str],
) -> Battles:
    table = _Table(tie_threshold, groups)
    for shown in turns:
        if shown.opening:
            table.add(shown.sides, shown.person, shown.simulated, shown.labels)
    return table.battles(str(directory))


def _scores(turns: Iterable[Shown], tie_threshold: float, groups: Sequence[str]) -> Scores:
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


def battles_from_arena(
    path: str | PathLike[str], *, groups: Sequence[str] = (), both_bad: BothBad = "tie"
) -> Battles:
    """Read a file of battles, an arena's rows or native `Battle` lines; judges are participants.

    `groups`: ``language``, ``turn``, or a key of the battles' own groups (``question_id``).
    "Both bad" is a tie, or left out and counted.
    """
    rows = list(read_battles(Path(fspath(path))))
    known = {"language", "turn"}.union(*(row.groups for row in rows))
    require_groups(groups, known)
    return Battles.from_rows(rows, groups=groups, both_bad=both_bad)
