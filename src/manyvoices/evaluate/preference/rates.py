"""Win rates with two-way intervals: of a pair, within groups, and the difference between groups."""

from __future__ import annotations

from dataclasses import replace
from math import nan

import numpy as np

from manyvoices.analyse.table import FloatArray, IntArray
from manyvoices.evaluate.preference.alike import of_alike
from manyvoices.evaluate.preference.clustered import Measure, bootstrap_rates, formula, measure
from manyvoices.evaluate.preference.rules import Rules
from manyvoices.evaluate.preference.votes import Votes

ALIKE = "every vote of one side is the same"
"""Why there is no difference with an interval: a side without spread would count as certain."""


def win_rate(votes: Votes, model: str, other: str | None, rules: Rules) -> Measure:
    """The share of votes that `model` won against `other`, or against everybody.

    `votes` as they were given: rows that do not count are left out here. Ties are half a win each
    way, or left out; for Davidson's model see `davidson`.
    """
    part, score = _entering(votes, model, other, rules)
    return _rate(score, part, rules)


def on_these_prompts(votes: Votes, model: str, other: str | None, rules: Rules) -> Measure:
    """The win rate with an interval for people yet to come on these very prompts: clusters of
    people alone. It says nothing of other prompts."""
    part, score = _entering(votes, model, other, rules)
    alone = np.arange(len(score))
    found = mean_of(score, part.rater, alone, rules)
    return replace(found, n_prompts=len(np.unique(part.prompt)))


def difference(
    votes: Votes, other_votes: Votes, model: str, other: str | None, rules: Rules
) -> Measure:
    """The rate in `votes` less the rate in `other_votes`; people and prompts may be in both.

    Degrees of freedom are those of the part with fewer clusters. No interval where all votes of
    one part are the same: it would enter as if it were known without error.
    """
    first, score = _entering(votes, model, other, rules)
    second, score_2 = _entering(other_votes, model, other, rules)
    one, two = _rate(score, first, rules), _rate(score_2, second, rules)
    influence = np.concatenate((_influence(score), -_influence(score_2)))
    rater = np.concatenate((first.rater, second.rater))
    prompt = np.concatenate((first.prompt, second.prompt))
    freedom = float(np.minimum(one.df, two.df))
    alike = one.se == 0 or two.se == 0
    if freedom != freedom or alike:
        why = one.why or two.why or ALIKE
        n = (len(influence), one.n_raters + two.n_raters, one.n_prompts + two.n_prompts)
        return Measure(one.value - two.value, nan, nan, nan, nan, *n, why)
    return measure(
        one.value - two.value, influence, rater, prompt,
        kind=formula(rules), level=rules.level, bounds=(-1.0, 1.0), df=freedom,
    )  # fmt: skip


def mean_of(
    values: FloatArray,
    rater: IntArray,
    prompt: IntArray,
    rules: Rules,
    *,
    bounds: tuple[float, float] | None = (0.0, 1.0),
) -> Measure:
    """The mean of (rows,) with its two-way interval; of rows that are all the same, `of_alike`."""
    if bounds is not None and len(values) and np.ptp(values) == 0 and _several(rater, prompt):
        return of_alike(float(values[0]), rater, prompt, level=rules.level, bounds=bounds)
    mean = float(values.mean()) if len(values) else nan
    return measure(
        mean, _influence(values), rater, prompt,
        kind=formula(rules), level=rules.level, bounds=bounds,
    )  # fmt: skip


def _several(*codes: IntArray) -> bool:
    return all(np.ptp(one) > 0 for one in codes)


def mean_over_prompts(values: FloatArray, prompt: IntArray, rules: Rules) -> Measure:
    """The mean of (rows,) of one fixed judge: prompts alone are drawn."""
    return replace(mean_of(values, prompt, prompt, rules), n_raters=1)


def _entering(
    votes: Votes, model: str, other: str | None, rules: Rules
) -> tuple[Votes, FloatArray]:
    part, score = votes.scored(rules).between(model, other)
    if rules.ties == "half":
        return part, score
    decided = score != 0.5
    return part.select(decided), score[decided]


def _rate(score: FloatArray, part: Votes, rules: Rules) -> Measure:
    found = mean_of(score, part.rater, part.prompt, rules)
    if rules.interval != "two_way_bootstrap" or found.why or found.se == 0:
        return found
    drawn = bootstrap_rates(
        score, np.ones(len(score)), part.rater, part.prompt,
        resamples=rules.resamples, seed=rules.seed,
    )  # fmt: skip
    if not len(drawn):
        return found
    tail = (1 - rules.level) / 2
    low, high = np.quantile(drawn, [tail, 1 - tail])
    return replace(found, low=float(low), high=float(high), se=float(drawn.std(ddof=1)))


def _influence(values: FloatArray) -> FloatArray:
    return np.asarray((values - values.mean()) / len(values)) if len(values) else values
