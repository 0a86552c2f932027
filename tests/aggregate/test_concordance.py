"""Kendall's W, position bias, and agreement between groups."""

from __future__ import annotations

import math
from itertools import combinations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import friedmanchisquare, spearmanr

from manyvoices.aggregate import (
    Ballots,
    Battles,
    IncompleteBallotsError,
    compare_groups,
    group_rank_agreement,
    kendall_w,
    position_bias,
    rank_agreement,
)

TABLES = st.integers(3, 6).flatmap(
    lambda n: st.lists(st.lists(st.integers(0, 4), min_size=n, max_size=n), min_size=3, max_size=6)
)


@given(TABLES)
def test_w_is_friedmans_test_with_ties(table: list[list[int]]) -> None:
    result = kendall_w(table)
    if all(len(set(row)) == 1 for row in table):
        assert math.isnan(result.value)
        assert "all candidates equal" in result.why_undefined
        return
    m, n = len(table), len(table[0])
    statistic, p_value = friedmanchisquare(*np.array(table).T)
    assert result.value * m * (n - 1) == pytest.approx(statistic)
    assert result.p_value == pytest.approx(p_value)


@given(st.integers(2, 5), st.integers(2, 6), st.integers(0, 999))
def test_without_ties_it_says_what_the_mean_of_all_spearmans_says(
    m: int, n: int, seed: int
) -> None:
    table = np.random.default_rng(seed).permuted(np.tile(np.arange(n), (m, 1)), axis=1)
    pairs = [spearmanr(table[a], table[b]).statistic for a, b in combinations(range(m), 2)]
    assert kendall_w(table).mean_rho == pytest.approx(np.mean(pairs))


def test_one_order_is_full_agreement_and_weights_are_raters() -> None:
    assert kendall_w([[1, 2, 3]] * 4).value == pytest.approx(1.0)
    weighted = kendall_w(Ballots.from_rankings(["abc", "bca"], weights=[3, 1]))
    repeated = kendall_w(Ballots.from_rankings(["abc"] * 3 + ["bca"]))
    assert weighted == repeated
    assert weighted.n_raters == 4


def test_gaps_and_too_few_are_refused_or_explained() -> None:
    with pytest.raises(IncompleteBallotsError, match=":2: found a ranking with gaps"):
        kendall_w(Ballots.from_rankings(["abc", "ab"]))
    with pytest.raises(IncompleteBallotsError):
        kendall_w([[1.0, float("nan")], [1.0, 2.0]])
    assert "two raters" in kendall_w([[1, 2, 3]]).why_undefined
    assert "two candidates" in kendall_w([[1], [1]]).why_undefined
    with pytest.raises(ValueError, match="shape"):
        kendall_w([1, 2])


def sided(left: float, n: int = 4000, seed: int = 0, skew: bool = False) -> Battles:
    """Battles in which the left side wins with chance `left` between equals."""
    rng = np.random.default_rng(seed)
    a = rng.integers(0, 3, n)
    b = (a + rng.integers(1, 3, n)) % 3
    if skew:  # the strong stand on the left nine times out of ten
        turned = (a < b) & (rng.random(n) < 0.9)
        a, b = np.where(turned, b, a), np.where(turned, a, b)
    strength = np.array([-1.0, 0.0, 1.0])
    bias = math.log(left / (1 - left))
    chance = 1 / (1 + np.exp(strength[b] - strength[a] - bias))
    outcome = (rng.random(n) < chance) * 1.0
    outcome[rng.random(n) < 0.1] = 0.5
    return Battles(a, b, outcome, ("x", "y", "z"), cluster=rng.integers(0, 200, n))


def test_the_left_share_and_its_interval_are_found() -> None:
    battles = sided(0.6)
    result = position_bias(battles)
    decided = battles.outcome != 0.5
    assert result.share == pytest.approx((battles.outcome[decided] == 1).mean())
    assert result.low < result.share < result.high
    assert result.low > 0.5
    assert (result.n_decided, result.n_ties) == (decided.sum(), (~decided).sum())
    assert (result.n_both_ways, result.n_resampled) == (3, 200)


def test_where_the_strong_stand_left_only_the_balanced_share_is_fair() -> None:
    result = position_bias(sided(0.5, n=20_000, skew=True))
    assert result.share > 0.6
    assert result.balanced_low < 0.5 < result.balanced_high


def test_turning_all_battles_round_turns_the_share_round() -> None:
    one = sided(0.6)
    two = Battles(one.b, one.a, 1 - one.outcome, one.models, cluster=one.cluster)
    there, back = position_bias(one), position_bias(two)
    assert there.share == pytest.approx(1 - back.share)
    assert there.balanced == pytest.approx(1 - back.balanced)


def test_no_interval_is_made_up_where_nobody_can_be_drawn_again() -> None:
    alone = Battles(np.array([0, 1]), np.array([1, 0]), np.array([1.0, 1.0]), ("x", "y"),
                    cluster=np.array([0, 0]))  # fmt: skip
    result = position_bias(alone)
    assert (result.share, result.balanced) == (1.0, 1.0)
    assert math.isnan(result.low)
    assert "two participants" in result.why_no_interval
    ties = Battles(np.array([0, 0]), np.array([1, 1]), np.array([0.5, 0.5]), ("x", "y"))
    assert "no battle was decided" in position_bias(ties).why_no_interval
    assert math.isnan(position_bias(ties).share)


def test_rows_without_participants_are_resampled_one_by_one() -> None:
    battles = sided(0.6, n=500)
    rows = Battles(battles.a, battles.b, battles.outcome, battles.models)
    assert position_bias(rows).n_resampled == 500


def test_groups_that_rank_alike_and_groups_that_do_not_are_told_apart() -> None:
    rng = np.random.default_rng(5)
    n, people = 6000, 300
    person = rng.integers(0, people, n)
    group = np.array(["one", "two", "other"], dtype=object)[person % 3]
    strength = np.linspace(-1.5, 1.5, 6)
    a = rng.integers(0, 6, n)
    b = (a + rng.integers(1, 6, n)) % 6
    gap = np.where(group == "other", -1, 1) * (strength[a] - strength[b])
    outcome = (rng.random(n) < 1 / (1 + np.exp(-gap))) * 1.0
    battles = Battles(a, b, outcome, tuple("uvwxyz"), cluster=person, groups={"who": group})
    found = group_rank_agreement(compare_groups(battles, "who", n_resamples=200))
    place = {label: code for code, label in enumerate(found.labels)}
    one, two, other = (place[name] for name in ("one", "two", "other"))
    assert found.tau[one, two] > 0.8
    assert found.high[one, other] < -0.5
    assert np.allclose(found.tau, found.tau.T)
    assert (found.twice > 0.7).all()
    assert found.n_people == (100, 100, 100)
    ratings = compare_groups(battles, "who", n_resamples=2).ratings
    assert found.tau[one, two] == pytest.approx(rank_agreement(ratings[one], ratings[two]))
