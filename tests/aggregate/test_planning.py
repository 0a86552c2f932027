"""Planning: the simulated size gives the width asked for, and the next question helps most."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from manyvoices.aggregate import (
    Battles,
    Plan,
    bootstrap,
    choose_next,
    next_pairs,
    plan_of,
    sample_size,
    sandwich,
    write_next_batch,
)
from manyvoices.aggregate.choosing import _after, _gains, _weights
from manyvoices.aggregate.likelihood import information
from manyvoices.aggregate.planning import taste_sd


def study(seed: int, n_people: int, taste: float, n: int = 5, per_person: int = 12) -> Battles:
    rng = np.random.default_rng(seed)
    who = np.repeat(np.arange(n_people), per_person)
    a = rng.integers(0, n, len(who))
    b = (a + rng.integers(1, n, len(who))) % n
    own = np.linspace(0.8, -0.8, n) + taste * rng.normal(size=(n_people, n))
    odds = own[who, a] - own[who, b]
    outcome = (rng.random(len(who)) < 1 / (1 + np.exp(-odds))) * 1.0
    return Battles(a, b, outcome, tuple("abcdefgh"[:n]), who)


def test_tastes_are_measured_from_what_one_person_says_twice() -> None:
    found = [taste_sd(study(seed, 400, 0.7), np.linspace(0.8, -0.8, 5)) for seed in range(5)]
    assert np.mean(found) == pytest.approx(0.65, abs=0.1)
    none = [taste_sd(study(seed, 400, 0.0), np.linspace(0.8, -0.8, 5)) for seed in range(5)]
    assert np.mean(none) < 0.2


def test_a_study_of_the_size_found_has_about_the_width_asked_for() -> None:
    plan = Plan(np.linspace(0.8, -0.8, 5), tie_share=0.0, taste=0.7, battles_per_person=12)
    found = sample_size(plan, width=0.4, seed=1)
    assert found.width <= 0.4
    widths = []
    for seed in range(12):
        _, low, high = sandwich(study(seed, found.n_participants, 0.7)).difference("a", "b")
        widths.append(high - low)
    assert np.mean(widths) == pytest.approx(0.4, rel=0.12)
    assert found.n_battles == 12 * found.n_participants


def test_half_the_width_needs_about_four_times_the_people() -> None:
    plan = plan_of(study(0, 200, 0.5))
    wide = sample_size(plan, width=0.6).n_participants
    narrow = sample_size(plan, width=0.3).n_participants
    assert narrow / wide == pytest.approx(4, rel=0.3)


def test_a_width_out_of_reach_is_refused() -> None:
    with pytest.raises(ValueError, match="more than can be simulated"):
        sample_size(study(0, 100, 0.5), width=0.001)
    with pytest.raises(ValueError, match="above 0"):
        sample_size(study(0, 100, 0.5), width=0)


def test_the_expected_gain_is_what_the_matrix_of_the_longer_study_says() -> None:
    rng = np.random.default_rng(0)
    wins = rng.integers(1, 9, (5, 5)).astype(float)
    np.fill_diagonal(wins, 0)
    theta = rng.normal(size=5)
    played = wins + wins.T
    covariance = np.linalg.inv(information(theta[None], played[None], 1.0)[0])
    longer = played.copy()
    longer[1, 3] += 1
    longer[3, 1] += 1
    exact = np.linalg.inv(information(theta[None], longer[None], 1.0)[0])
    assert _after(theta, covariance, [1, 3]) == pytest.approx(exact, abs=1e-12)
    weights = _weights(theta, covariance, "scores")

    def total(c: np.ndarray) -> float:
        own = np.diagonal(c)
        return float((weights * (own[:, None] + own[None, :] - 2 * c)).sum())

    gain = _gains(theta, covariance, weights)[1, 3]
    assert 2 * gain == pytest.approx(total(covariance) - total(exact), rel=1e-9)


def width_after(seed: int, focus: str | None, n_more: int = 400) -> float:
    """Width of the interval of the leading pair after 400 more battles."""
    rng = np.random.default_rng(seed)
    strength = np.array([0.9, 0.7, 0.0, -0.3, -0.6, -0.9, -1.2, -1.5])
    names = tuple("abcdefgh")

    def judged(pairs: list[tuple[int, int]]) -> list[tuple[str, str, float]]:
        return [(names[i], names[j],
                 float(rng.random() < 1 / (1 + np.exp(strength[j] - strength[i]))))
                for i, j in pairs]  # fmt: skip

    rows = judged([tuple(rng.choice(8, 2, replace=False)) for _ in range(200)])
    for _ in range(n_more // 50):
        if focus is None:
            pairs = [tuple(rng.choice(8, 2, replace=False)) for _ in range(50)]
        else:
            found = next_pairs(Battles.from_rows(rows), 50, focus=focus, seed=seed)
            pairs = [(names.index(a), names.index(b)) for a, b in found]
        rows += judged(pairs)
    battles = Battles.from_rows(rows)
    drawn = bootstrap(battles, "bradley_terry", by="row", n_resamples=200, l2=0.1)
    _, low, high = drawn["bradley_terry"].difference("a", "b")
    return high - low


@pytest.mark.parametrize(("focus", "at_most"), [("lead", 0.85), ("order", 0.95)])
def test_chosen_pairs_narrow_the_leading_pair_faster_than_random_ones(
    focus: str, at_most: float
) -> None:
    chosen = np.mean([width_after(seed, focus) for seed in range(6)])
    at_random = np.mean([width_after(seed, None) for seed in range(6)])
    assert chosen < at_most * at_random


def test_a_share_of_the_sets_explores_and_the_rest_informs(drawn_battles: Battles) -> None:
    asks = choose_next(drawn_battles, n_asks=300, n_models=3, exploration=0.3, seed=2)
    share = np.mean([ask.reason == "exploration" for ask in asks])
    assert share == pytest.approx(0.3, abs=0.08)
    assert all(len(set(ask.models)) == 3 for ask in asks)
    assert all(0 <= ask.expected_reduction < 1 for ask in asks)
    seen = {model for ask in asks for model in ask.models}
    assert seen == set(drawn_battles.models)
    assert asks == choose_next(drawn_battles, n_asks=300, n_models=3, exploration=0.3, seed=2)


def test_a_model_that_nobody_has_met_is_asked_about_first(drawn_battles: Battles) -> None:
    asks = choose_next(drawn_battles, models=["fir"], focus="scores", exploration=0)
    assert "fir" in asks[0].models


@pytest.mark.parametrize("exploration", [0.0, 1.0])
def test_every_set_holds_the_model_that_it_must_hold(
    drawn_battles: Battles, exploration: float
) -> None:
    held = drawn_battles.models[2]
    for n_models in (2, 3):
        asks = choose_next(
            drawn_battles, n_asks=40, n_models=n_models, holding=held, exploration=exploration
        )
        assert all(held in ask.models and len(set(ask.models)) == n_models for ask in asks)
    with pytest.raises(ValueError, match="holding"):
        choose_next(drawn_battles, holding="nobody")


def test_asks_of_one_batch_differ(drawn_battles: Battles) -> None:
    pairs = next_pairs(drawn_battles, 40, focus="scores", exploration=0.0)
    assert len({frozenset(pair) for pair in pairs}) > 3


def test_a_batch_is_written_as_lines_of_json(drawn_battles: Battles, tmp_path: Path) -> None:
    asks = choose_next(drawn_battles, n_asks=3, n_models=4)
    write_next_batch(asks, tmp_path / "next_batch.jsonl")
    rows = [json.loads(line) for line in (tmp_path / "next_batch.jsonl").read_text().splitlines()]
    assert [tuple(row["models"]) for row in rows] == [ask.models for ask in asks]
    assert all(row["schema_version"] == "1" for row in rows)


@pytest.mark.parametrize("change", [{"n_models": 9}, {"exploration": 2}, {"l2": 0},
                                    {"focus": "fame"}])  # fmt: skip
def test_arguments_that_mean_nothing_are_refused(drawn_battles: Battles, change) -> None:
    with pytest.raises(ValueError, match=r"n_models|exploration|focus"):
        choose_next(drawn_battles, **change)
