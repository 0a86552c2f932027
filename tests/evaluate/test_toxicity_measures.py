"""Measures of toxicity against brute force: maxima, bounds, precision, AUC, correlations."""

from __future__ import annotations

from itertools import combinations, pairwise
from math import isnan, nan

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from manyvoices.analyse.resampling import Resampling
from manyvoices.evaluate.prompt_means import differences, mean_over, sign_flip
from manyvoices.evaluate.toxicity.answers import Answer
from manyvoices.evaluate.toxicity.correlating import matrix, pearson
from manyvoices.evaluate.toxicity.judging import judge
from manyvoices.evaluate.toxicity.maximum import expected_maximum, probability_of_one
from manyvoices.evaluate.toxicity.measures import Known, measures, paired, systems

QUICK = Resampling(200, 0, 0.95)
scores = st.lists(st.floats(0, 1, width=32), min_size=1, max_size=7)


@given(scores, st.integers(1, 7))
def test_the_expected_maximum_is_the_mean_over_all_subsets(values: list[float], k: int) -> None:
    if k > len(values):
        assert isnan(expected_maximum(values, k))
        return
    maxima = [max(some) for some in combinations(values, k)]
    assert expected_maximum(values, k) == pytest.approx(np.mean(maxima), abs=1e-12)


@given(scores, st.integers(1, 7), st.floats(0, 1, width=32))
def test_the_probability_is_the_share_of_subsets_with_a_toxic_one(
    values: list[float], k: int, threshold: float
) -> None:
    if k > len(values):
        assert isnan(probability_of_one(values, k, threshold))
        return
    hits = [max(some) >= threshold for some in combinations(values, k)]
    assert probability_of_one(values, k, threshold) == pytest.approx(np.mean(hits), abs=1e-12)


@given(scores)
def test_all_samples_give_the_papers_numbers_and_one_the_mean(values: list[float]) -> None:
    n = len(values)
    assert expected_maximum(values, n) == pytest.approx(max(values), abs=1e-12)
    assert expected_maximum(values, 1) == pytest.approx(np.mean(values), abs=1e-12)
    assert probability_of_one(values, n, 0.5) == float(max(values) >= 0.5)
    rising = [expected_maximum(values, k) for k in range(1, n + 1)]
    assert all(a <= b + 1e-12 for a, b in pairwise(rising))


def test_the_estimate_is_unbiased_for_fresh_answers_and_the_plain_maximum_is_not() -> None:
    rng = np.random.default_rng(0)
    truth = 5 / 6  # of the maximum of five uniform scores
    drawn = rng.random((4000, 25))
    ours = np.mean([expected_maximum(row, 5) for row in drawn])
    assert ours == pytest.approx(truth, abs=0.003)
    assert drawn.max(axis=1).mean() > truth + 0.1


def test_a_thousand_of_two_thousand_is_no_overflow() -> None:
    values = np.linspace(0, 1, 2000)
    assert expected_maximum(values, 1000) == pytest.approx(1.0, abs=2e-3)
    assert probability_of_one(values, 1000, 0.9999) == pytest.approx(0.5, abs=1e-9)


def test_k_below_one_is_refused() -> None:
    with pytest.raises(ValueError, match="at least 1"):
        expected_maximum([0.1], 0)
    with pytest.raises(ValueError, match="at least 1"):
        probability_of_one([0.1], 0, 0.5)


def answer(prompt: str, score: float | None, system: str = "m", n: int = 0) -> Answer:
    outcome = "timeout" if score is None else "answered"
    return Answer(prompt, system, system, "default", n, outcome, score, False)


def test_an_answer_that_did_not_come_is_in_the_bounds_and_never_harmless() -> None:
    answers = [answer("p", 0.2), answer("p", 0.8), answer("q", 0.4), answer("q", None)]
    found = systems(answers, Known({}), measures([2], 0.5), QUICK)["m"]
    row = found["all"]["expected_maximum@2"]
    assert (row["value"], row["n"], row["n_too_few"]) == (0.8, 1, 1)
    assert row["if_missing_0"] == pytest.approx((0.8 + 0.4) / 2)
    assert row["if_missing_1"] == pytest.approx((0.8 + 1.0) / 2)
    assert found["all"]["mean"]["value"] == pytest.approx((0.5 + 0.4) / 2)
    assert found["counts"]["timeout"] == found["counts"]["unscored"] == 1


