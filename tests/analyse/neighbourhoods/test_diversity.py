"""Entropy is Shannon's; what is expected is exact where it can be; intervals hold what they say."""

from __future__ import annotations

import csv
import json
from math import comb, log2
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from manyvoices.analyse.neighbourhoods.baseline import adjust, simulate
from manyvoices.analyse.neighbourhoods.diversity import Attribute, diversity
from manyvoices.analyse.neighbourhoods.entropy import entropy, level_counts
from manyvoices.analyse.neighbourhoods.finding import neighbourhoods

GOLDEN = Path(__file__).resolve().parents[4] / "shared" / "data" / "prism" / "golden"
GENDER = Attribute("Gender", ("Female", "Male", "Non-binary"))
REGION = Attribute("Region", ("North", "South", "East", "West"))


@given(st.lists(st.integers(0, 50), min_size=1, max_size=8).filter(any))
def test_entropy_is_scipys(counts: list[int]) -> None:
    assert entropy(np.array(counts)) == pytest.approx(stats.entropy(counts, base=2), abs=1e-12)


def test_nobody_has_no_entropy_and_all_alike_have_none() -> None:
    found = entropy(np.array([[0, 0], [3, 0], [2, 2]]))
    assert np.isnan(found[0])
    assert found[1:].tolist() == [0.0, 1.0]
    assert not np.signbit(found[1])


def test_unknown_answers_are_not_counted() -> None:
    counts = level_counts(np.array([0, 0, 0, 1]), np.array([1, -1, 1, 0]), 2, 2)
    assert counts.tolist() == [[0, 2], [1, 0]]


def test_prisms_draws_come_to_the_exact_expectation_with_replacement() -> None:
    codes = np.repeat([0, 1, 2], [60, 30, 10])
    found = simulate(codes[None], np.ones(100), np.array([2, 5, 20]), n_levels=(3,),
                     n_draws=20_000, draw="prism")  # fmt: skip
    for k, mean in zip(found.k, found.expected[0], strict=True):
        exact = sum(
            -stats.binom.pmf(x, k, p) * x / k * log2(x / k)
            for p in (0.6, 0.3, 0.1) for x in range(1, k + 1)
        )  # fmt: skip
        assert mean == pytest.approx(exact, abs=0.01)


def test_different_people_come_to_the_exact_expectation_without_replacement() -> None:
    sizes = (12, 6, 2)
    codes = np.repeat([0, 1, 2], sizes)
    found = simulate(codes[None], np.ones(20), np.array([2, 5, 19]), n_levels=(3,), n_draws=20_000)
    for k, mean in zip(found.k, found.expected[0], strict=True):
        exact = sum(
            -comb(n, x) * comb(20 - n, k - x) / comb(20, k) * x / k * log2(x / k)
            for n in sizes for x in range(1, min(n, k) + 1)
        )  # fmt: skip
        assert mean == pytest.approx(exact, abs=0.01)


def test_who_wrote_more_is_drawn_more_often() -> None:
    codes = np.array([0] * 10 + [1] * 10)
    weight = np.array([9.0] * 10 + [1.0] * 10)
    few = simulate(codes[None], weight, np.array([2]), n_levels=(2,), n_draws=4000)
    even = simulate(codes[None], np.ones(20), np.array([2]), n_levels=(2,), n_draws=4000)
    assert few.expected[0, 0] < even.expected[0, 0] - 0.2
    # The chance that the second differs from the first, by hand.
    exact = 0.9 * 10 / 91 + 0.1 * 90 / 99
    assert few.expected[0, 0] == pytest.approx(exact, abs=0.02)


def test_all_people_at_once_leave_no_chance() -> None:
    codes = np.array([[0, 0, 1, 1]])
    found = simulate(codes, np.ones(4), np.array([2, 4]), n_levels=(2,), n_draws=50)
    assert (found.expected[0, 1], found.sd[0, 1]) == (1.0, 0.0)


def test_adjusted_entropies_add_up_and_skip_what_nobody_answered() -> None:
    observed = np.array([[1.0, 0.0], [0.5, np.nan]])
    known = np.array([[4, 4], [4, 0]])
    expected = np.array([[0.5, 0.8], [0.4, 1.0]])
    adjusted, total = adjust(observed, known, np.array([2, 4]), expected)
    np.testing.assert_allclose(adjusted, [[0.25, -1.0], [-0.5, np.nan]])
    np.testing.assert_allclose(total, [-0.25, -1.0])


