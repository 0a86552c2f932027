"""Beyond the mean: how many people get a model of their first choice, and who is worst off.

PRISM (arXiv 2404.16019, section 3.3) remarks that "no single model achieves majority preference"
and that "average measures can conceal the welfare of minority groups". The max-min rule is Rawls's
(A Theory of Justice, 1971) over groups: the model whose worst-off group is best off.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from manyvoices.analyse.resampling import Means, Resampling, cluster_means
from manyvoices.analyse.table import BoolArray, FloatArray
from manyvoices.analyse.welfare.seats import worth
from manyvoices.analyse.welfare.tables import WelfareTable


@dataclass(frozen=True, slots=True)
class ModelWelfare:
    """What one model is worth to the people of a region."""

    model: str
    n: int
    """People who met it."""
    mean: float
    low: float
    """Interval over resampled people."""
    high: float
    top: float
    """Share of those who met it for whom none that they met was better."""
    top_low: float
    top_high: float
    worst: float
    """Mean welfare of the group that fares worst with it."""
    worst_group: str


@dataclass(frozen=True, slots=True)
class Rules:
    """The model that each rule would choose if everybody sat: names of models."""

    by_mean: str
    by_top: str
    by_worst: str


def model_welfare(
    table: WelfareTable, groups: BoolArray, names: Sequence[str], resampling: Resampling
) -> tuple[ModelWelfare, ...]:
    """One row per model, highest mean first.

    Args:
        groups: (n_groups, n_users) the groups among which the worst-off is sought.
        names: One per group.
    """
    means, tops = (_means(table, values, resampling) for values in (table.values, _top(table)))
    by_group = worth(table, groups) if len(groups) else np.full((1, len(table.models)), np.nan)
    rows = []
    for code, model in enumerate(table.models):
        worth_here = by_group[:, code]
        known = not np.isnan(worth_here).all()
        rows.append(
            ModelWelfare(
                model=model,
                n=int(means.n[code]),
                mean=float(means.mean[code]),
                low=float(means.low[code]),
                high=float(means.high[code]),
                top=float(tops.mean[code]),
                top_low=float(tops.low[code]),
                top_high=float(tops.high[code]),
                worst=float(np.nanmin(worth_here)) if known else float("nan"),
                worst_group=names[int(np.nanargmin(worth_here))] if known else "",
            )
        )
    return tuple(sorted(rows, key=lambda row: (np.isnan(row.mean), -row.mean, row.model)))


def rules(models: Sequence[ModelWelfare]) -> Rules:
    """Whom the rules choose; of equals the one with the higher mean."""
    met = [row for row in models if row.n]
    return Rules(
        by_mean=met[0].model,
        by_top=max(met, key=lambda row: np.nan_to_num(row.top, nan=-1)).model,
        by_worst=max(met, key=lambda row: np.nan_to_num(row.worst, nan=-1)).model,
    )


def _top(table: WelfareTable) -> FloatArray:
    """1 where no model that the person met is better, 0 elsewhere, NaN where they never met.

    People who met one model only say nothing about a first choice.
    """
    met = table.observed
    best = np.where(met, table.values, -np.inf).max(axis=1, keepdims=True)
    several = met.sum(axis=1, keepdims=True) > 1
    return np.where(met & several, (table.values >= best).astype(np.float64), np.nan)


def _means(table: WelfareTable, values: FloatArray, resampling: Resampling) -> Means:
    rows, columns = np.nonzero(~np.isnan(values))
    return cluster_means(
        values[rows, columns], columns, rows, n_groups=len(table.models), resampling=resampling
    )
