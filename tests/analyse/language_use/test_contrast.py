"""Words of two groups: Monroe's numbers, nominal rates, planted words, and one person's hobby."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import sparse

from manyvoices.analyse.language_use import contrast


def dense(counts: list[list[int]]) -> sparse.csr_array:
    return sparse.csr_array(np.array(counts, dtype=np.float64))


def test_log_odds_and_their_least_variance_are_monroes() -> None:
    # Many people with one word each: over people and over words are then nearly the same.
    first = dense([[1, 0, 0]] * 30 + [[0, 1, 0]] * 60 + [[0, 0, 1]] * 10)
    second = dense([[1, 0, 0]] * 10 + [[0, 1, 0]] * 70 + [[0, 0, 1]] * 20)
    found = contrast(first, second, prior_words=10)
    y, other = np.array([30, 60, 10]), np.array([10, 70, 20])
    prior = (y + other) / 200 * 10
    odds = np.log((y + prior) / (110 - y - prior)) - np.log((other + prior) / (110 - other - prior))
    assert found.log_odds == pytest.approx(odds)
    monroe = 1 / (y + prior) + 1 / (110 - y - prior)
    monroe = monroe + 1 / (other + prior) + 1 / (110 - other - prior)
    assert (found.error >= np.sqrt(monroe) - 1e-12).all()
    assert found.error == pytest.approx(np.sqrt(monroe), rel=0.05)


def test_the_error_is_that_of_resampling_people() -> None:
    rng = np.random.default_rng(5)
    habit = rng.gamma(0.5, 2, size=(150, 1))
    counts = np.column_stack([rng.poisson(habit[:, 0]), rng.poisson(20, 150)])
    other = np.column_stack([rng.poisson(1, 150), rng.poisson(20, 150)])
    found = contrast(sparse.csr_array(counts * 1.0), sparse.csr_array(other * 1.0), prior_words=1)
    draws = []
    for _ in range(800):
        totals = [side[rng.integers(0, 150, 150)].sum(axis=0) for side in (counts, other)]
        draws.append(math.log(totals[0][0] / totals[0][1]) - math.log(totals[1][0] / totals[1][1]))
    assert found.error[0] == pytest.approx(np.std(draws), rel=0.12)


def test_groups_of_the_same_people_differ_at_the_nominal_rate() -> None:
    rng = np.random.default_rng(11)
    z = []
    sure = 0
    for _ in range(40):
        # People have habits: without errors over people far more than 5% would seem to differ.
        habits = rng.gamma(0.6, 1.6, size=(120, 30))
        counts = sparse.csr_array(rng.poisson(habits * 2).astype(np.float64))
        found = contrast(counts[:60], counts[60:])
        z += found.z.tolist()
        sure += found.surely > 0
    assert np.mean(np.abs(z) > 1.96) == pytest.approx(0.05, abs=0.025)
    assert sure <= 7  # of 40 nulls; 5% would be 2


def test_a_planted_word_is_found_and_named_first() -> None:
    rng = np.random.default_rng(2)
    first = rng.poisson(2, size=(50, 20))
    second = rng.poisson(2, size=(50, 20))
    first[:, 7] += rng.poisson(3, 50)
    found = contrast(sparse.csr_array(first * 1.0), sparse.csr_array(second * 1.0))
    best = found.top([f"w{i}" for i in range(20)], 5)
    assert best[0].word == "w7"
    assert best[0].low > 0
    mirrored = found.reversed().top([f"w{i}" for i in range(20)], 5, sure=False)
    assert "w7" not in {word.word for word in mirrored}


def test_one_persons_word_is_not_their_groups() -> None:
    first = dense([[300, 30]] + [[0, 30]] * 29)
    second = dense([[0, 30]] * 30)
    assert len(contrast(first, second).codes) == 1  # the word of all; the other has one user
    loud = contrast(first, second, fewest=1)
    assert loud.top(["turnip", "bread"], 5, sure=False) == ()
    assert loud.z[0] < contrast(dense([[10, 30]] * 30), second, fewest=1).z[0]


def test_without_words_nothing_is_compared() -> None:
    assert len(contrast(dense([[0, 0]]), dense([[1, 2]])).codes) == 0
