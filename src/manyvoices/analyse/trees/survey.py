"""What contributors said of themselves, weighed by people and by what they contributed.

OASST's open question: nine in ten of those surveyed were men, and what that did to the data was not
counted. Where a release has a survey beside its trees, each group's share of the people stands here
beside its share of the messages and of the reviews and rankings.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from manyvoices.analyse.dataset import MAX_LEVELS, column_label
from manyvoices.analyse.trees.columns import TreeColumns
from manyvoices.analyse.trees.contributors import activity
from manyvoices.analyse.words import declines
from manyvoices.io.native import read_native_file
from manyvoices.io.prism import find

OTHERS = "(smaller groups)"
_KINDS = ("single", "country")


@dataclass(frozen=True, slots=True)
class GroupRow:
    """People who gave one answer."""

    label: str
    n_people: int
    n_messages: int
    n_judgements: int
    """Reviews and rankings."""


@dataclass(frozen=True, slots=True)
class SurveyBlock:
    """One question."""

    question: str
    label: str
    rows: tuple[GroupRow, ...]
    """Most people first; small groups together, last."""
    n_unsaid: int
    """Contributors who did not answer, or would rather not say."""

    @property
    def n_people(self) -> int:
        """Contributors who answered."""
        return sum(row.n_people for row in self.rows)


def survey_of(
    columns: TreeColumns, folder: Path | None, *, min_group: int
) -> tuple[SurveyBlock, ...]:
    """Answers of contributors to questions of one choice and of countries.

    `folder`: the release; without one, or without answers, there is nothing. Groups of fewer than
    `min_group` people are put together.
    """
    path = find(folder / "native", "answers") if folder is not None else None
    if path is None or not path.exists():
        return ()
    done = activity(columns)
    messages = done["prompter"] + done["assistant"]
    judgements = done["reviewer"] + done["ranker"]
    people = {name: i for i, name in enumerate(columns.people) if messages[i] or judgements[i]}
    answers: dict[str, dict[int, str]] = defaultdict(dict)
    for answer in read_native_file(path, "answers"):
        person = people.get(answer.participant_id)
        if person is not None and answer.kind in _KINDS and isinstance(answer.value, str):
            answers[answer.question_id][person] = answer.value
    blocks = (
        _block(question, given, len(people), messages, judgements, min_group)
        for question, given in answers.items()
    )
    return tuple(block for block in blocks if block is not None)


def _block(
    question: str, given: dict[int, str], n: int, messages: object, judgements: object, least: int
) -> SurveyBlock | None:
    groups: dict[str, list[int]] = defaultdict(list)
    for person, value in given.items():
        if value.strip() and not declines(value):
            groups[value].append(person)
    if not groups or len(groups) > 5 * MAX_LEVELS:
        return None
    small = [person for people in groups.values() if len(people) < least for person in people]
    rows = [
        _row(label, people, messages, judgements)
        for label, people in groups.items()
        if len(people) >= least
    ]
    rows.sort(key=lambda row: (-row.n_people, row.label))
    if small:
        rows.append(_row(OTHERS, small, messages, judgements))
    n_said = sum(row.n_people for row in rows)
    return SurveyBlock(question, column_label(question), tuple(rows), n - n_said)


def _row(label: str, people: list[int], messages: object, judgements: object) -> GroupRow:
    m, j = np.asarray(messages), np.asarray(judgements)
    return GroupRow(label, len(people), int(m[people].sum()), int(j[people].sum()))
