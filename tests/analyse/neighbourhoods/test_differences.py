"""Differences of scores are those of a plain loop over pairs, and their intervals are of people."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from manyvoices.analyse.neighbourhoods.exact_pairs import exact_pairs
from manyvoices.analyse.neighbourhoods.field_sites import Ratings, field_sites, spread
from manyvoices.analyse.neighbourhoods.gaps import (
    gap_between,
    gap_within,
    mean_difference,
    site_gaps,
)
from manyvoices.analyse.resampling import Resampling

DRAWN = Resampling(n_resamples=300, seed=1)


@given(st.lists(st.integers(1, 100), min_size=2, max_size=15))
def test_the_mean_difference_is_that_of_all_pairs(scores: list[int]) -> None:
    plain = np.mean([abs(a - b) for a, b in combinations(scores, 2)])
    assert mean_difference(np.array(scores, float)) == pytest.approx(plain, abs=1e-9)


def test_one_score_differs_from_nothing() -> None:
    assert np.isnan(mean_difference(np.array([4.0])))
    assert np.isnan(mean_difference(np.empty(0)))
    gaps = site_gaps(np.array([0, 2, 2]), np.array([1.0, 5.0, 9.0]), 3)
    assert np.isnan(gaps[:2]).all()
    assert gaps[2] == 4


def test_a_gap_is_the_mean_over_sites_whatever_their_size() -> None:
    site = np.array([0, 0, 1, 1, 1, 2])
    score = np.array([10.0, 30.0, 0.0, 0.0, 90.0, 50.0])
    found = gap_between(site, np.array([0, 1, 0, 1, 2, 3]), score, 3, DRAWN)
    assert found.mean == pytest.approx((20 + 60) / 2)
    assert (found.n_sites, found.n_people) == (2, 3)
    assert found.low <= found.mean <= found.high


def test_resampled_gaps_are_those_of_resampled_people() -> None:
    """Against a loop that draws the same people and walks over all pairs."""
    rng = np.random.default_rng(2)
    site, person = np.divmod(np.flatnonzero(rng.random(60) < 0.6), 12)
    score = rng.integers(0, 100, len(site)).astype(float)
    found = gap_between(site, person, score, 5, Resampling(n_resamples=40, seed=3, level=0.5))
    _, codes = np.unique(person, return_inverse=True)
    n = codes.max() + 1
    weights = np.random.default_rng(3).multinomial(n, np.full(n, 1 / n), size=40)
    plain = [_one(site, codes, score, row) for row in weights]
    assert [found.low, found.high] == pytest.approx(list(np.nanquantile(plain, [0.25, 0.75])))


def _one(site: np.ndarray, person: np.ndarray, score: np.ndarray, weight: np.ndarray) -> float:
    above = below = 0.0
    for one in np.unique(site):
        rows = np.flatnonzero(site == one)
        share = 1 / (len(rows) * (len(rows) - 1) / 2)
        for a, b in combinations(rows, 2):
            both = weight[person[a]] * weight[person[b]] * share
            above += both * abs(score[a] - score[b])
            below += both
    return above / below


def test_intervals_cover_the_truth_about_as_often_as_they_say() -> None:
    """Two scores of N(0, 10) differ by 10 * 2 / sqrt(pi) = 11.28 on average."""
    hits = 0
    for seed in range(60):
        rng = np.random.default_rng(seed)
        site = np.repeat(np.arange(40), 2)
        person = np.concatenate([rng.choice(60, 2, replace=False) for _ in range(40)])
        found = gap_between(site, person, rng.normal(0, 10, 80), 40, Resampling(200, seed))
        hits += found.low <= 11.28 <= found.high
    assert hits >= 50


def test_noise_within_a_person_is_resampled_by_person() -> None:
    site, person = np.repeat(np.arange(4), 2), np.repeat([0, 0, 0, 1], 2)
    score = np.array([0.0, 10, 0, 10, 0, 10, 0, 50])
    found = gap_within(site, person, score, 4, DRAWN)
    assert (found.mean, found.n_people) == (20, 2)
    assert (found.low, found.high) == (10, 50)


def test_no_sites_have_no_gap() -> None:
    nothing = np.empty(0, dtype=np.int64)
    for measure in (gap_between, gap_within):
        found = measure(nothing, nothing, np.empty(0), 0, DRAWN)
        assert np.isnan([found.mean, found.low, found.high]).all()


def _ratings(person: list[int], score: list[float]) -> Ratings:
    model = np.arange(len(person)) % 3
    return Ratings(np.array(person), model, model // 2, np.array(score))


def test_a_field_site_is_a_prompt_neighbourhood_crossed_with_a_group_of_answers() -> None:
    prompts = np.array([0, 0, 0, 0, 1, 1, -1, -1])
    answers = np.array([7, 7, 7, 8, 7, 7, 7, 7])
    ratings = _ratings([0, 0, 1, 2, 3, 3, 0, 1], [10, 30, 90, 50, 1, 2, 0, 99])
    ours = field_sites(0.1, prompts, answers, ratings, resampling=DRAWN)
    assert ours.n == 1
    assert (ours.ratings.mean, ours.raters.mean, ours.models.mean) == (3, 2, 3)
    assert ours.score_range.mean == 70, "of people's means: 20 and 90"
    assert ours.gap.mean == 70
    prism = field_sites(0.1, prompts, answers, ratings, min_raters=1, resampling=DRAWN)
    assert prism.n == 2, "PRISM keeps what one person rated twice"
    assert (prism.score_range.low, prism.score_range.high) == (1, 80)
    assert prism.gap.n_sites == 1, "a difference of people still needs two"


def test_without_neighbourhoods_there_are_no_field_sites() -> None:
    nobody = np.full(3, -1)
    ours = field_sites(0.1, nobody, np.zeros(3, int), _ratings([0, 1, 2], [1, 2, 3]))
    assert ours.n == 0
    assert np.isnan(ours.gap.mean)


def test_spread_uses_the_sample_standard_deviation() -> None:
    found = spread(np.array([1.0, 3.0]))
    assert (found.mean, found.sd, found.low, found.high) == (2, pytest.approx(2**0.5), 1, 3)
    assert np.isnan(spread(np.array([1.0])).sd)


def test_exact_pairs_tell_different_people_from_the_same_person() -> None:
    rows = [
        ("hello", "Hi!", "ann", "c1", 40.0),
        ("hello", "Hi!", "ann", "c1", 44.0),
        ("hello", "Hi!", "bob", "c2", 90.0),
        ("hello", "Hi.", "bob", "c2", 10.0),
        ("Hello", "Hi!", "cat", "c3", 70.0),
        ("joke", "No.", "dan", "c4", 5.0),
        ("joke", "No.", "dan", "c5", 95.0),
    ]
    prompts, answers, people, talks, scores = map(list, zip(*rows, strict=True))
    found = exact_pairs(prompts, answers, people, talks, np.array(scores), resampling=DRAWN)
    assert found.different.ranges.tolist() == [48.0], "each person's mean: 42 and 90"
    assert found.different.sizes == ((2, 1),)
    assert found.different.examples[0].scores == (42.0, 90.0)
    assert found.same.ranges.tolist() == [4.0], "another conversation is another context"
    assert (found.same.n_people, found.n_ratings) == (1, 7)
    assert found.any_two == pytest.approx(mean_difference(np.array(scores)))


def test_exact_pairs_are_those_of_a_plain_grouping() -> None:
    rng = np.random.default_rng(7)
    n = 400
    prompts, answers, people, talks = (
        [f"{name}{x}" for x in rng.integers(0, size, n)]
        for name, size in (("q", 12), ("a", 10), ("p", 30), ("c", 3))
    )
    scores = rng.integers(1, 101, n).astype(float)
    found = exact_pairs(prompts, answers, people, talks, scores, resampling=DRAWN)
    groups: dict[tuple[str, str], dict[str, list[float]]] = {}
    own: dict[tuple[str, ...], list[float]] = {}
    for q, a, p, c, score in zip(prompts, answers, people, talks, scores, strict=True):
        groups.setdefault((q, a), {}).setdefault(p, []).append(score)
        own.setdefault((q, a, p, c), []).append(score)
    means = [[np.mean(x) for x in one.values()] for one in groups.values() if len(one) > 1]
    assert sorted(found.different.ranges) == pytest.approx(sorted(np.ptp(x) for x in means))
    assert sorted(found.same.ranges) == sorted(np.ptp(x) for x in own.values() if len(x) > 1)


def test_no_answer_given_twice_is_no_pair() -> None:
    found = exact_pairs(["a", "b"], ["x", "y"], ["p", "q"], ["c", "d"], np.array([1.0, 2.0]))
    assert len(found.different.ranges) == len(found.same.ranges) == 0
    assert found.different.examples == ()
    assert np.isnan(found.same.gap.mean)
