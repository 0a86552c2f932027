"""Intervals of positions: nothing is certain of few items, and what is planted is covered."""

from __future__ import annotations

import numpy as np
import pytest
from benchmarks.stance_coverage import Apart, Rows, Size, of_distances, of_groups, of_positions
from hypothesis import given
from hypothesis import strategies as st

from manyvoices.analyse.resampling import Resampling
from manyvoices.evaluate.stances.instrument import Instrument
from manyvoices.evaluate.stances.intervals import of_places, shared_variance
from manyvoices.evaluate.stances.scoring import averaged
from manyvoices.evaluate.stances.stability import ItemStance

places = st.lists(st.floats(-1, 1), min_size=1, max_size=20)


@given(places)
def test_an_interval_holds_its_position_s_neighbourhood_and_stays_on_the_axis(
    values: list[float],
) -> None:
    low, high = of_places(np.array(values), np.ones(len(values)), Resampling(200, 0))
    assert -1 - 1e-9 <= low <= high <= 1 + 1e-9


def test_fifteen_items_that_all_say_the_same_leave_room_for_others() -> None:
    low, high = of_places(np.ones(15), np.ones(15), Resampling(200, 0))
    # Of fifteen alike, up to 1 - 0.025^(1/15) = 22 % of others may say the opposite.
    assert (low, high) == (pytest.approx(1 - 2 * 0.218, abs=0.001), 1.0)
    one, other = of_places(np.array([0.5]), np.ones(1), Resampling(200, 0))
    assert other - one > 1.9


def test_a_lopsided_place_is_less_certain_than_its_spread_says() -> None:
    alike = np.array([0.9, 0.95, 0.85] * 5)
    low, _ = of_places(alike, np.ones(15), Resampling(1000, 0))
    assert low < 0.7  # the spread alone: above 0.87
    balanced = np.array([0.4, -0.4, 0.1, -0.1, 0.2] * 3)
    low, high = of_places(balanced, np.ones(15), Resampling(1000, 0))
    t = 2.145 * balanced.std(ddof=1) / 15**0.5
    assert high - low == pytest.approx(2 * t, rel=0.12)


def stance(item: str, *scores: float) -> ItemStance:
    mean = sum(scores) / len(scores)
    return ItemStance(item, "stable", 1, 1.0, mean, len(scores), len(scores), {}, (), scores)


def test_asked_once_nothing_is_said_of_asking_again(instrument: Instrument) -> None:
    names = [item.id for item in instrument.items]
    once = [stance(name, 0.5) for name in names]
    again = [stance(name, 0.5, 1.0) for name in names]
    drawn = Resampling(100, 0)
    assert np.isnan(averaged(once, instrument, drawn).axes["social"].intervals["answers"]).all()
    low, high = averaged(again, instrument, drawn).axes["social"].intervals["answers"]
    assert low < high


def test_only_what_people_share_over_items_is_added() -> None:
    rng = np.random.default_rng(0)
    apart = rng.normal(size=(400, 10)) / 4000
    lean = rng.normal(size=(400, 1)) / 400
    assert shared_variance(apart) < 0.3 * (apart**2).sum()
    assert shared_variance(apart + lean / 10) == pytest.approx(1 / 400, rel=0.25)
    assert shared_variance(apart[:1]) == 0.0


def covers(rows: Rows, what: str) -> list[float]:
    return [share for _, kind, share, _ in rows if what in kind]


def test_planted_positions_are_covered_on_both_axes_in_small() -> None:
    rows = of_positions(Size(15, 3, 2, 0.1, 0.1), 50, 200, np.random.default_rng(0))
    for what in ("all items", "stable items"):
        shares = [s for p, k, s, _ in rows if k.endswith(what)]
        assert len(shares) == 2, what
        assert min(shares) >= 0.87, what  # 43 of 50 or fewer have a chance of 0.01 at 95 %


def test_a_group_of_people_who_lean_is_covered_in_small() -> None:
    rows = of_groups(12, 0.3, 15, 50, 200, np.random.default_rng(1))
    assert min(covers(rows, "group")) >= 0.87


@pytest.mark.parametrize("far", [0.0, 0.5])
def test_planted_distances_are_covered_in_small(far: float) -> None:
    rows = of_distances(Apart(30, 12, 50, far), 50, 200, np.random.default_rng(2))
    assert min(covers(rows, "distance")) >= 0.85
