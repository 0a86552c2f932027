"""What a welfare experiment returns."""

from __future__ import annotations

from dataclasses import dataclass

from manyvoices.analyse.resampling import Resampling
from manyvoices.analyse.table import FloatArray
from manyvoices.analyse.welfare.imputing import HoldOut, Pooled
from manyvoices.analyse.welfare.plan import WelfarePlan
from manyvoices.analyse.welfare.summaries import ModelWelfare, Rules

DOMINATES = "dominates"
DOMINATED = "is dominated"
CROSSES = "crosses"
THESE_PEOPLE = "on these people only"
OPEN = "not shown"


@dataclass(frozen=True, slots=True, eq=False)
class Outcome:
    """The welfare of one population when one scheme chooses."""

    scheme: str
    label: str
    n_pool: int
    """People the scheme draws from."""
    welfare: FloatArray
    """(n_draws,) mean welfare of the population, one value per sample; NaN where nobody of it met
    the model chosen."""
    mean: float
    top: float
    """Expected share of the population for whom the chosen model is of their first choice."""

    @property
    def levels(self) -> tuple[FloatArray, FloatArray]:
        """Welfare levels, ascending, and the share of samples at each."""
        import numpy as np

        known = np.round(self.welfare[~np.isnan(self.welfare)], 9)
        level, n = np.unique(known, return_counts=True)
        return level, n / max(len(known), 1)


@dataclass(frozen=True, slots=True)
class Comparison:
    """The reference scheme against another, for one population and measure."""

    scheme: str
    label: str
    by: str
    """``people``: another pool, tested by dealing out labels. ``number``: fewer or more people of
    the same pool, tested over resampled people."""
    difference: float
    """Mean welfare under the reference less that under the scheme."""
    low: float
    """Interval over resampled people; NaN where none were drawn."""
    high: float
    lot_low: float
    """Differences that dealt-out labels give by chance; NaN for ``number``."""
    lot_high: float
    sorted_dominates: bool
    """PRISM's relation on the draws: every order statistic at least as high."""
    sorted_dominated: bool
    violation: float
    """0 = nowhere worse, 1 = nowhere better (`Gaps.violation`)."""
    p_draws_better: float
    """Barrett & Donald, corrected (Holm)."""
    p_draws_worse: float
    """The same for "worse somewhere", not corrected: what speaks against dominance counts early."""
    p_people: float
    """Two-sided, corrected (Holm) over the comparisons of the measure."""
    verdict: str
    """What may be said of the reference: one of the words of this module."""


@dataclass(frozen=True, slots=True, eq=False)
class Panel:
    """One population, one measure."""

    population: str
    label: str
    n_people: int
    measure: str
    best: float
    """Welfare of the model that is best for this population: what no scheme can exceed."""
    best_model: str
    outcomes: tuple[Outcome, ...]
    comparisons: tuple[Comparison, ...]


@dataclass(frozen=True, slots=True)
class MinorityHarm:
    """What a group loses when the others alone choose, against everybody choosing."""

    measure: str
    minority: str
    n_minority: int
    majority: str
    """Label of the scheme of the others alone."""
    representative: float
    """Mean welfare of the minority when everybody may sit."""
    alone: float
    """The same when the others alone sit."""
    loss: float
    low: float
    """Interval over resampled people."""
    high: float
    lot_low: float
    """Losses that groups of these sizes have by chance (2.5 % to 97.5 % of the deals)."""
    lot_mean: float
    lot_high: float
    p: float
    """One-sided, by the deals, corrected (Holm) over the harms of the measure."""


@dataclass(frozen=True, slots=True, eq=False)
class MeasureWelfare:
    """All that is found with one measure in one region."""

    measure: str
    limits: tuple[float, float]
    panels: tuple[Panel, ...]
    models: tuple[ModelWelfare, ...]
    rules: Rules
    harms: tuple[MinorityHarm, ...]
    share_missing: float
    pooled: Pooled | None
    """Mean welfare over several imputed tables; None where nothing was imputed."""


@dataclass(frozen=True, slots=True, eq=False)
class RegionWelfare:
    """One part of the release."""

    id: str
    label: str
    n_people: int
    measures: tuple[MeasureWelfare, ...]
    imputed: tuple[tuple[Panel, ...], ...] = ()
    """Panels on the filled table, one tuple per measure; empty where nothing was imputed."""


@dataclass(frozen=True, slots=True, eq=False)
class WelfareResult:
    """A welfare experiment on a release or a table of ratings."""

    plan: WelfarePlan
    regions: tuple[RegionWelfare, ...]
    n_people: int
    """Rows of the table that imputation learnt from; regions hold some of them."""
    n_models: int
    n_draws: int
    n_deals: int
    n_resamples: int
    resampling: Resampling
    hold_outs: tuple[HoldOut, ...]
    notes: tuple[str, ...] = ()
    noun: str = "model"
    """What is chosen; ``item`` for a table of ratings."""
