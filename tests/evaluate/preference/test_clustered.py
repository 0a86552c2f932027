"""Two-way errors: against another implementation, by hand, and at the edges."""

from __future__ import annotations

from math import isnan

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import t as student

from manyvoices.evaluate.preference.clustered import bootstrap_rates, measure, parts


def columns(seed: int, n: int = 300, raters: int = 20, prompts: int = 12):
    rng = np.random.default_rng(seed)
    rater, prompt = rng.integers(0, raters, n), rng.integers(0, prompts, n)
    tastes, fits = rng.normal(0, 0.8, raters), rng.normal(0, 0.6, prompts)
    chance = 1 / (1 + np.exp(-(tastes[rater] + fits[prompt])))
    score = (rng.random(n) < chance).astype(float)
    return score, (score - score.mean()) / n, rater, prompt


def test_the_parts_are_those_of_statsmodels_before_small_sample_factors() -> None:
    sandwich = pytest.importorskip("statsmodels.stats.sandwich_covariance")
    linear = pytest.importorskip("statsmodels.regression.linear_model")
    score, influence, rater, prompt = columns(0)
    fit = linear.OLS(score, np.ones((len(score), 1))).fit()
    both, one, two = sandwich.cov_cluster_2groups(fit, rater, prompt, use_correction=False)
    found = parts(influence, rater, prompt)
    assert found is not None

    def bare(value: float, n: int) -> float:
        return value * (n - 1) / n

    cells = len(np.unique(rater * 100 + prompt))
    assert bare(found.raters, found.n_raters) == pytest.approx(one.item())
    assert bare(found.prompts, found.n_prompts) == pytest.approx(two.item())
    theirs = one.item() + two.item() - bare(found.shared, cells)
    assert theirs == pytest.approx(both.item())


def test_one_vote_per_prompt_leaves_clusters_of_people_alone() -> None:
    score, influence, rater, _ = columns(1)
    found = parts(influence, rater, np.arange(len(score)))
    assert found is not None
    assert found.total == pytest.approx(max(found.raters, found.prompts))
    n = len(score)
    assert found.prompts == pytest.approx(score.var() / (n - 1))


def test_an_interval_by_hand() -> None:
    score = np.array([1.0, 0.0, 1.0, 1.0])
    rater, prompt = np.array([0, 0, 1, 1]), np.array([0, 1, 0, 1])
    influence = (score - 0.75) / 4
    # Sums of influence: people -1/8, 1/8; prompts 1/8, -1/8; cells 1/16, -3/16, 1/16, 1/16.
    people = prompts = 2 / 64 * 2
    cells = (3 * 1 / 256 + 9 / 256) * 4 / 3
    found = measure(0.75, influence, rater, prompt, bounds=None)
    se = max(people + prompts - cells, people) ** 0.5
    assert found.se == pytest.approx(se)
    assert found.df == 1
    assert found.high - found.value == pytest.approx(se * student.ppf(0.975, 1))
    assert found.p(0.5) == pytest.approx(2 * student.sf(0.25 / se, 1))


@settings(deadline=None, max_examples=30)
@given(seed=st.integers(0, 10_000))
def test_neither_names_nor_the_order_of_rows_matter(seed: int) -> None:
    score, influence, rater, prompt = columns(seed, n=80, raters=7, prompts=5)
    rng = np.random.default_rng(seed)
    rows, names = rng.permutation(len(score)), rng.permutation(7)
    one = measure(score.mean(), influence, rater, prompt)
    two = measure(score.mean(), influence[rows], names[rater][rows], prompt[rows] + 9)
    turned = measure(1 - score.mean(), -influence, rater, prompt)
    assert (one.low, one.high) == pytest.approx((two.low, two.high))
    assert (1 - turned.high, 1 - turned.low) == pytest.approx((one.low, one.high))
    assert measure(score.mean(), influence, prompt, rater).se == pytest.approx(one.se)


def test_the_cautious_sum_is_never_narrower_and_satterthwaite_never_wider() -> None:
    for seed in range(20):
        score, influence, rater, prompt = columns(seed)
        width = {
            kind: (one := measure(score.mean(), influence, rater, prompt, kind=kind)).high - one.low
            for kind in ("two_way_t", "two_way_sum", "two_way_satterthwaite")
        }
        assert width["two_way_sum"] >= width["two_way_t"] - 1e-12
        assert width["two_way_satterthwaite"] <= width["two_way_t"] + 1e-12


def test_the_pigeonhole_bootstrap_spreads_at_least_as_far() -> None:
    score, influence, rater, prompt = columns(3)
    drawn = bootstrap_rates(score, np.ones(len(score)), rater, prompt, resamples=2000, seed=1)
    again = bootstrap_rates(score, np.ones(len(score)), rater, prompt, resamples=2000, seed=1)
    assert np.array_equal(drawn, again)
    assert drawn.mean() == pytest.approx(score.mean(), abs=0.01)
    assert drawn.std() > measure(score.mean(), influence, rater, prompt).se * 0.95


@pytest.mark.parametrize(
    ("rater", "prompt", "why"),
    [([0, 0, 0], [0, 1, 2], "one person"), ([0, 1, 2], [0, 0, 0], "one prompt")],
)
def test_one_cluster_gives_no_interval_and_says_why(rater, prompt, why) -> None:
    score = np.array([1.0, 0.0, 1.0])
    found = measure(score.mean(), (score - score.mean()) / 3, np.array(rater), np.array(prompt))
    assert isnan(found.low)
    assert why in found.why
    assert isnan(found.p(0.5))


def test_votes_that_are_all_the_same_have_no_interval() -> None:
    score = np.ones(6)
    found = measure(1.0, score * 0, np.array([0, 0, 1, 1, 2, 2]), np.array([0, 1, 0, 1, 0, 1]))
    assert found.why == "every vote is the same"
    assert isnan(found.low)


def test_votes_that_balance_out_exactly_have_no_interval_of_no_width() -> None:
    # A Latin square: every person and every prompt has one of three, and sums are 0 but for
    # rounding, which once gave [0.3333, 0.3333] and p = 3e-32.
    rater, prompt = np.repeat(np.arange(3), 3), np.tile(np.arange(3), 3)
    score = ((rater + prompt) % 3 == 0).astype(float)
    found = measure(score.mean(), (score - score.mean()) / 9, rater, prompt)
    assert found.why == "votes balance out exactly: no spread is seen"
    assert isnan(found.low)
    assert isnan(found.p(0.5))
