"""Scores of one answer to one prompt: by two people, by one, and by anybody."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from manyvoices.analyse.resampling import Resampling
from manyvoices.analyse.variance import fixed_context


def test_pairs_are_those_of_a_plain_loop():
    rng = np.random.default_rng(0)
    score, person = rng.integers(1, 101, 80).astype(float), rng.integers(0, 15, 80)
    context = [f"text {n}" for n in rng.integers(0, 25, 80)]
    found = fixed_context(score, context, person, resampling=Resampling(n_resamples=20))
    between, within, n_between = [], [], 0
    for key in sorted(set(context)):
        rows = [r for r in range(80) if context[r] == key]
        means = {p: score[[r for r in rows if person[r] == p]].mean() for p in person[rows]}
        pairs = [abs(a - b) for a, b in itertools.combinations(means.values(), 2)]
        own = [abs(score[r] - score[s]) for r, s in itertools.combinations(rows, 2)
               if person[r] == person[s]]  # fmt: skip
        n_between += len(pairs)
        between += [np.mean(pairs)] if pairs else []
        within += [np.mean(own)] if own else []
    assert found.between.mean_difference == pytest.approx(np.mean(between))
    assert found.within.mean_difference == pytest.approx(np.mean(within))
    assert (found.between.n_pairs, found.between.n_contexts) == (n_between, len(between))
    every = [abs(a - b) for a, b in itertools.combinations(score, 2)]
    assert found.any_difference == pytest.approx(np.mean(every))


def test_half_the_squared_difference_is_what_people_and_noise_add_to_the_variance():
    rng = np.random.default_rng(1)
    person = np.arange(2000) % 500
    context = np.repeat(np.arange(1000), 2)
    score = rng.normal(0, 10, 1000)[context] + rng.normal(0, 5, 500)[person]
    score += rng.normal(0, 3, 2000)
    found = fixed_context(score, context.tolist(), person, resampling=Resampling(n_resamples=200))
    assert found.between.half_square_low < 5**2 + 3**2 < found.between.half_square_high
    low, high = found.survives_interval
    assert low < found.survives < high
    assert found.survives == pytest.approx(34 / 134, rel=0.15)
    assert found.within.n_pairs == 0
    assert np.isnan(found.within.mean_difference)


def test_without_repeats_nothing_is_claimed():
    found = fixed_context(np.array([1.0, 2.0]), ["a", "b"], np.array([0, 1]))
    assert found.between.n_contexts == 0
    assert np.isnan(found.survives)
