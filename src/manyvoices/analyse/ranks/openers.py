"""The rated answers of opening turns, as a frame and as `Scores` whose rows are the same."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from manyvoices.aggregate import Battles, Scores
from manyvoices.aggregate.estimators import rank_centrality
from manyvoices.aggregate.ratings import ranks_of
from manyvoices.aggregate.resampling import Resampler
from manyvoices.analyse.dataset import Dataset, NotEnough
from manyvoices.analyse.table import BoolArray, FloatArray, IntArray

if TYPE_CHECKING:
    import polars as pl


@dataclass(frozen=True, slots=True, eq=False)
class Openers:
    """Opening answers that somebody rated, turn by turn in the order of the files."""

    frame: pl.DataFrame
    """(rows,) the columns of `Dataset.utterances`."""
    scores: Scores
    """(rows,) row i is row i of `frame`; a turn is a conversation, a cluster is a participant."""

    def select(self, rows: BoolArray) -> Openers:
        """The openers at `rows`. The list of models stays as it is, so that codes keep meaning."""
        cut = self.scores
        return Openers(
            self.frame.filter(rows),
            replace(
                cut,
                model=cut.model[rows],
                score=cut.score[rows],
                turn=cut.turn[rows],
                cluster=cut.cluster[rows],
                groups={name: column[rows] for name, column in cut.groups.items()},
            ),
        )


def openers_of(dataset: Dataset, *, tie_threshold: float) -> Openers:
    """The opening answers of a release.

    Raises:
        NotEnough: No two models were rated in one opening turn.
    """
    import polars as pl

    frame = dataset.openers().filter(
        pl.col("model").is_not_null()
        & pl.col("user_id").is_not_null()
        & pl.col("conversation_id").is_not_null()
    )
    if not len(frame) or frame["model"].n_unique() < 2:
        raise NotEnough("No two models were rated in opening turns, so none can be ranked.")
    scores = Scores.from_frame(
        frame, participant="user_id", turn="conversation_id", tie_threshold=tie_threshold
    )
    if not len(scores.battles()):
        raise NotEnough("No opening turn shows rated answers of two models to compare.")
    return Openers(frame, scores)


def wins_of(sampler: Resampler, times: FloatArray) -> FloatArray:
    """Wins (B, n, n) of B sets of people; `times` (units, B) = how often each person is in."""
    wins = sampler.evidence(times).wins
    if wins is None:
        raise ValueError("this sampler counts no wins: name a method that takes battles")
    return wins


def ranks_of_wins(wins: FloatArray, *, alpha: float = 1.0) -> IntArray:
    """Ranks (B, n) by rank centrality of wins (B, n, n); 0 = a model without any battle there."""
    met = wins.sum(axis=1) + wins.sum(axis=2) > 0
    scores = np.where(met, rank_centrality(wins, alpha=alpha), -np.inf)
    # -inf would make every difference "rounding" to `ranks_of`; -1 is below every share as well.
    ranks = ranks_of(np.where(met, scores, -1.0))
    return np.where(met, ranks, 0)


def overall(battles: Battles) -> tuple[FloatArray, IntArray]:
    """Rank centrality (n,) and ranks (n,) of `battles`, ties half."""
    wins = battles.tally()[None]
    return rank_centrality(wins)[0], ranks_of_wins(wins)[0]
