"""The result as it grew, person by person, with an interval that holds at any time.

One value per person, the share of their votes that the model won (a tie is a half), in the order in
which people finished: `aggregate.sequential.sequential_test`. It speaks of people on these prompts;
the fixed interval beside it of people and prompts, at one look.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from manyvoices.aggregate.sequential import sequential_test
from manyvoices.analyse.table import FloatArray
from manyvoices.evaluate.preference.rules import Rules
from manyvoices.evaluate.preference.votes import Votes

MOST_POINTS = 200
"""Of the path that is kept for a figure."""


def sequential(
    votes: Votes, pairs: Sequence[tuple[str, str]], rules: Rules
) -> list[dict[str, Any]]:
    """A row to each pair: where it stands now, when it was first clear of one half, and the path.

    Not corrected for the number of pairs: each holds by itself.
    """
    return [
        {"model": model, "against": other, **_grown(votes, model, other, rules)}
        for model, other in pairs
    ]


def _grown(votes: Votes, model: str, other: str, rules: Rules) -> dict[str, Any]:
    values = of_people(votes, model, other, rules)
    found = sequential_test(values, alpha=1 - rules.level)
    n = len(values)
    mean = np.cumsum(values) / np.arange(1, n + 1)
    at = np.unique(np.linspace(0, n - 1, min(n, MOST_POINTS)).astype(np.int64))[:n]
    return {
        "n_people": n,
        "mean": float(mean[-1]) if n else None,
        "low": found.low if n else None,
        "high": found.high if n else None,
        "log_e": found.log_e,
        "clear_after": found.decided_at,
        "path": [
            {"people": int(t) + 1, "mean": float(mean[t]), "low": float(found.path[t, 0]),
             "high": float(found.path[t, 1])}
            for t in at
        ],
    }  # fmt: skip


def of_people(votes: Votes, model: str, other: str, rules: Rules) -> FloatArray:
    """(people,) share of votes won, in the order of finishing; who has no vote has no value."""
    part, score = votes.scored(rules).between(model, other)
    if rules.ties != "half":
        decided = score != 0.5
        part, score = part.select(decided), score[decided]
    if not len(score):
        return np.zeros(0)
    _, person = np.unique(part.order, return_inverse=True)
    return np.asarray(np.bincount(person, weights=score) / np.bincount(person))
