"""What the survey says of a person, as numbers: one column per answer, 0 where nothing is known."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from manyvoices.train.personal.choices import FloatArray

MAX_LEVELS = 24
"""A question with more answers than this, where none is named, tells no groups apart."""

Row = Mapping[str, str]
"""Question -> answer of one person."""


@dataclass(frozen=True, slots=True, eq=False)
class SurveyColumns:
    """Which answers count, and how often they were given by the people trained on."""

    columns: tuple[tuple[str, str], ...]
    """(question, answer) of each column."""
    shares: FloatArray
    """(p,) share of those who answered the question; taken off, so that 0 is nothing known, the
    mean person and the absent one alike."""
    unknown: tuple[str, ...] = ()
    """Questions that were asked for and that nobody answered."""

    def encode(self, people: Sequence[Row]) -> FloatArray:
        """(n_people, p)."""
        z = np.zeros((len(people), len(self.columns)))
        for i, row in enumerate(people):
            for j, (question, answer) in enumerate(self.columns):
                if question in row:
                    z[i, j] = float(row[question] == answer) - self.shares[j]
        return z

    def as_json(self) -> dict[str, Any]:
        """As plain data."""
        return {
            "columns": [list(column) for column in self.columns],
            "shares": [float(share) for share in self.shares],
        }

    @staticmethod
    def from_json(found: Mapping[str, Any]) -> SurveyColumns:
        """The other way."""
        columns = tuple((str(q), str(a)) for q, a in found["columns"])
        return SurveyColumns(columns, np.array(found["shares"], dtype=np.float64))


def survey_columns(
    people: Iterable[Row], questions: Sequence[str] | None = None, *, min_people: int = 10
) -> SurveyColumns:
    """The columns that these people's answers make.

    Args:
        people: Of the training side alone.
        questions: Which count; None: all that tell groups apart.
        min_people: Answers that fewer gave are no columns: they would single people out, and teach
            nothing. Who gave them counts as the mean person does.
    """
    given: dict[str, Counter[str]] = {}
    for row in people:
        for question, answer in row.items():
            given.setdefault(question, Counter())[answer] += 1
    if questions is None:
        asked = [q for q, answers in given.items() if 2 <= len(answers) <= MAX_LEVELS]
    else:
        asked = list(questions)
    columns, shares = [], []
    for question in sorted(asked):
        answers = given.get(question, Counter())
        kept = sorted(a for a, n in answers.items() if n >= min_people)
        if len(kept) > 1 or (kept and len(answers) > 1):
            columns += [(question, answer) for answer in kept]
            shares += [answers[answer] / answers.total() for answer in kept]
    unknown = tuple(question for question in asked if question not in given)
    return SurveyColumns(tuple(columns), np.array(shares, dtype=np.float64), unknown)
