"""Watching a leaderboard grow: at no time may the intervals miss more often than they say."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from manyvoices.aggregate import Battles, confidence_sequence, watch


@pytest.mark.parametrize("kind", ["coin", "beta", "drift of spread"])
def test_the_truth_is_inside_at_every_look(kind: str) -> None:
    rng = np.random.default_rng(0)
    misses = 0
    for _ in range(500):
        if kind == "coin":
            values, mean = (rng.random(400) < 0.3) * 1.0, 0.3
        elif kind == "beta":
            values, mean = rng.beta(2, 3, 400), 0.4
        else:
            spread = np.where(np.arange(400) < 200, 0.05, 0.5)
            values, mean = 0.5 + spread * rng.choice([-1, 1], 400), 0.5
        low, high = confidence_sequence(values, 0.9)
        misses += not ((low <= mean) & (mean <= high)).all()
    assert misses / 500 <= 0.1


def test_intervals_for_one_look_do_miss_when_looked_at_often() -> None:
    rng = np.random.default_rng(1)
    misses = 0
    for _ in range(300):
        values = (rng.random(400) < 0.3) * 1.0
        t = np.arange(1, 401)
        mean = np.cumsum(values) / t
        reach = stats.norm.ppf(0.95) * np.sqrt(np.maximum(mean * (1 - mean), 0.01) / t)
        misses += bool((np.abs(mean - 0.3) > reach)[20:].any())
    assert misses / 300 > 0.2


def test_it_narrows_and_never_widens() -> None:
    values = (np.random.default_rng(2).random(5000) < 0.7) * 1.0
    low, high = confidence_sequence(values)
    assert (np.diff(low) >= 0).all()
    assert (np.diff(high) <= 0).all()
    assert high[-1] - low[-1] < 0.08
    assert low[0] == 0
    assert high[0] == 1


def growing(seed: int, n_people: int, gap: float) -> Battles:
    """People arrive one by one, judge four pairs each, and are alike within themselves."""
    rng = np.random.default_rng(seed)
    who = np.repeat(np.arange(n_people), 4)
    a = rng.integers(0, 3, len(who))
    b = (a + rng.integers(1, 3, len(who))) % 3
    strength = np.array([gap, 0, -gap]) + 0.7 * rng.normal(size=(n_people, 3))
    odds = strength[who, a] - strength[who, b]
    outcome = (rng.random(len(who)) < 1 / (1 + np.exp(-odds))) * 1.0
    return Battles(a, b, outcome, ("a", "b", "c"), who)


def test_no_leader_is_announced_where_there_is_none_however_often_one_looks() -> None:
    wrong = 0
    for seed in range(60):
        battles = growing(seed, 150, 0.0)
        looks = range(40, len(battles), 80)
        wrong += any(
            watch(battles.select(np.arange(len(battles)) < end), level=0.8).surely_first
            for end in looks
        )
    assert wrong / 60 <= 0.2


def test_a_clear_leader_is_announced() -> None:
    found = watch(growing(0, 1500, 1.0))
    assert found.surely_first == "a"
    table = found.table()
    assert table["model"] == ["a", "b", "c"]
    assert all(low <= share <= high for low, share, high in
               zip(table["low"], table["share"], table["high"], strict=True))  # fmt: skip
    alone = watch(growing(0, 1500, 1.0), simultaneous=False)
    assert (alone.low >= found.low).all()


def test_a_person_counts_once_however_much_they_say() -> None:
    rows = [("x", "y", "A", "busy")] * 50 + [("y", "x", "A", "calm")]
    found = watch(Battles.from_rows(rows))
    assert found.share.tolist() == [0.5, 0.5]
    assert found.n_participants.tolist() == [2, 2]


def test_what_is_no_share_is_refused() -> None:
    with pytest.raises(ValueError, match="between 0 and 1"):
        confidence_sequence(np.array([0.5, 1.2]))
