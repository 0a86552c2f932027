"""Topic regressions: 22 outcomes on one design of 31 groups, errors clustered by person.

The peer is statsmodels, one fit per outcome, which is how its interface is used.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from benchmarks.analysing.rows import Row, cpu, in_turns

from manyvoices.analyse.regression import Fit, ols

ROWS, PEOPLE, OUTCOMES = 8011, 1389, 22
LEVELS = (4, 6, 11, 7, 6, 3)
"""Levels of PRISM's six fields among people who held conversations, the type of the conversation
last: 31 columns and a constant without their bases."""
TOLERANCE = 1e-10


def made_up(n: int, n_people: int, seed: int = 0) -> tuple[Any, Any, Any]:
    """(n, 32) design of 0/1 columns, (n, 22) outcomes, (n,) people; people answer alike."""
    rng = np.random.default_rng(seed)
    people = rng.integers(0, n_people, n)
    columns = [np.ones(n)]
    for place, levels in enumerate(LEVELS):
        of_row = place == len(LEVELS) - 1  # The type of the conversation differs within people.
        weights = np.arange(levels, 0, -1.0) ** 2
        drawn = rng.choice(levels, n if of_row else n_people, p=weights / weights.sum())
        group = drawn if of_row else drawn[people]
        columns += [(group == level).astype(float) for level in range(1, levels)]
    x = np.stack(columns, axis=1)
    topics = (rng.integers(0, 30, n_people)[people] + rng.integers(0, 8, n)) % 30
    return x, (topics[:, None] == np.arange(OUTCOMES)).astype(float), people


def by_statsmodels(x: Any, y: Any, people: Any) -> list[Any]:
    """One fit per outcome."""
    import statsmodels.api as sm

    kwds = {"groups": people}
    return [sm.OLS(column, x).fit(cov_type="cluster", cov_kwds=kwds, use_t=True) for column in y.T]


def same(fit: Fit, peers: list[Any]) -> bool:
    """Coefficients and standard errors to 1e-10 of the largest."""
    coef = np.stack([peer.params for peer in peers], axis=1)
    se = np.stack([peer.bse for peer in peers], axis=1)
    away = max(np.abs(fit.coef - coef).max(), (np.abs(fit.se - se) / se).max())
    return bool(away <= TOLERANCE)


def main_rows(*, scale: float = 1.0) -> list[Row]:
    """Against statsmodels at PRISM's size, then what ten times the rows cost."""
    n, n_people = round(ROWS * scale), round(PEOPLE * scale)
    x, y, people = made_up(n, n_people)
    ours, peer, fit, peers = in_turns(
        lambda: ols(x, y, cluster=people), lambda: by_statsmodels(x, y, people), repeats=5
    )
    size = f"{OUTCOMES} regressions, {n:,} x {x.shape[1]}, {n_people:,} clusters"
    rows = [
        Row(f"{size}; statsmodels 0.15", ours, peer, peer / ours, ">= 2", same(fit, peers)),
    ]
    for times in (2, 5, 10):
        x, y, people = made_up(n * times, n_people * times)
        more = sorted(cpu(lambda x=x, y=y, p=people: ols(x, y, cluster=p))[0] for _ in range(3))[1]  # type: ignore[misc]
        what = f"{times} x the rows and people: our seconds over those of one ({times} = linear)"
        rows.append(Row(what, more, math.nan, more / ours, f"<= {1.5 * times:g}", same=True))
    return rows
