"""Neighbourhoods are texts by several people; sizes are PRISM's where its figures are at hand."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest

from manyvoices.analyse.neighbourhoods.baseline import simulate
from manyvoices.analyse.neighbourhoods.entropy import entropy, level_counts
from manyvoices.analyse.neighbourhoods.finding import Sizes, neighbourhoods, sizes

GOLDEN = Path(__file__).resolve().parents[4] / "shared" / "data" / "prism" / "golden"
PER_TEXT = "\\% total prompts appearing in neighbourhoods"
PUBLISHED = {"0-05": 154, "0-125": 273, "0-2": 419}
MEMBERS = {"0-05": 564, "0-125": 1029, "0-2": 1710}


def test_single_texts_and_groups_of_one_person_are_left_out() -> None:
    labels = np.array([5, 7, 5, 9, 9, 8, 8, 8])
    people = np.array([0, 1, 2, 3, 3, 4, 4, 5])
    found = neighbourhoods(labels, people)
    assert found.label.tolist() == [1, -1, 1, -1, -1, 0, 0, 0]
    assert found.k.tolist() == [3, 2]
    assert found.n_people.tolist() == [2, 2]
    assert (found.n_alone, found.n_own) == (1, 1)


def test_the_share_of_texts_is_not_neighbourhoods_per_text() -> None:
    found = neighbourhoods(np.array([0, 0, 0, 1]), np.array([0, 1, 2, 3]))
    one = sizes(found, 0.1)
    assert (one.share, one.per_text) == (0.75, 0.25)
    assert (one.n, one.n_members, one.k_min, one.k_max, one.k_mean) == (1, 3, 3, 3, 3.0)
    assert np.isnan(one.k_sd)


def test_nothing_near_anything_is_no_neighbourhood() -> None:
    one = sizes(neighbourhoods(np.arange(4), np.arange(4)), 0.1)
    assert (one.n, one.share) == (0, 0)
    assert sizes(neighbourhoods(np.empty(0, int), np.empty(0, int)), 0.1).n == 0


@pytest.mark.parametrize("threshold", PUBLISHED)
def test_prisms_own_clusters_give_its_table_23(threshold: str) -> None:
    labels, people = _clusters(f"local_clusters_opening_prompt_{threshold}.csv")
    found = neighbourhoods(labels, people)
    one = sizes(found, 0.0)
    published = _table(threshold)
    assert (one.n, one.n_members) == (PUBLISHED[threshold], MEMBERS[threshold])
    assert round(100 * one.per_text, 2) == published[PER_TEXT]
    assert (one.k_min, one.k_max) == (published["min $k$"], published["max $k$"])
    assert round(one.k_mean, 2) == published["mean $k$"]
    assert one.k_sd == pytest.approx(published["std $k$"], abs=0.03)
    counts = level_counts(
        found.label[found.label >= 0], people[found.label >= 0], found.n, people.max() + 1
    )
    alone = simulate(
        people[None],
        np.ones(len(people)),
        np.unique(found.k),
        n_levels=(int(people.max()) + 1,),
        n_draws=100,
        draw="prism",
    )
    expected = alone.expected[0][np.searchsorted(alone.k, found.k)]
    adjusted = entropy(counts) / expected - 1
    assert adjusted.mean() == pytest.approx(0, abs=0.006)
    assert adjusted.std() == pytest.approx(0.03, abs=0.011)


@pytest.mark.parametrize("threshold", PUBLISHED)
def test_published_counts_give_the_published_and_the_true_share(threshold: str) -> None:
    """What needs no cluster: 1.92 / 3.41 / 5.23 are neighbourhoods per prompt."""
    published = _table(threshold)
    n, members = PUBLISHED[threshold], MEMBERS[threshold]
    rest = np.arange(n, n + 8011 - members)
    labels = np.concatenate([np.arange(members) % n, rest])
    one: Sizes = sizes(neighbourhoods(labels, np.arange(8011)), 0.0)
    assert one.n == published["Non-singleton neighbourhoods ($N$)"]
    assert round(100 * one.per_text, 2) == published[PER_TEXT]
    assert round(one.k_mean, 2) == published["mean $k$"]
    assert round(100 * one.share, 2) == {"0-05": 7.04, "0-125": 12.84, "0-2": 21.35}[threshold]


def _table(threshold: str) -> dict[str, float]:
    path = GOLDEN / "tab23_local_neighbourhoods.csv"
    if not path.exists():
        pytest.skip(f"PRISM's published figures are not here: {path}")
    column = f"cos={threshold.replace('-', '.')}"
    with path.open() as file:
        rows = {row["threshold"]: row[column] for row in csv.DictReader(file)}
    return {name: float(value) for name, value in rows.items() if "±" not in value}


def _clusters(name: str) -> tuple[np.ndarray, np.ndarray]:
    path = GOLDEN / name
    if not path.exists():
        pytest.skip(f"PRISM's cluster files are not here: {path}")
    with path.open() as file:
        rows = list(csv.DictReader(file))
    number: dict[str, int] = {}
    people = [number.setdefault(row["user_id"], len(number)) for row in rows]
    return np.array([int(row["cluster_membership"]) for row in rows]), np.array(people)