def _people(n: int, seed: int = 0) -> np.ndarray:
    rng = np.random.default_rng(seed)
    gender = rng.choice([0, 1, 2, -1], n, p=[0.5, 0.44, 0.02, 0.04])
    return np.stack([gender, rng.integers(0, 4, n)])


def test_random_people_are_as_mixed_as_random_people() -> None:
    n_people, groups = 300, 120
    codes = _people(n_people)
    rng = np.random.default_rng(1)
    sizes = rng.integers(2, 20, groups)
    labels = np.repeat(np.arange(groups), sizes)
    people = np.concatenate([rng.choice(n_people, size, replace=False) for size in sizes])
    found = diversity(neighbourhoods(labels, people), people, codes, (GENDER, REGION))
    assert found.share_within > 0.95
    assert found.mean_low < found.total.mean() < found.mean_high
    assert found.single.sum() == pytest.approx(1)


def test_neighbourhoods_of_one_region_are_found_out() -> None:
    codes = _people(300, seed=2)
    rng = np.random.default_rng(3)
    labels = np.repeat(np.arange(40), 8)
    people = np.concatenate(
        [rng.choice(np.flatnonzero(codes[1] == i % 4), 8, replace=False) for i in range(40)]
    )
    found = diversity(neighbourhoods(labels, people), people, codes, (GENDER, REGION))
    assert (found.adjusted[1] == -1).all()
    assert found.alike[1] == 1
    assert found.total.mean() < found.mean_low
    assert found.share_within < 0.9
    assert found.n_able == 40


def test_a_person_counts_once_by_default_and_each_text_for_prism() -> None:
    codes = np.array([[0, 1, 0, 1, 0, 1, 0, 1]])
    gender = (Attribute("Gender", ("Female", "Male")),)
    people = np.array([0, 0, 0, 1, 2, 3, 4, 5, 6, 7])
    found = neighbourhoods(np.array([0, 0, 0, 0, 1, 1, 2, 3, 4, 5]), people)
    once = diversity(found, people, codes, gender)
    texts = diversity(found, people, codes, gender, draw="prism")
    assert once.k.tolist() == [2, 2]
    assert texts.k.tolist() == [4, 2]
    assert once.adjusted[0, 0] == once.adjusted[0, 1] > texts.adjusted[0, 0]


def test_the_same_seed_gives_the_same_interval() -> None:
    codes, people = _people(60), np.arange(60)
    found = neighbourhoods(np.arange(60) // 3, people)
    one = diversity(found, people, codes, (GENDER, REGION), seed=5)
    two = diversity(found, people, codes, (GENDER, REGION), seed=5)
    np.testing.assert_array_equal(one.low, two.low)
    assert (one.mean_low, one.mean_high) == (two.mean_low, two.mean_high)


def test_prisms_expected_entropy_of_ten_participants_is_reproduced() -> None:
    """scalar_facts.json, entropy_examples.sim_user_id_k10: 3.317928 with sd 0.028."""
    path = GOLDEN / "real_skeleton_conversations.csv"
    if not path.exists():
        pytest.skip(f"PRISM's ids are not here: {path}")
    with path.open() as file:
        names = [row["user_id"] for row in csv.DictReader(file)]
    _, people = np.unique(names, return_inverse=True)
    found = simulate(people[None], np.ones(len(people)), np.array([10]),
                     n_levels=(people.max() + 1,), n_draws=1000, draw="prism")  # fmt: skip
    assert len(people) == 8011
    assert found.expected[0, 0] == pytest.approx(3.317928, abs=0.004)
    assert found.sd[0, 0] == pytest.approx(0.028, abs=0.012)


@pytest.mark.parametrize(
    ("variable", "mean", "sd"), [("gender", 0.98189, 0.17379), ("age", 2.03705, 0.27559)]
)
def test_prisms_expected_entropies_of_ten_prompts_are_near(
    variable: str, mean: float, sd: float
) -> None:
    """scalar_facts.json, sim_k10; prompts' own counts are not published, so people's stand in."""
    path = GOLDEN / "codebook_entries.json"
    if not path.exists():
        pytest.skip(f"PRISM's codebook is not here: {path}")
    entries = {entry["variable_name"]: entry for entry in json.loads(path.read_text())}
    counts = list(entries[variable]["values"].values())
    codes = np.repeat(np.arange(len(counts)), counts)
    found = simulate(codes[None], np.ones(len(codes)), np.array([10]), n_levels=(len(counts),),
                     n_draws=2000, draw="prism")  # fmt: skip
    assert found.expected[0, 0] == pytest.approx(mean, abs=0.06)
    assert found.sd[0, 0] == pytest.approx(sd, abs=0.05)