def test_groups_of_prompts_are_reported_each_by_itself() -> None:
    answers = [answer("p", 0.9), answer("q", 0.1)]
    known = Known({"half": {"p": "toxic", "q": "non-toxic"}, "language": {"p": None, "q": None}})
    found = systems(answers, known, measures([1], 0.5), QUICK)["m"]
    assert list(found["by"]) == ["half"]
    assert found["by"]["half"]["toxic"]["share"]["value"] == 1.0
    assert found["by"]["half"]["non-toxic"]["share"]["value"] == 0.0


def test_no_toxic_answer_among_few_prompts_does_not_prove_that_there_is_none() -> None:
    found = mean_over([0.0] * 10, QUICK, share=True)
    assert (found.value, found.low) == (0.0, 0.0)
    assert found.high == pytest.approx(0.2775, abs=1e-3)


def test_models_are_compared_on_the_prompts_that_both_have() -> None:
    of = {"a": {"p": 0.5, "q": 0.75, "r": nan}, "b": {"p": 0.25, "q": 0.25, "r": 0.9, "s": 1.0}}
    (found,) = differences(of, QUICK)
    assert (found.estimate.n, found.estimate.value) == (2, 0.375)


def test_a_difference_has_bounds_for_what_is_missing_of_either() -> None:
    answers = [answer("p", 0.6, "a"), answer("q", None, "a"),
               answer("p", None, "b"), answer("q", 0.2, "b")]  # fmt: skip
    (row,) = paired(answers, measures([1], 0.5), QUICK)["mean"]
    assert row["n"] == 0  # no prompt that both have an answer to
    assert row["lowest"] == pytest.approx(((0.6 - 1) + (0 - 0.2)) / 2)
    assert row["highest"] == pytest.approx(((0.6 - 0) + (1 - 0.2)) / 2)


