"""Variances are those of the analysis of variance, and planted ones are found."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from manyvoices.analyse.dataset import NotEnough
from manyvoices.analyse.resampling import Resampling
from manyvoices.analyse.variance import RESIDUAL, variance_components
from manyvoices.analyse.variance.moments import Moments

NONE = Resampling(n_resamples=0)


def _balanced(rng, a=8, b=6, r=3):
    first, second = np.repeat(np.arange(a), b * r), np.tile(np.repeat(np.arange(b), r), a)
    score = rng.normal(0, 2, a)[first] + rng.normal(0, 3, b)[second]
    score += rng.normal(0, 1.5, (a, b))[first, second] + rng.normal(0, 1, a * b * r)
    return score, first, second


def test_balanced_two_way_tables_give_the_estimates_of_the_analysis_of_variance():
    a, b, r = 8, 6, 3
    score, first, second = _balanced(np.random.default_rng(0), a, b, r)
    found = variance_components(
        score, {"a": first, "b": second, "ab": first * b + second}, first, resampling=NONE
    )
    y = score.reshape(a, b, r)
    mean, rows, columns, cells = y.mean(), y.mean((1, 2)), y.mean((0, 2)), y.mean(2)
    ms_a = b * r * ((rows - mean) ** 2).sum() / (a - 1)
    ms_b = a * r * ((columns - mean) ** 2).sum() / (b - 1)
    left = cells - rows[:, None] - columns[None] + mean
    ms_ab = r * (left**2).sum() / ((a - 1) * (b - 1))
    ms_e = ((y - cells[..., None]) ** 2).sum() / (a * b * (r - 1))
    wanted = ((ms_a - ms_ab) / (b * r), (ms_b - ms_ab) / (a * r), (ms_ab - ms_e) / r, ms_e)
    assert [one.variance for one in found.components] == pytest.approx(wanted, rel=1e-9)
    assert sum(one.share for one in found.components) == pytest.approx(1)
    assert np.isnan(found["a"].low)


def test_a_balanced_random_intercept_is_what_statsmodels_finds_by_reml():
    mixed = pytest.importorskip("statsmodels.regression.mixed_linear_model")
    rng = np.random.default_rng(1)
    person = np.repeat(np.arange(40), 6)
    score = 50 + rng.normal(0, 8, 40)[person] + rng.normal(0, 5, 240)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        fit = mixed.MixedLM(score, np.ones((240, 1)), groups=person).fit(reml=True)
    found = variance_components(score, {"person": person}, person, resampling=NONE)
    assert found["person"].variance == pytest.approx(float(fit.cov_re[0, 0]), rel=1e-4)
    assert found[RESIDUAL].variance == pytest.approx(float(fit.scale), rel=1e-4)


def test_two_crossed_factors_balanced_are_what_statsmodels_finds_by_reml():
    mixed = pytest.importorskip("statsmodels.regression.mixed_linear_model")
    score, first, second = _balanced(np.random.default_rng(2), a=6, b=5, r=2)
    parts = {name: np.eye(code.max() + 1)[code] for name, code in (("a", first), ("b", second))}
    from statsmodels.regression.mixed_linear_model import VCSpec

    names = [list(map(str, range(x.shape[1]))) for x in parts.values()]
    vcs = VCSpec(list(parts), [[n] for n in names], [[x] for x in parts.values()])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        fit = mixed.MixedLM(score, np.ones((60, 1)), groups=np.ones(60), exog_vc=vcs).fit(reml=True)
    found = variance_components(score, {"a": first, "b": second}, first, resampling=NONE)
    got = [one.variance for one in found.components]
    assert got == pytest.approx([*fit.vcomp, fit.scale], rel=2e-3)


def _plain(score, factors, person, weight):
    """The same equations by loops over pairs of copies."""
    n, names = len(score), list(factors)
    codes = [*factors.values(), np.arange(n)]
    within = [*factors.values(), np.zeros(n, dtype=int)]
    left, right = np.zeros((len(names) + 1,) * 2), np.zeros(len(names) + 1)
    for k, level in enumerate(within):
        size = np.bincount(level)
        for r in range(n):
            for s in range(n):
                if level[r] != level[s]:
                    continue
                w = weight[person[r]]
                w = w if person[r] == person[s] else w * weight[person[s]]
                w /= size[level[r]]
                right[k] += w * (score[r] - score[s]) ** 2 / 2
                left[k] += w * np.array([code[r] != code[s] for code in codes])
    return np.linalg.solve(left, right)


@given(st.integers(0, 10_000))
@settings(max_examples=12, deadline=None)
def test_weights_of_people_are_sums_over_pairs_without_pairs_of_copies(seed):
    rng = np.random.default_rng(seed)
    person = rng.integers(0, 7, 60)
    model = rng.integers(0, 4, 60)
    talk = person * 4 + rng.integers(0, 4, 60)
    talk = np.unique(talk, return_inverse=True)[1]
    person = np.unique(person, return_inverse=True)[1]
    factors = {"person": person, "model": model, "talk": talk}
    score = rng.normal(0, 1, 60)
    weight = rng.integers(0, 3, person.max() + 1).astype(float)
    weight[:3] = (1, 2, 3)
    found = Moments.of(score, factors, person).solve(weight[:, None])[0]
    assert found == pytest.approx(_plain(score, factors, person, weight), rel=1e-7, abs=1e-9)


def test_adding_a_constant_changes_nothing_and_scaling_scales_variances():
    score, first, second = _balanced(np.random.default_rng(3))
    factors = {"a": first, "b": second}
    one = variance_components(score, factors, first, resampling=NONE)
    moved = variance_components(3 * score + 500, factors, first, resampling=NONE)
    for a, b in zip(one.components, moved.components, strict=True):
        assert b.variance == pytest.approx(9 * a.variance, rel=1e-8)


def _study(rng, groups, models, sd, n_people=90, n_models=7):
    talks = np.clip(rng.poisson(4, n_people), 1, None)
    owner = np.repeat(np.arange(n_people), talks)
    shown = np.argsort(rng.random((len(owner), n_models)), axis=1)[:, :4]
    person, talk, model = np.repeat(owner, 4), np.repeat(np.arange(len(owner)), 4), shown.ravel()
    group = person % len(groups)
    taste = rng.normal(0, sd["taste"], (n_people, n_models))
    score = rng.normal(0, sd["person"], n_people)[person] + groups[group] + models[model]
    score += rng.normal(0, sd["talk"], len(owner))[talk] + taste[person, model]
    score += rng.normal(0, sd["residual"], len(person))
    factors = {"person": person, "group": group, "model": model, "talk": talk,
               "taste": person * n_models + model}  # fmt: skip
    return score, factors, person


def test_planted_components_lie_in_their_intervals_at_the_nominal_rate():
    rng = np.random.default_rng(4)
    sd = {"person": 8.0, "talk": 6.0, "taste": 9.0, "residual": 15.0}
    groups, models = rng.normal(0, 4, 3), rng.normal(0, 7, 7)
    true = {name: value**2 for name, value in sd.items()}
    true |= {"group": groups.var(ddof=1), "model": models.var(ddof=1)}
    hits = dict.fromkeys(true, 0)
    estimates = {name: [] for name in true}
    for trial in range(60):
        score, factors, person = _study(rng, groups, models, sd)
        drawn = Resampling(n_resamples=120, seed=trial)
        found = variance_components(score, factors, person, resampling=drawn)
        for name in true:
            one = found[name]
            hits[name] += one.low <= true[name] <= one.high
            estimates[name].append(one.variance)
    for name in true:
        assert hits[name] >= 0.82 * 60, name
        mean, error = np.mean(estimates[name]), np.std(estimates[name]) / 60**0.5
        assert abs(mean - true[name]) < 3.5 * error, name
    assert 0.88 < sum(hits.values()) / (60 * len(true)) < 1


def test_parametric_intervals_speak_of_other_models_and_are_wider_for_them():
    rng = np.random.default_rng(5)
    sd = {"person": 8.0, "talk": 0.0, "taste": 0.0, "residual": 15.0}
    score, factors, person = _study(rng, np.zeros(3), rng.normal(0, 7, 7), sd)
    factors = {name: factors[name] for name in ("person", "model")}
    drawn = Resampling(n_resamples=200)
    same = variance_components(score, factors, person, resampling=drawn)
    new = variance_components(score, factors, person, resampling=drawn, interval="parametric")
    assert new["model"].variance == same["model"].variance
    width = [one["model"].high - one["model"].low for one in (same, new)]
    assert width[1] > 2 * width[0]


def test_items_that_many_rate_do_not_look_alike_because_a_rater_was_drawn_twice():
    rng = np.random.default_rng(6)
    rater = np.repeat(np.arange(60), 10)
    item = np.concatenate([rng.permutation(40)[:10] for _ in range(60)])
    score = rng.normal(0, 1, 40)[item] + rng.normal(0, 1, 60)[rater] + rng.normal(0, 2, 600)
    found = variance_components(
        score, {"rater": rater, "item": item}, rater, resampling=Resampling(n_resamples=300)
    )
    drawn = found.draws.mean(axis=0)
    point = np.array([one.variance for one in found.components])
    assert np.abs(drawn - point).max() < 0.12


def test_what_a_table_cannot_tell_apart_is_left_out_with_the_reason():
    rng = np.random.default_rng(7)
    person = np.repeat(np.arange(20), 3)
    found = variance_components(
        rng.normal(0, 1, 60),
        {"person": person, "again": person, "cell": np.arange(60), "one": np.zeros(60, int)},
        person,
        resampling=NONE,
    )
    assert [one.name for one in found.components] == ["person", RESIDUAL]
    assert dict(found.left_out) == {
        "again": "its levels are those of person",
        "cell": "no two scores share a level, so it is part of the residual",
        "one": "it has one level only",
    }
    assert "person" in found
    assert "again" not in found
    with pytest.raises(KeyError):
        found["again"]


def test_components_are_folded_into_sums_with_intervals_of_the_sums():
    score, first, second = _balanced(np.random.default_rng(8))
    found = variance_components(
        score, {"a": first, "b": second}, first, resampling=Resampling(n_resamples=50)
    )
    whole, rest = found.folded({"both": ("a", "b", "unknown"), RESIDUAL: (RESIDUAL,)})
    assert whole.variance == pytest.approx(found["a"].variance + found["b"].variance)
    assert whole.share + rest.share == pytest.approx(1)
    assert whole.low <= whole.variance <= whole.high


def test_scores_that_say_nothing_are_refused_in_words():
    with pytest.raises(NotEnough, match="two people"):
        variance_components(np.ones(5), {}, np.zeros(5, dtype=int))
    with pytest.raises(NotEnough, match="the same"):
        variance_components(np.ones(6), {}, np.arange(6) // 2)
