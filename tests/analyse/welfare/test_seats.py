"""Samples in the seat of power: equal to asking a data frame sample by sample."""

from __future__ import annotations

import random

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.analyse.welfare.tables_made_up import made_up

from manyvoices.analyse.welfare.seats import choose, chosen_models, expected, mean_welfare, worth
from manyvoices.analyse.welfare.tables import WelfareTable


def table(seed: int = 0, *, whole_scores: bool = False) -> WelfareTable:
    rng = np.random.default_rng(seed)
    drawn = made_up(rng.uniform(30, 80, (2, 6)), rng.integers(0, 2, 40), met=0.5, seed=seed)
    return drawn.with_values(np.round(drawn.values / 50)) if whole_scores else drawn


def plain(table: WelfareTable, seats: np.ndarray, lots: np.ndarray) -> tuple[np.ndarray, list[int]]:
    """PRISM's way: reindex a frame for each draw; a lot in place of random.choice."""
    frame = pd.DataFrame(table.values, index=list(table.users), columns=list(table.models))
    means, chosen = [], []
    for rows, lot in zip(seats, lots, strict=True):
        mean = frame.reindex([table.users[row] for row in rows]).mean().fillna(table.floor)
        best = [number for number, value in enumerate(mean) if value >= mean.max() - 1e-7]
        means.append(mean.to_numpy())
        chosen.append(best[int(lot * len(best))])
    return np.array(means), chosen


@pytest.mark.parametrize("whole", [False, True])
@pytest.mark.parametrize("n", [1, 3, 5, 30])
def test_many_samples_at_once_choose_what_a_plain_loop_chooses(n: int, whole: bool) -> None:
    made = table(n, whole_scores=whole)
    rng = np.random.default_rng(5)
    seats, lots = rng.integers(40, size=(200, n)), rng.random(200)
    means, chosen = plain(made, seats, lots)
    assert np.allclose(mean_welfare(made, seats), means, atol=1e-9)
    assert choose(mean_welfare(made, seats), lots, made.limits).tolist() == chosen


def test_equal_models_are_chosen_equally_often_whatever_their_order() -> None:
    means = np.tile([3.0, 5.0, 5.0 - 1e-14, 5.0], (30_000, 1))
    chosen = choose(means, np.random.default_rng(0).random(30_000), (1.0, 5.0))
    assert np.bincount(chosen, minlength=4) / 30_000 == pytest.approx(
        [0, 1 / 3, 1 / 3, 1 / 3], abs=0.01
    )


def test_a_model_that_no_one_of_the_sample_met_gets_the_lowest_value() -> None:
    made = table()
    values = made.values.copy()
    values[:, 2] = np.nan
    assert (mean_welfare(made.with_values(values), np.zeros((4, 2), int))[:, 2] == 1.0).all()


def test_a_person_who_sits_twice_counts_twice() -> None:
    made = WelfareTable("rating", ("p", "q"), ("a",), np.array([[10.0], [40.0]]), (1.0, 100.0))
    assert mean_welfare(made, np.array([[0, 0, 1]]))[0, 0] == pytest.approx(20.0)


def test_only_people_of_the_pool_sit() -> None:
    liking = np.array([[90.0, 10.0], [10.0, 90.0]])
    made = made_up(liking, np.repeat([0, 1], 30), noise=0, met=1.0)
    rng = np.random.default_rng(0)
    assert set(chosen_models(made, np.arange(30), 10, 50, rng)) == {0}
    assert set(chosen_models(made, np.arange(30, 60), 10, 50, rng)) == {1}


def test_what_a_model_is_worth_is_the_mean_of_those_who_met_it() -> None:
    made = table()
    members = np.array([row % 3 == 0 for row in range(40)])
    assert worth(made, members) == pytest.approx(np.nanmean(made.values[members], axis=0))
    both = worth(made, np.stack([members, ~members]))
    assert both[1] == pytest.approx(np.nanmean(made.values[~members], axis=0))


@given(st.lists(st.integers(0, 3), min_size=1, max_size=20))
def test_the_expected_welfare_is_the_mean_over_the_samples(chosen: list[int]) -> None:
    value = np.array([1.0, 5.0, np.nan, 7.0])
    known = [value[c] for c in chosen if c != 2]
    found = expected(value, np.array(chosen))
    assert np.isnan(found) if not known else found == pytest.approx(np.mean(known))


def test_tables_are_as_random_choice_with_pandas_would_make_them() -> None:
    """PRISM's own generator in place of ours: the mean welfare of many draws agrees."""
    made, dice = table(3), random.Random(1)
    seats = np.array([[dice.randrange(40) for _ in range(20)] for _ in range(2000)])
    lots = np.array([dice.random() for _ in range(2000)])
    value = worth(made, np.ones(40, bool))
    theirs = expected(value, choose(mean_welfare(made, seats), lots, made.limits))
    ours = chosen_models(made, np.arange(40), 20, 2000, np.random.default_rng(0))
    assert expected(value, ours) == pytest.approx(theirs, abs=0.5)
