"""Kendall's W: how far many rankings of the same things agree.

Kendall, Babington Smith, "The problem of m rankings", Annals of Mathematical Statistics 10 (1939);
with ties Kendall, Rank Correlation Methods (4th ed. 1970), chapter 6.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.special import chdtrc
from scipy.stats import rankdata

from manyvoices.aggregate.ballot_errors import IncompleteBallotsError
from manyvoices.aggregate.ballot_reading import UNRANKED
from manyvoices.aggregate.ballots import Ballots
from manyvoices.aggregate.kinds import AnyArray, FloatArray
from manyvoices.schema.errors import Fault


@dataclass(frozen=True, slots=True)
class Concordance:
    """How far rankings agree: 1 is one and the same order, 0 no agreement at all."""

    value: float
    """NaN where it is undefined; `why_undefined` says why."""
    mean_rho: float
    """(m W - 1) / (m - 1): Spearman's rho, averaged over all pairs of raters, where nobody ties."""
    p_value: float
    """Chance of as large a W if everybody ranked at random (chi squared with n - 1 degrees of
    freedom: Friedman's test; rough below seven candidates or few raters)."""
    n_raters: float
    n_candidates: int
    why_undefined: str = ""


def kendall_w(rankings: Ballots | Any) -> Concordance:
    """Return Kendall's W, corrected for ties.

    `rankings`: `Ballots`, weights counting as repeated raters, or a table (raters, n) of places or
    scores. Everybody must rank everything: raises `IncompleteBallotsError` else, because W has no
    answer for gaps. No interval is given: a rater drawn twice agrees with herself, so a bootstrap
    over raters pulls W upwards. Undefined with fewer than two raters or candidates, and where
    everybody ties everything.
    """
    table, weights = _complete(rankings)
    m, n = float(weights.sum()), table.shape[1]
    if m < 2 or n < 2:
        return _undefined(m, n, "two raters and two candidates are the least that can agree")
    ranks = np.asarray(rankdata(table, axis=1), dtype=np.float64)
    deviation = weights @ ranks - m * (n + 1) / 2
    most = m * m * (n**3 - n) - m * float(weights @ _tie_terms(ranks))
    if most <= 0:
        return _undefined(m, n, "everybody ranks all candidates equal")
    value = float(12 * (deviation**2).sum() / most)
    return Concordance(
        value=value,
        mean_rho=(m * value - 1) / (m - 1),
        p_value=float(chdtrc(n - 1, m * (n - 1) * value)),
        n_raters=m,
        n_candidates=n,
    )


def _complete(rankings: Ballots | Any) -> tuple[AnyArray, FloatArray]:
    if isinstance(rankings, Ballots):
        gaps = (rankings.places == UNRANKED).any(axis=1) & (rankings.weights > 0)
        table: AnyArray = rankings.places
        weights = rankings.weights.astype(np.float64)
    else:
        table = np.asarray(rankings, dtype=np.float64)
        if table.ndim != 2:
            raise ValueError(f"rankings must have shape (raters, n), found {table.shape}")
        gaps, weights = np.isnan(table).any(axis=1), np.ones(len(table))
    if gaps.any():
        faults = [
            Fault("<ballots>", row + 1, "", "a ranking with gaps", "every candidate ranked",
                  "use krippendorff_alpha on pairs, or rank_agreement on merged orders")
            for row in np.flatnonzero(gaps).tolist()
        ]  # fmt: skip
        raise IncompleteBallotsError(faults[:100], n_more=max(0, len(faults) - 100))
    return table, weights


def _tie_terms(ranks: FloatArray) -> FloatArray:
    """Return (raters,): the sum of t^3 - t over each rater's groups of t equals."""
    level = (ranks[:, :, None] == ranks[:, None, :]).sum(axis=2)
    return np.asarray((level**2 - 1).sum(axis=1), dtype=np.float64)


def _undefined(m: float, n: int, why: str) -> Concordance:
    nan = float("nan")
    return Concordance(nan, nan, nan, m, n, why)
