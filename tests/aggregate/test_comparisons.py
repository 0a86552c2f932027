"""Groups and methods against each other: planted differences are found, planted sameness is not."""

from __future__ import annotations

import numpy as np
import pytest

from manyvoices.aggregate import (
    Battles,
    bootstrap,
    compare_groups,
    compare_methods,
    fit,
    permutation_test,
)


def grouped(seed: int, gap: float, n_people: int = 80, per_person: int = 12) -> Battles:
    """Two groups of people; the second likes model a less by `gap` and model d more."""
    rng = np.random.default_rng(seed)
    who = np.repeat(np.arange(n_people), per_person)
    group = np.arange(n_people) % 2
    strength = np.tile(np.array([0.6, 0.2, -0.2, -0.6]), (n_people, 1))
    strength += 0.5 * rng.normal(size=strength.shape)
    strength[group == 1, 0] -= gap
    strength[group == 1, 3] += gap
    a = rng.integers(0, 4, len(who))
    b = (a + rng.integers(1, 4, len(who))) % 4
    odds = strength[who, a] - strength[who, b]
    outcome = (rng.random(len(who)) < 1 / (1 + np.exp(-odds))) * 1.0
    label = np.array(["north", "south"], dtype=object)
    topic = np.array(["facts", "values"], dtype=object)[rng.integers(0, 2, len(who))]
    groups = {"region": label[group[who]], "topic": topic}
    return Battles(a, b, outcome, tuple("abcd"), who, groups=groups)


@pytest.mark.parametrize("of", ["ranks", "scores"])
def test_a_planted_difference_is_found(of: str) -> None:
    found = permutation_test(grouped(1, 1.5), "region", of=of, n_permutations=300)
    assert found.p_value < 0.02
    assert found.labels == ("north", "south")
    assert found.tau < 1


def test_where_groups_are_alike_small_p_values_are_rare() -> None:
    p_values = [
        permutation_test(grouped(seed, 0.0), "region", of="scores", n_permutations=99).p_value
        for seed in range(100)
    ]
    assert np.mean(np.array(p_values) <= 0.1) <= 0.19
    assert 0.35 < np.mean(p_values) < 0.65


def test_labels_that_vary_within_a_person_cannot_be_dealt_out() -> None:
    with pytest.raises(ValueError, match="varies within"):
        permutation_test(grouped(0, 0), "topic", n_permutations=5)


def test_differences_between_groups_have_intervals_around_them() -> None:
    battles = grouped(2, 1.0)
    found = compare_groups(battles, "region", "bradley_terry", n_resamples=300)
    rows = {row["model"]: row for row in found.table().rows()}
    assert rows["a"]["low"] > 0
    assert rows["d"]["high"] < 0
    assert rows["a"]["p_above"] > 0.97
    assert found.n_participants == (40, 40)
    parts = {label: fit(part, "bradley_terry").scores for label, part in battles.split("region")}
    assert rows["a"]["score_first"] == pytest.approx(parts["north"][0])
    assert rows["a"]["difference"] == pytest.approx(parts["north"][0] - parts["south"][0])


def test_a_field_that_varies_within_people_is_compared_on_the_same_people() -> None:
    found = compare_groups(grouped(3, 0.0), "topic", n_resamples=200)
    rows = found.table().rows()
    assert found.n_participants == (80, 80)
    assert sum(row["low"] <= 0 <= row["high"] for row in rows) >= 3


def test_small_groups_are_left_out_and_too_few_are_an_error() -> None:
    battles = grouped(0, 0)
    labels = battles.groups["region"].copy()
    labels[battles.cluster == 0] = "islands"
    three = Battles(battles.a, battles.b, battles.outcome, battles.models, battles.cluster,
                    groups={"region": labels})  # fmt: skip
    assert compare_groups(three, "region", n_resamples=20).labels == ("north", "south")
    with pytest.raises(ValueError, match="two groups"):
        compare_groups(three, "region", min_participants=60, n_resamples=20)
    with pytest.raises(ValueError, match="planet"):
        compare_groups(three, "planet")


def test_methods_are_compared_rank_by_rank_on_the_same_resamples(drawn_battles: Battles) -> None:
    drawn = bootstrap(drawn_battles, ["rank_centrality", "bradley_terry"], n_resamples=100)
    table = compare_methods(drawn, "rank_centrality", "bradley_terry")
    assert table["difference"] == [0] * 5
    assert min(table["share_same"]) > 0.8
    assert all(low <= 0 <= high for low, high in zip(table["low"], table["high"], strict=True))
