"""Input that holds no ranking: each kind has its own error, or a declared result."""

from __future__ import annotations

import numpy as np
import pytest

from manyvoices.aggregate import (
    BATTLE_METHODS,
    Battles,
    MixedTypesError,
    NoBattlesError,
    NotConnectedError,
    OneModelError,
    OneRaterError,
    SelfBattleError,
    UnusableError,
    WeightError,
    bootstrap,
    diagnose,
    fit,
    influence,
    sandwich,
)
from manyvoices.schema.errors import ManyvoicesError

EMPTY = Battles(np.zeros(0, int), np.zeros(0, int), np.zeros(0), ("x", "y"))


@pytest.mark.parametrize("method", BATTLE_METHODS)
def test_no_battles(method: str) -> None:
    with pytest.raises(NoBattlesError, match="at least one battle"):
        fit(EMPTY, method)
    with pytest.raises(NoBattlesError):
        bootstrap(EMPTY, method, by="row")


@pytest.mark.parametrize("method", BATTLE_METHODS)
def test_one_model(method: str) -> None:
    alone = Battles(np.zeros(0, int), np.zeros(0, int), np.zeros(0), ("x",))
    with pytest.raises((OneModelError, NoBattlesError)):
        fit(alone, method)


def test_one_model_is_named_where_rows_were_left_out() -> None:
    battles = Battles.from_rows([("x", "x", "A")])
    assert battles.excluded == {"same_model": 1}
    with pytest.raises(NoBattlesError):
        fit(battles)


def test_one_rater_has_scores_but_no_intervals_over_people() -> None:
    battles = Battles.from_rows([("x", "y", "A", "p"), ("y", "x", "A", "p"), ("x", "y", "A", "p")])
    assert fit(battles, "bradley_terry").ranks.tolist() == [1, 2]
    for ask in (bootstrap, influence, sandwich):
        with pytest.raises(OneRaterError, match="nobody else"):
            ask(battles)
    assert bootstrap(battles, by="row", n_resamples=10).n_units == 3


@pytest.mark.parametrize("method", BATTLE_METHODS)
def test_all_ties_is_a_result_everybody_is_first(method: str) -> None:
    rows = [(a, b, "TIE", "p") for a in "vwxyz" for b in "vwxyz" if a < b]
    ratings = fit(Battles.from_rows(rows), method)
    assert ratings.scores == pytest.approx(np.full(5, ratings.scores[0]), abs=1e-9)
    assert ratings.ranks.tolist() == [1] * 5


def test_a_disconnected_graph_is_an_error_where_scores_would_mean_nothing() -> None:
    battles = Battles.from_rows([("a", "b", "TIE"), ("c", "d", "TIE")])
    for method in ("bradley_terry", "newman"):
        with pytest.raises(NotConnectedError, match="never met"):
            fit(battles, method)
    with pytest.raises(NotConnectedError):
        fit(battles, "rank_centrality", alpha=0)
    assert not diagnose(battles).is_strong  # pseudo-wins give scores; the diagnosis still tells
    assert np.isfinite(fit(battles, "rank_centrality").scores).all()


def test_an_unbeaten_model_has_no_finite_maximum_and_l2_is_offered() -> None:
    battles = Battles.from_rows([("top", "x", "A"), ("x", "y", "A"), ("y", "x", "A"),
                                 ("top", "y", "A")])  # fmt: skip
    for method in ("bradley_terry", "newman"):
        with pytest.raises(NotConnectedError, match=r"top never lost.*l2="):
            fit(battles, method)
        assert fit(battles, method, l2=0.01).ranks[0] == 1


def test_a_self_battle() -> None:
    with pytest.raises(SelfBattleError, match="row 1 has y twice"):
        Battles(np.array([0, 1]), np.array([1, 1]), np.array([1.0, 1.0]), ("x", "y"))


@pytest.mark.parametrize("weight", [-1.0, float("nan"), float("inf")])
def test_a_weight_that_is_none(weight: float) -> None:
    with pytest.raises(WeightError, match="row 1"):
        Battles(np.array([0, 0]), np.array([1, 1]), np.array([1.0, 0.0]), ("x", "y"),
                weight=np.array([1.0, weight]))  # fmt: skip


def test_names_of_several_types() -> None:
    with pytest.raises(MixedTypesError, match="int and str"):
        Battles.from_rows([(1, "y", "A"), ("1", "y", "B")])
    assert Battles.from_rows([(1, 2, "A")]).models == ("1", "2")


def test_all_of_them_are_caught_as_one() -> None:
    for error in (NoBattlesError, OneModelError, SelfBattleError, WeightError, MixedTypesError):
        assert issubclass(error, UnusableError)
        assert issubclass(error, ValueError)
        assert issubclass(error, ManyvoicesError)
