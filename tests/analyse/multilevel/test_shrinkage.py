"""Estimates seen together: known formulas, known extremes, and coverage of planted effects."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import minimize_scalar

from manyvoices.analyse.many_tests import benjamini_hochberg
from manyvoices.analyse.multilevel import paule_mandel, reml, shrink

# Rubin's eight schools, as in Bayesian Data Analysis, table 5.2.
EFFECT = np.array([28.39, 7.94, -2.75, 6.82, -0.64, 0.63, 18.01, 12.16])
ERROR = np.array([14.9, 10.2, 16.3, 11.0, 9.4, 11.4, 10.4, 17.6])


def test_eight_schools_are_those_of_the_book():
    found = shrink(EFFECT, ERROR)
    # BDA3 (5.4 and 5.5): school A 10-11 with a 95% interval reaching from about -2 to 31; tau's
    # posterior median 5; the pooled mean 7.9; no evidence of any spread.
    assert found.tau == 0
    assert found.i2 == 0
    assert found.mean[0] == pytest.approx(10.8, abs=1.0)
    assert found.low[0] == pytest.approx(-2, abs=2)
    assert found.high[0] == pytest.approx(31, abs=3)
    assert found.centre == pytest.approx(7.7, abs=0.2)


def test_plugged_in_tau_of_zero_is_too_sure_of_itself():
    plugged = shrink(EFFECT, ERROR, spread="reml")
    averaged = shrink(EFFECT, ERROR)
    assert np.ptp(plugged.mean) == pytest.approx(0, abs=1e-9)
    assert (plugged.high - plugged.low < averaged.high - averaged.low).all()


def test_reml_is_the_top_of_the_restricted_likelihood():
    rng = np.random.default_rng(0)
    error = rng.uniform(0.5, 2, 30)
    effect = rng.normal(1, 1.5, 30) + rng.normal(0, error)

    def minus(tau):
        w = 1 / (error**2 + tau**2)
        middle = w @ effect / w.sum()
        return -(0.5 * np.log(w).sum() - 0.5 * np.log(w.sum())
                 - 0.5 * (w * (effect - middle) ** 2).sum())  # fmt: skip

    best = minimize_scalar(minus, bounds=(0, 10), method="bounded", options={"xatol": 1e-8}).x
    assert reml(effect, error) == pytest.approx(best, abs=1e-3)


def test_paule_mandel_sets_q_to_its_degrees_of_freedom_and_agrees_with_statsmodels():
    meta = pytest.importorskip("statsmodels.stats.meta_analysis")
    rng = np.random.default_rng(1)
    error = rng.uniform(0.5, 2, 25)
    effect = rng.normal(0, 2, 25) + rng.normal(0, error)
    tau = paule_mandel(effect, error)
    w = 1 / (error**2 + tau**2)
    assert (w * (effect - w @ effect / w.sum()) ** 2).sum() == pytest.approx(24)
    peer = meta.combine_effects(effect, error**2, method_re="iterated", atol=1e-10)
    assert tau**2 == pytest.approx(peer.tau2, rel=1e-6)
    assert shrink(effect, error).i2 == pytest.approx(peer.i2, rel=1e-9)


@given(st.integers(0, 10_000), st.sampled_from(["averaged", "reml", "paule_mandel"]))
@settings(max_examples=25, deadline=None)
def test_effects_move_towards_the_centre_and_never_past_it(seed, spread):
    rng = np.random.default_rng(seed)
    error = rng.uniform(0.2, 3, 12)
    effect = rng.normal(0, 1, 12) + rng.normal(0, error)
    found = shrink(effect, error, centre=0.0, spread=spread)
    assert (np.abs(found.mean) <= np.abs(effect) + 1e-9).all()
    assert (found.mean * effect >= -1e-12).all()
    assert (found.low <= found.mean + 1e-6).all()
    assert (found.mean <= found.high + 1e-6).all()
    assert ((found.false_sign >= 0) & (found.false_sign <= 0.5 + 1e-9)).all()


def test_large_spread_leaves_estimates_alone():
    effect = np.array([-1000.0, 0.0, 1000.0, 500.0, -500.0])
    found = shrink(effect, np.ones(5))
    assert found.mean == pytest.approx(effect, abs=0.5)
    assert found.i2 > 0.999


def test_intervals_cover_planted_effects_and_nulls_give_no_claims():
    rng = np.random.default_rng(2)
    covered, sizes = [], (0.5, 1.0, 2.0)
    for tau in sizes:
        inside = []
        for _ in range(60):
            error = rng.uniform(0.5, 2, 40)
            truth = rng.normal(0, tau, 40)
            found = shrink(truth + rng.normal(0, error), error, centre=0.0)
            inside.append(((found.low <= truth) & (truth <= found.high)).mean())
        covered.append(np.mean(inside))
    assert min(covered) > 0.925
    assert max(covered) < 0.985
    claims = 0
    for _ in range(200):
        error = rng.uniform(0.5, 2, 40)
        claims += (shrink(rng.normal(0, error), error, centre=0.0).false_sign <= 0.05).any()
    assert claims <= 200 * 0.1


def test_adjusted_p_is_scipys():
    stats = pytest.importorskip("scipy.stats")
    p = np.random.default_rng(3).uniform(size=50) ** 2
    assert benjamini_hochberg(p) == pytest.approx(stats.false_discovery_control(p))


def test_too_little_or_unusable_input_is_refused():
    with pytest.raises(ValueError, match="at least two"):
        shrink(np.ones(1), np.ones(1))
    with pytest.raises(ValueError, match="above 0"):
        shrink(np.ones(3), np.array([1.0, 0.0, 1.0]))