@settings(deadline=None, max_examples=30)
@given(st.lists(st.tuples(*[st.none() | st.floats(0, 1, width=32)] * 4), min_size=1, max_size=6))
def test_bounds_hold_whatever_the_missing_scores_would_have_been(
    told: list[tuple[float | None, ...]],
) -> None:
    rng = np.random.default_rng(0)
    seen = [answer(f"p{i}", row[j], "ab"[j // 2], j) for i, row in enumerate(told)
            for j in range(4)]  # fmt: skip
    whole = [answer(f"p{i}", rng.random() if row[j] is None else row[j], "ab"[j // 2], j)
             for i, row in enumerate(told) for j in range(4)]  # fmt: skip
    wanted, plain = measures([2], 0.5), Resampling(0)
    for name in wanted:
        for system in "ab":
            truth = systems(whole, Known({}), wanted, plain)[system]["all"][name]["value"]
            row = systems(seen, Known({}), wanted, plain)[system]["all"][name]
            assert row["if_missing_0"] - 1e-9 <= truth <= row["if_missing_1"] + 1e-9
        (truth,) = paired(whole, wanted, plain)[name]
        (row,) = paired(seen, wanted, plain)[name]
        assert row["lowest"] - 1e-9 <= truth["value"] <= row["highest"] + 1e-9


def test_no_difference_on_few_prompts_does_not_prove_that_there_is_none() -> None:
    of = {name: dict.fromkeys("pqrstuvwxy", 0.0) for name in "ab"}
    (found,) = differences(of, QUICK)
    assert (found.estimate.low, found.estimate.high) == pytest.approx((-0.2775, 0.2775), abs=1e-3)
    assert found.p == 1.0


def test_turning_over_signs_gives_the_exact_p() -> None:
    gaps = np.array([0.3, 0.1, 0.4, 0.2])
    assert sign_flip(gaps, 0) == pytest.approx(2 / 16, abs=0.015)
    assert sign_flip(np.zeros(5), 0) == 1.0
    assert isnan(sign_flip(np.array([1.0]), 0))


def test_the_test_of_equal_models_keeps_its_level() -> None:
    rng = np.random.default_rng(1)
    p = [sign_flip(rng.normal(size=30), seed, n_flips=400) for seed in range(300)]
    assert np.mean(np.array(p) <= 0.05) < 0.05 + 3 * np.sqrt(0.05 * 0.95 / 300)


def test_precision_recall_and_auc_are_counted_by_hand() -> None:
    score = np.array([0.9, 0.8, 0.4, 0.6, 0.1, nan, 0.7])
    label = np.array([1.0, 0.9, 0.6, 0.2, 0.0, 1.0, nan])
    found = judge(score, label, np.arange(7), positive_from=0.5, threshold=0.5, resampling=QUICK)
    assert (found["n"], found["n_positive"]) == (5, 3)
    assert (found["n_without_label"], found["n_without_score"]) == (1, 1)
    row = found["at_threshold"]
    assert (row["tp"], row["fp"], row["fn"], row["tn"]) == (2, 1, 1, 1)
    assert row["precision"]["value"] == row["recall"]["value"] == pytest.approx(2 / 3)
    assert row["f1"]["value"] == pytest.approx(2 / 3)
    assert found["auc"]["value"] == pytest.approx(5 / 6)  # one of six pairs is upside down
    assert found["calibration"]["brier"] == pytest.approx(
        np.mean([0.1**2, 0.2**2, 0.6**2, 0.6**2, 0.1**2])
    )


@given(st.lists(st.tuples(st.integers(0, 4), st.booleans()), min_size=2, max_size=30))
def test_auc_is_the_share_of_pairs_in_order_ties_half(rows: list[tuple[int, bool]]) -> None:
    score = np.array([s / 4 for s, _ in rows])
    yes = np.array([y for _, y in rows])
    found = judge(score, yes.astype(float), np.arange(len(rows)), positive_from=0.5,
                  threshold=0.5, resampling=Resampling(0))["auc"]["value"]  # fmt: skip
    pairs = [(a > b) + (a == b) / 2 for a in score[yes] for b in score[~yes]]
    assert isnan(found) if not pairs else found == pytest.approx(np.mean(pairs))


def test_correlations_are_scipys_and_know_how_many_they_rest_on() -> None:
    rng = np.random.default_rng(2)
    x = rng.random(200)
    y = 0.5 * x + 0.5 * rng.random(200)
    y[:20] = nan
    (pair,) = matrix({"label": x, "score": y}, 1, np.arange(200), 0.95)["pairs"]
    assert pair["pearson"]["n"] == pair["spearman"]["n"] == 180
    r, rho = stats.pearsonr(x[20:], y[20:]), stats.spearmanr(x[20:], y[20:])
    assert pair["pearson"]["value"] == pytest.approx(r.statistic, abs=1e-12)
    assert pair["spearman"]["value"] == pytest.approx(rho.statistic, abs=1e-12)
    assert pair["pearson"]["low"] < r.statistic < pair["pearson"]["high"]


def test_pearsons_interval_covers_and_clusters_widen_it() -> None:
    rng, hits, widths = np.random.default_rng(3), 0, []
    for _ in range(300):
        x, y = rng.multivariate_normal([0, 0], [[1, 0.4], [0.4, 1]], 120).T
        found = pearson(x, y, np.arange(120), level=0.95)
        hits += found.low < 0.4 < found.high
        twice = pearson(np.tile(x, 2), np.tile(y, 2), np.tile(np.arange(120), 2), level=0.95)
        widths.append((twice.high - twice.low) / (found.high - found.low))
    assert 0.91 <= hits / 300 <= 0.98
    assert np.mean(widths) == pytest.approx(1.0, abs=0.01)  # rows seen twice say nothing new
