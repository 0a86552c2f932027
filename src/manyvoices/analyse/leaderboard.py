"""Which models people preferred, by several methods, with intervals over participants."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from manyvoices.aggregate.battles import Battles
from manyvoices.aggregate.bootstrap import MethodBootstrap, bootstrap
from manyvoices.aggregate.kinds import FloatArray, IntArray, Method
from manyvoices.aggregate.methods import fit
from manyvoices.analyse.battles import TIE_THRESHOLD
from manyvoices.analyse.overview import Count
from manyvoices.analyse.resampling import Resampling
from manyvoices.schema.errors import ConvergenceError

METHODS: tuple[Method, ...] = ("rank_centrality", "bradley_terry")


@dataclass(frozen=True, slots=True)
class Standing:
    """One model's place on one board."""

    model: str
    score: float
    """In the unit of the method."""
    low: float
    high: float
    rank: int
    """1 = best."""
    rank_low: int
    rank_high: int
    win_rate: float
    """Mean over its opponents of the share won against each, a tie counting half."""
    n_battles: int


@dataclass(frozen=True, slots=True, eq=False)
class Board:
    """One method's ranking of the models."""

    method: str
    standings: tuple[Standing, ...]
    """Best first."""
    draws: MethodBootstrap
    """All resampled scores, for whoever asks more of them."""

    @property
    def leaders(self) -> tuple[str, ...]:
        """Models whose interval of ranks reaches first place, best score first."""
        return tuple(row.model for row in self.standings if row.rank_low == 1)


@dataclass(frozen=True, slots=True)
class Missing:
    """Something that could not be computed, and why, in a sentence for people."""

    what: str
    reason: str


@dataclass(frozen=True, slots=True, eq=False)
class Leaderboard:
    """The models of a release in order of preference."""

    n_models: int
    n_battles: int
    ties: Count
    n_judges: int
    """Participants with at least one battle."""
    tie_threshold: int
    resampling: Resampling
    boards: tuple[Board, ...]
    """One per method that exists for these data, in the order asked for."""
    missing: tuple[Missing, ...] = ()

    def board(self, method: str) -> Board | None:
        """The board of `method`, or None where it does not exist for these data."""
        return next((board for board in self.boards if board.method == method), None)


def leaderboard(
    battles: Battles,
    *,
    methods: Sequence[Method] = METHODS,
    resampling: Resampling | None = None,
    tie_threshold: int = TIE_THRESHOLD,
    on_method: Callable[[str], None] | None = None,
) -> Leaderboard:
    """Rank the models of `battles` by each method, with intervals over resampled participants.

    A method without finite scores for these data (Bradley-Terry, where some model never lost) is
    named in `missing` with its reason; the others stand. No battles, or one model only, gives a
    leaderboard without boards.
    """
    drawn = resampling or Resampling()
    boards: list[Board] = []
    missing: list[Missing] = []
    for method in methods if len(battles) else ():
        if on_method is not None:
            on_method(method)
        try:
            boards.append(_board(battles, method, drawn))
        except ConvergenceError as error:
            missing.append(Missing(method, str(error)))
    if not len(battles):
        reason = "no two models were rated in the same opening turn, so nothing was compared"
        missing = [Missing(method, reason) for method in methods]
    return Leaderboard(
        n_models=len(battles.models),
        n_battles=len(battles),
        ties=Count(battles.n_ties, len(battles)),
        n_judges=(battles.n_participants or 0) if len(battles) else 0,
        tie_threshold=tie_threshold,
        resampling=drawn,
        boards=tuple(boards),
        missing=tuple(missing),
    )


def _board(battles: Battles, method: Method, drawn: Resampling) -> Board:
    draws = bootstrap(
        battles,
        (method,),
        n_resamples=drawn.n_resamples,
        by="row" if battles.cluster is None else "cluster",
        level=drawn.level,
        seed=drawn.seed,
    )[method]
    rates = fit(battles, "win_rate").scores
    fought = np.bincount(np.concatenate((battles.a, battles.b)), minlength=len(battles.models))
    order = np.lexsort((np.arange(len(rates)), draws.ratings.ranks))
    standings = tuple(_standing(draws, int(code), rates, fought) for code in order)
    return Board(method=method, standings=standings, draws=draws)


def _standing(draws: MethodBootstrap, code: int, rates: FloatArray, fought: IntArray) -> Standing:
    return Standing(
        model=draws.ratings.models[code],
        score=float(draws.ratings.scores[code]),
        low=float(draws.low[code]),
        high=float(draws.high[code]),
        rank=int(draws.ratings.ranks[code]),
        rank_low=int(draws.rank_low[code]),
        rank_high=int(draws.rank_high[code]),
        win_rate=float(rates[code]),
        n_battles=int(fought[code]),
    )
