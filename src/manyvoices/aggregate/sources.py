"""Battles out of files. The one module of this room that knows of `manyvoices.io`.

A live conversation holds no battles: it holds the scores that one person gave to the answers of
its opening turn. Every unordered pair of those answers is a battle, as in PRISM (arXiv 2404.16019,
appendix on preference aggregation): scores no further apart than the tie threshold are a tie, else
the higher one wins. Later turns are left out, because by then one model answers twice.
"""

from __future__ import annotations

import csv
import gzip
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from os import PathLike, fspath
from pathlib import Path
from typing import Any

import numpy as np

from manyvoices.aggregate.battles import Battles
from manyvoices.aggregate.kinds import FloatArray
from manyvoices.aggregate.outcomes import MAX_FAULTS, BothBad
from manyvoices.io import read_battles, read_native, read_prism
from manyvoices.schema.errors import DataError, Fault

COUNT_COLUMNS = ("winner", "loser", "n_comparisons")


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
    release = read_prism(Path(fspath(directory)))
    of_person = _survey_labels(release.survey, groups)
    turns: dict[str, list[Any]] = {}
    for row in release.utterances:
        if row.turn == 0:
            turns.setdefault(row.interaction_id, []).append(row)
    table = _Table(tie_threshold, groups)
    for rows in turns.values():
        first = rows[0]
        labels = {**of_person(first.user_id), "conversation_type": first.conversation_type}
        sides = [Side(row.model_name, row.score) for row in rows]
        table.add(sides, first.user_id, first.simulated is True, labels)
    return table.battles(str(directory))


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
    release = read_native(Path(fspath(directory)))
    of_person = _answer_labels(release, groups)
    table = _Table(tie_threshold, groups)
    for talk in release.conversations:
        labels = {
            **of_person(talk.participant_id),
            "conversation_type": talk.conversation_type,
        }
        for turn in talk.turns:
            if turn.turn == 0:
                shown = sorted(turn.utterances, key=lambda utterance: utterance.position)
                sides = [Side(each.model, each.score, each.text is None) for each in shown]
                table.add(sides, talk.participant_id, talk.simulated, labels)
    return table.battles(str(directory))


def battles_from_arena(
    path: str | PathLike[str], *, groups: Sequence[str] = (), both_bad: BothBad = "tie"
) -> Battles:
    """Read a file of battles, an arena's rows or native `Battle` lines; judges are participants.

    `groups`: ``language``, ``turn``, or a key of the battles' own groups (``question_id``).
    "Both bad" is a tie, or left out and counted.
    """
    rows = list(read_battles(Path(fspath(path))))
    known = {"language", "turn"}.union(*(row.groups for row in rows))
    _require_groups(groups, known)
    return Battles.from_rows(rows, groups=groups, both_bad=both_bad)


def read_counts(path: str | PathLike[str]) -> tuple[FloatArray, tuple[str, ...]]:
    """Read a CSV with columns winner, loser, n_comparisons: wins (n, n) and the models, sorted.

    A pair that comes twice is added up. Raises `DataError` with every line at fault.
    """
    name = str(path)
    found: list[tuple[str, str, float]] = []
    faults: list[Fault] = []
    with _open_text(Path(fspath(path))) as file:
        reader = csv.DictReader(file)
        missing = [column for column in COUNT_COLUMNS if column not in (reader.fieldnames or ())]
        if missing:
            header = ", ".join(reader.fieldnames or ()) or "an empty file"
            wanted = "a header with winner,loser,n_comparisons"
            raise DataError([Fault(name, 1, "", header, wanted)])
        for row in reader:
            count = _count(row["n_comparisons"])
            if count is None:
                wanted = "a number of at least 0"
                faults.append(
                    Fault(
                        name, reader.line_num, "n_comparisons", repr(row["n_comparisons"]), wanted
                    )
                )
            elif row["winner"] == row["loser"] or not row["winner"] or not row["loser"]:
                both = f"{row['winner']!r} and {row['loser']!r}"
                faults.append(Fault(name, reader.line_num, "", both, "two different models"))
            else:
                found.append((row["winner"], row["loser"], count))
    if faults:
        raise DataError(faults[:MAX_FAULTS], n_more=max(0, len(faults) - MAX_FAULTS))
    if not found:
        raise DataError([Fault(name, None, "", "no rows", "at least one pair of models")])
    return _as_matrix(found)


def _as_matrix(found: list[tuple[str, str, float]]) -> tuple[FloatArray, tuple[str, ...]]:
    models = tuple(sorted({model for winner, loser, _ in found for model in (winner, loser)}))
    code = {model: place for place, model in enumerate(models)}
    wins = np.zeros((len(models), len(models)))
    for winner, loser, count in found:
        wins[code[winner], code[loser]] += count
    return wins, models


def _open_text(path: Path) -> Any:
    if path.suffix == ".gz":
        return gzip.open(path, "rt", encoding="utf-8-sig", newline="")
    return path.open(encoding="utf-8-sig", newline="")


def _count(text: str | None) -> float | None:
    try:
        number = float(text or "")
    except ValueError:
        return None
    return number if np.isfinite(number) and number >= 0 else None


def _survey_labels(
    survey: Iterable[Mapping[str, Any]], groups: Sequence[str]
) -> Callable[[str], Mapping[str, str]]:
    """Return a look-up from a person to their labels for the wanted survey columns."""
    wanted = [name for name in groups if name != "conversation_type"]
    if not wanted:
        return lambda _: {}
    people: dict[str, dict[str, str]] = {}
    known = {"conversation_type"}
    for row in survey:
        flat = _flat(row)
        known.update(flat)
        labels = {name: str(flat[name]) for name in wanted if flat.get(name) is not None}
        people[str(row["user_id"])] = labels
    _require_groups(groups, known)
    return lambda person: people.get(person, {})


def _flat(row: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    flat: dict[str, Any] = {}
    for name, value in row.items():
        if isinstance(value, Mapping):
            flat.update(_flat(value, f"{prefix}{name}_"))
        else:
            flat[prefix + name] = value
    return flat


def _answer_labels(release: Any, groups: Sequence[str]) -> Callable[[str], Mapping[str, str]]:
    """Return a look-up from a participant to their language and answers."""
    wanted = {name for name in groups if name != "conversation_type"}
    if not wanted:
        return lambda _: {}
    people: dict[str, dict[str, str]] = {}
    known = {"conversation_type", "language"}
    for person in release.participants:
        people.setdefault(person.participant_id, {})["language"] = person.language
    for answer in release.answers:
        known.add(answer.question_id)
        text = _answer_text(answer.value)
        if answer.question_id in wanted and text is not None:
            people.setdefault(answer.participant_id, {})[answer.question_id] = text
    _require_groups(groups, known)
    return lambda person: people.get(person, {})


def _answer_text(value: Any) -> str | None:
    if isinstance(value, list):
        return ", ".join(sorted(map(str, value))) or None
    return None if value is None or isinstance(value, dict) else str(value)


def _require_groups(groups: Sequence[str], known: Iterable[str]) -> None:
    names = set(known)
    unknown = [name for name in groups if name not in names]
    if unknown:
        raise ValueError(
            f"no field {unknown[0]!r} to group by; there are: {', '.join(sorted(names))}"
        )
