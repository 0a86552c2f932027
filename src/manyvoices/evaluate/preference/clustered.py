"""How sure a mean is when people and prompts both repeat: two-way clustering.

Two votes of one person are alike, and two votes on one prompt are alike. The variance of Cameron,
Gelbach and Miller ("Robust inference with multiway clustering", Journal of Business & Economic
Statistics 29, 2011, eq. 2.8 to 2.11) adds what clusters of people and of prompts give and takes
away what both share. Each part has its own factor G / (G - 1) (their section 2.4, first way).

Every estimate comes as its influence: one number per row, summing to 0, such that the estimate's
error is about the sum over what was drawn. So one function serves rates, differences, shares and
coefficients of a model.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import isfinite, nan, sqrt

import numpy as np
from scipy.special import stdtr, stdtrit

from manyvoices.analyse.table import FloatArray, IntArray
from manyvoices.evaluate.preference.rules import IntervalKind, Rules

BLOCK = 64
"""Resamples held in memory at once."""
ROUNDING = 1e-12
"""A variance below this part of the sum of squares is 0 that was not computed exactly."""


@dataclass(frozen=True, slots=True)
class Measure:
    """An estimate and how sure it is."""

    value: float
    low: float
    high: float
    se: float
    df: float
    """Degrees of freedom of the critical value; NaN where it has none."""
    n: int
    """Rows that it stands on."""
    n_raters: int
    n_prompts: int
    why: str = ""
    """Why there is no interval, where there is none."""
    alike: int = 0
    """Where every row is the same: how many of them share neither person nor prompt, on which alone
    the interval stands (see `alike`). 0 elsewhere."""
    bounds: tuple[float, float] = (0.0, 1.0)
    """Where `alike` is not 0: least and largest value of a row."""

    def p(self, null: float) -> float:
        """Two-sided p-value of the estimate against `null`; NaN without an interval."""
        if self.alike:
            return self._p_alike(null)
        if not isfinite(self.se) or self.se == 0 or not isfinite(self.df):
            return nan
        return float(2 * stdtr(self.df, -abs(self.value - null) / self.se))

    def _p_alike(self, null: float) -> float:
        """By turning the interval of `alike` round: at which level `null` is its end."""
        end = self.bounds[0] if null < self.value else self.bounds[1]
        if null == self.value or end == self.value:
            return 1.0 if null == self.value else 0.0
        share = max((null - end) / (self.value - end), 0.0)
        return float(min(1.0, 2 * share**self.alike))

    def plain(self) -> dict[str, float | int | str]:
        """For JSON; `why` and `alike` only where they say something."""
        said = ("value", "low", "high", "se", "df", "n", "n_raters", "n_prompts")
        more = tuple(name for name in ("why", "alike") if getattr(self, name))
        return {name: getattr(self, name) for name in said + more}


@dataclass(frozen=True, slots=True)
class Parts:
    """Variance of an estimate, and where it comes from."""

    raters: float
    """As if prompts were fixed."""
    prompts: float
    """As if people were fixed."""
    shared: float
    """What both count: the part of single cells."""
    n_raters: int
    n_prompts: int

    @property
    def total(self) -> float:
        """People and prompts less what both count; never below the larger of the two.

        The difference can be negative in small studies (Cameron et al., section 2.3). The larger
        of both one-way variances is never too large by more than the other's own part.
        """
        return max(self.raters + self.prompts - self.shared, self.raters, self.prompts)

    @property
    def cautious(self) -> float:
        """Both added and nothing taken away: never too small on average."""
        return self.raters + self.prompts

    @property
    def df_least(self) -> float:
        """One less than the smaller number of clusters (Cameron et al., section 2.4)."""
        return float(min(self.n_raters, self.n_prompts) - 1)

    @property
    def df_satterthwaite(self) -> float:
        """By the share of each part: Satterthwaite, Biometrics Bulletin 2 (1946)."""
        down = self.raters**2 / (self.n_raters - 1) + self.prompts**2 / (self.n_prompts - 1)
        if down <= 0:
            return self.df_least
        return max(self.df_least, (self.raters + self.prompts) ** 2 / down)


def parts(influence: FloatArray, rater: IntArray, prompt: IntArray) -> Parts | None:
    """Variance parts of an estimate from its influence (rows,); None with one cluster of a kind.

    Only clusters with a row that counts are clusters: `influence` holds those rows alone.
    """
    by_rater, by_prompt = _sums(influence, rater), _sums(influence, prompt)
    width = int(prompt.max(initial=0)) + 1
    by_cell = _sums(influence, rater * width + prompt)
    if len(by_rater) < 2 or len(by_prompt) < 2:
        return None
    return Parts(
        _scaled(by_rater), _scaled(by_prompt), _scaled(by_cell), len(by_rater), len(by_prompt)
    )


def measure(
    value: float,
    influence: FloatArray,
    rater: IntArray,
    prompt: IntArray,
    *,
    kind: IntervalKind = "two_way_t",
    level: float = 0.95,
    bounds: tuple[float, float] | None = (0.0, 1.0),
    df: float | None = None,
) -> Measure:
    """An estimate with its interval by a formula; `df` overrides the degrees of freedom."""
    n, n_raters, n_prompts = len(influence), len(np.unique(rater)), len(np.unique(prompt))
    found = parts(influence, rater, prompt)
    if found is None or not isfinite(value):
        one = "person" if n_raters < 2 else "prompt"
        why = f"one {one} alone says nothing about others" if n else "no vote counts"
        return Measure(value, nan, nan, nan, nan, n, n_raters, n_prompts, why)
    variance = found.cautious if kind == "two_way_sum" else found.total
    freedom = found.df_satterthwaite if kind == "two_way_satterthwaite" else found.df_least
    freedom = freedom if df is None else df
    if variance <= ROUNDING * float(influence @ influence):
        same = not influence.any()
        why = "every vote is the same" if same else "votes balance out exactly: no spread is seen"
        return Measure(value, nan, nan, 0.0, freedom, n, n_raters, n_prompts, why)
    se = sqrt(variance)
    reach = float(stdtrit(freedom, (1 + level) / 2)) * se
    low, high = value - reach, value + reach
    if bounds is not None:
        low, high = max(low, bounds[0]), min(high, bounds[1])
    return Measure(value, low, high, se, freedom, n, n_raters, n_prompts)


def formula(rules: Rules) -> IntervalKind:
    """The declared interval; where the bootstrap is declared, the formula for all but rates."""
    return "two_way_t" if rules.interval == "two_way_bootstrap" else rules.interval


def bootstrap_rates(
    scores: FloatArray,
    weights: FloatArray,
    rater: IntArray,
    prompt: IntArray,
    *,
    resamples: int,
    seed: int,
) -> FloatArray:
    """(resamples,) rates over redrawn people and redrawn prompts: Owen's pigeonhole bootstrap.

    A row weighs how often its person was drawn times how often its prompt was (Owen, "The
    pigeonhole bootstrap", Annals of Applied Statistics 1, 2007). Its variance is never too small
    and up to three times too large where neither people nor prompts differ.
    """
    _, people = np.unique(rater, return_inverse=True)
    _, asked = np.unique(prompt, return_inverse=True)
    rng = np.random.default_rng(seed)
    n_people, n_asked = int(people.max(initial=-1)) + 1, int(asked.max(initial=-1)) + 1
    if not n_people:
        return np.zeros(0)
    top, bottom = np.zeros((n_people, n_asked)), np.zeros((n_people, n_asked))
    np.add.at(top, (people, asked), scores * weights)
    np.add.at(bottom, (people, asked), weights)
    drawn = []
    for begin in range(0, resamples, BLOCK):
        some = min(BLOCK, resamples - begin)
        w = rng.multinomial(n_people, np.full(n_people, 1 / n_people), size=some)
        v = rng.multinomial(n_asked, np.full(n_asked, 1 / n_asked), size=some)
        with np.errstate(invalid="ignore"):
            drawn.append(((w @ top) * v).sum(axis=1) / ((w @ bottom) * v).sum(axis=1))
    found = np.concatenate(drawn) if drawn else np.zeros(0)
    return np.asarray(found[~np.isnan(found)])


def _sums(values: FloatArray, codes: IntArray) -> FloatArray:
    _, code = np.unique(codes, return_inverse=True)
    return np.asarray(np.bincount(code, weights=values), dtype=np.float64)


def _scaled(sums: FloatArray) -> float:
    g = len(sums)
    return float((sums**2).sum() * g / (g - 1)) if g > 1 else 0.0
