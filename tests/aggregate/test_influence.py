"""One person's weight in a leaderboard, and whom to believe."""

from __future__ import annotations

import numpy as np
import pytest

from manyvoices.aggregate import Battles, crowd_bradley_terry, fit, influence
from manyvoices.aggregate.ratings import ranks_of


@pytest.mark.parametrize("method", ["rank_centrality", "bradley_terry", "win_rate", "newman"])
def test_leaving_each_person_out_equals_a_plain_loop(drawn_battles: Battles, method: str) -> None:
    found = influence(drawn_battles, method)
    assert len(found.participants) == 40
    for place, code in enumerate(np.unique(drawn_battles.cluster)):
        without = drawn_battles.select(drawn_battles.cluster != code)
        assert found.scores[place] == pytest.approx(fit(without, method).scores, abs=1e-8)
    assert found.n_rows.sum() == len(drawn_battles)


def test_the_person_who_decides_the_lead_is_named() -> None:
    rows = [("x", "y", "A", f"fan{i}") for i in range(10)]
    rows += [("y", "x", "A", f"foe{i}") for i in range(8)]
    rows += [("y", "x", "A", "zealot")] * 4
    found = influence(Battles.from_rows(rows), "bradley_terry")
    assert found.ratings.ranks.tolist() == [2, 1]
    assert found.decides_the_lead == ("zealot",)
    table = found.table(3)
    assert table["participant"][0] == "zealot"
    assert table["places_moved"][0] == 2
    assert len(table) == 3


def test_a_person_without_whom_nothing_is_determined_stands_first() -> None:
    rows = [("x", "y", "A", "p"), ("x", "y", "A", "q"), ("y", "x", "A", "r")]
    found = influence(Battles.from_rows(rows), "bradley_terry")
    assert found.table()["participant"][0] == "r"
    assert np.isnan(found.table()["largest_change"][0])


def careless(seed: int = 0, n_people: int = 30) -> tuple[Battles, np.ndarray]:
    """Twenty careful people, six who throw coins, four who say the opposite."""
    rng = np.random.default_rng(seed)
    eta = np.array([1.0] * 20 + [0.5] * 6 + [0.1] * 4)
    who = np.repeat(np.arange(n_people), 60)
    a = rng.integers(0, 5, len(who))
    b = (a + rng.integers(1, 5, len(who))) % 5
    strength = np.linspace(1.5, -1.5, 5)
    chance = 1 / (1 + np.exp(strength[b] - strength[a]))
    chance = eta[who] * chance + (1 - eta[who]) * (1 - chance)
    outcome = (rng.random(len(who)) < chance) * 1.0
    return Battles(a, b, outcome, tuple("abcde"), who), strength


def test_reliability_tells_careful_people_from_careless_ones() -> None:
    battles, strength = careless()
    found = crowd_bradley_terry(battles)
    trust = found.reliability
    assert trust[:20].min() > trust[20:26].max()
    assert trust[20:26].min() > trust[26:].max()
    plain = fit(battles, "bradley_terry").scores
    assert np.abs(found.ratings.scores - strength).mean() < np.abs(plain - strength).mean()
    assert ranks_of(found.ratings.scores).tolist() == [1, 2, 3, 4, 5]
    assert set(found.table()["participant"][:4]) == {"26", "27", "28", "29"}


def test_reliability_needs_people() -> None:
    with pytest.raises(ValueError, match="name none"):
        crowd_bradley_terry(Battles.from_rows([("x", "y", "A")]))
    with pytest.raises(ValueError, match="prior"):
        crowd_bradley_terry(careless()[0], prior=(0.5, 1))
