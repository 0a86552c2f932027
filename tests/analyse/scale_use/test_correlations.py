"""Three correlations: each equal to pandas on the rows that it says, and told apart."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.analyse.releases import Plan, write_release

from manyvoices.analyse.dataset_reading import read_dataset
from manyvoices.analyse.resampling import Resampling
from manyvoices.analyse.scale_use import attribute_study, correlate
from manyvoices.analyse.scale_use.correlations import tree_order
from manyvoices.analyse.settings import Settings

QUIET = Resampling(n_resamples=0)


def planted(seed: int = 0, n_people: int = 300, each: int = 6) -> tuple[np.ndarray, np.ndarray]:
    """Two attributes: between people r = .8, within people r = -.6; a third is noise."""
    rng = np.random.default_rng(seed)
    person = np.repeat(np.arange(n_people), each)
    between = rng.multivariate_normal([50, 50], [[400, 320], [320, 400]], n_people)
    within = rng.multivariate_normal([0, 0], [[100, -60], [-60, 100]], len(person))
    return np.column_stack([between[person] + within, rng.normal(size=len(person))]), person


def test_between_and_within_people_may_have_opposite_signs_and_pooled_is_neither() -> None:
    values, person = planted()
    frame = pd.DataFrame(values)
    means = frame.groupby(person).mean().to_numpy()
    between = correlate(means, np.arange(len(means)), "between", QUIET).r[0, 1]
    within = correlate(values, person, "within", QUIET).r[0, 1]
    pooled = correlate(values, person, "pooled", QUIET).r[0, 1]
    # Means of six conversations hold a sixth of the within part: (320 - 10) / (400 + 100 / 6).
    assert between == pytest.approx(310 / 416.7, abs=0.06)
    assert within == pytest.approx(-0.6, abs=0.05)
    assert pooled == pytest.approx(260 / 500, abs=0.08)


@given(st.integers(0, 10_000))
@settings(max_examples=25, deadline=None)
def test_correlations_are_those_of_pandas_with_pairs_that_are_complete(seed: int) -> None:
    rng = np.random.default_rng(seed)
    values = rng.normal(size=(60, 4)) + rng.normal(size=(60, 1)) + 1000
    values[rng.random(values.shape) < 0.2] = np.nan
    person = rng.integers(0, 12, 60)
    theirs = pd.DataFrame(values).corr().to_numpy()
    assert correlate(values, person, "pooled", QUIET).r == pytest.approx(theirs)
    within = correlate(values, person, "within", QUIET)
    both = ~np.isnan(values[:, 0]) & ~np.isnan(values[:, 1])
    frame = pd.DataFrame(values[both][:, :2])
    centred = frame - frame.groupby(person[both]).transform("mean")
    assert within.r[0, 1] == pytest.approx(centred.corr().iloc[0, 1])
    assert within.n[0, 1] == both.sum()


def test_what_a_person_states_once_has_no_correlation_within_people() -> None:
    values, person = planted(n_people=40)
    values[:, 2] = np.random.default_rng(1).normal(size=40)[person]
    found = correlate(values, person, "within", Resampling(n_resamples=20))
    assert np.isnan(found.r[0, 2])
    assert np.isnan(found.low[0, 2])
    assert found.r[0, 0] == pytest.approx(1)


def test_intervals_resample_people_and_so_are_wider_than_those_of_rows() -> None:
    values, person = planted(n_people=60, each=20)
    people = correlate(values, person, "pooled", Resampling(n_resamples=300))
    rows = correlate(values, np.arange(len(person)), "pooled", Resampling(n_resamples=300))
    assert people.low[0, 1] <= people.r[0, 1] <= people.high[0, 1]
    wide, narrow = (one.high[0, 1] - one.low[0, 1] for one in (people, rows))
    assert wide > 2 * narrow


def test_the_interval_holds_the_truth_about_as_often_as_it_says() -> None:
    """100 made-up studies; within people r = -.6; binomial 4 sd around .95."""
    hits = 0
    for seed in range(100):
        values, person = planted(seed, n_people=50, each=4)
        found = correlate(values, person, "within", Resampling(n_resamples=200, seed=seed))
        hits += found.low[0, 1] <= -0.6 <= found.high[0, 1]
    assert 86 <= hits <= 100


def test_the_order_is_that_of_a_clustermap() -> None:
    r = np.array([[1, 0.1, 0.9, 0], [0.1, 1, 0, 0.8], [0.9, 0, 1, 0.1], [0, 0.8, 0.1, 1]])
    order = tree_order(r)
    assert {frozenset(order[:2]), frozenset(order[2:])} == {frozenset({0, 2}), frozenset({1, 3})}
    assert tree_order(np.full((2, 2), np.nan)) == (0, 1)


def test_a_studys_own_sliders_become_attributes_with_their_gaps(tmp_path) -> None:
    dataset = read_dataset(write_release(tmp_path, Plan(n_people=60)))
    study = attribute_study(dataset, Settings(resampling=Resampling(n_resamples=20)))
    assert study is not None
    names = {one.name: one for one in study.attributes}
    assert set(names) == {
        "stated: facts",
        *("performance: fluency", "performance: safety", "choice: fluency", "choice: safety"),
    }
    assert names["performance: safety"].missing == pytest.approx(0.2, abs=0.1)
    assert names["performance: fluency"].missing == 0
    assert names["stated: facts"].n == 60
    assert study.pooled.n.max() == dataset.conversations.height
    block = next(block for block in study.blocks if block.kind == "performance")
    safety = next(item for item in block.items if item.id == "safety")
    assert safety.not_applicable.share == pytest.approx(names["performance: safety"].missing)


def test_a_study_without_sliders_has_no_attributes(tmp_path) -> None:
    dataset = read_dataset(write_release(tmp_path, Plan(n_people=10)))
    kept = [c for c in dataset.conversations.columns if "_attributes_" not in c]
    bare = replace(
        dataset,
        conversations=dataset.conversations.select(kept),
        people=dataset.people.select("user_id"),
    )
    assert attribute_study(bare, Settings()) is None
