"""Style control: planted coefficients are found, and the order is what is left."""

from __future__ import annotations

import numpy as np
import pytest

from manyvoices.aggregate import (
    Battles,
    CollinearError,
    Covariates,
    NotConnectedError,
    fit,
)

STRENGTH = np.array([0.8, 0.2, -0.2, -0.8])


def planted(seed: int, length: float = 0.7, first: float = 0.3) -> tuple[Battles, Covariates]:
    """The weakest model writes longest, and length wins: without control it looks strong."""
    rng = np.random.default_rng(seed)
    rows = 8000
    a = rng.integers(0, 4, rows)
    b = (a + rng.integers(1, 4, rows)) % 4
    words = rng.normal(0, 1, (rows, 2)) + np.stack([a, b], axis=1)
    gap = words[:, 0] - words[:, 1]
    odds = STRENGTH[a] - STRENGTH[b] + length * gap + first
    outcome = (rng.random(rows) < 1 / (1 + np.exp(-odds))) * 1.0
    people = rng.integers(0, 200, rows)
    battles = Battles(a, b, outcome, ("ash", "beech", "cedar", "date"), people)
    return battles, Covariates(("length",), gap[:, None]) + Covariates.position(battles)


def test_planted_coefficients_lie_in_their_intervals_and_the_order_comes_back() -> None:
    battles, covariates = planted(0)
    ratings = fit(battles, "bradley_terry", covariates=covariates)
    length, position = ratings.coefficients
    assert (length.name, position.name) == ("length", "shown_first")
    assert length.low < 0.7 < length.high
    assert position.low < 0.3 < position.high
    assert ratings.scores == pytest.approx(STRENGTH, abs=0.12)
    assert ratings.ranks.tolist() == [1, 2, 3, 4]
    assert fit(battles, "bradley_terry").ranks.tolist() == [4, 3, 2, 1]


def test_intervals_of_coefficients_cover_as_often_as_they_say() -> None:
    hits = 0
    for seed in range(60):
        battles, covariates = planted(seed)
        few = np.arange(len(battles)) < 1500
        part = Covariates(covariates.names, covariates.values[few])
        length = fit(battles.select(few), "bradley_terry", covariates=part).coefficients[0]
        hits += length.low <= 0.7 <= length.high
    assert hits >= 51


def test_without_covariates_of_weight_the_strengths_are_those_of_plain_bradley_terry(
    drawn_battles: Battles,
) -> None:
    nothing = Covariates((), np.zeros((len(drawn_battles), 0)))
    with_none = fit(drawn_battles, "bradley_terry", covariates=nothing).scores
    assert with_none == pytest.approx(fit(drawn_battles, "bradley_terry").scores, abs=1e-9)


def test_at_the_maximum_no_covariate_leaves_a_slope() -> None:
    battles, covariates = planted(3)
    ratings = fit(battles, "bradley_terry", covariates=covariates)
    beta = [each.value for each in ratings.coefficients]
    gap = ratings.scores[battles.a] - ratings.scores[battles.b] + covariates.values @ beta
    surplus = battles.outcome - 1 / (1 + np.exp(-gap))
    assert np.abs(covariates.values.T @ surplus).max() < 1e-6


def test_differences_can_be_relative_and_in_standard_deviations() -> None:
    a, b = {"length": [300, 0, 10]}, {"length": [100, 0, 30]}
    plain = Covariates.differences(a, b, standardize=False)
    assert plain.values[:, 0].tolist() == [200, 0, -20]
    relative = Covariates.differences(a, b, relative=True, standardize=False)
    assert relative.values[:, 0].tolist() == [0.5, 0, -0.5]
    assert Covariates.differences(a, b).values.std() == pytest.approx(1)
    with pytest.raises(ValueError, match="b has words"):
        Covariates.differences(a, {"words": [1, 2, 3]})


def test_a_covariate_that_tells_nothing_is_named(drawn_battles: Battles) -> None:
    constant = Covariates(("colour",), np.zeros((len(drawn_battles), 1)))
    with pytest.raises(CollinearError, match="colour"):
        fit(drawn_battles, "bradley_terry", covariates=constant)
    side = (drawn_battles.a == 0) * 1.0 - (drawn_battles.b == 0) * 1.0
    same = Covariates(("is_ash",), side[:, None])
    with pytest.raises(CollinearError, match="is_ash"):
        fit(drawn_battles, "bradley_terry", covariates=same)


def test_covariates_that_do_not_fit_are_refused(drawn_battles: Battles) -> None:
    with pytest.raises(ValueError, match="as many rows"):
        fit(drawn_battles, "bradley_terry", covariates=Covariates(("x",), np.ones((3, 1))))
    with pytest.raises(ValueError, match="finite"):
        Covariates(("x",), np.array([[np.nan]]))
    with pytest.raises(ValueError, match="2 covariates"):
        Covariates(("x", "y"), np.ones((3, 1)))
    with pytest.raises(ValueError, match="bradley_terry"):
        fit(drawn_battles, "elo", covariates=Covariates.position(drawn_battles))
    apart = Battles.from_rows([("x", "y", "A")])
    with pytest.raises(NotConnectedError):
        fit(apart, "bradley_terry", covariates=Covariates(("x",), np.ones((1, 1))))
