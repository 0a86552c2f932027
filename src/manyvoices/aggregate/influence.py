"""How much of a leaderboard hangs on one person."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from manyvoices.aggregate.bootstrap import jackknife, start_of
from manyvoices.aggregate.errors import OneRaterError
from manyvoices.aggregate.kinds import FloatArray, IntArray, Scale, TieModel, Ties
from manyvoices.aggregate.methods import Settings, check_enough, rate
from manyvoices.aggregate.ratings import Ratings, ranks_of, to_scale
from manyvoices.aggregate.resampling import Data, Resampler
from manyvoices.aggregate.tidy import Table


@dataclass(frozen=True, slots=True, eq=False)
class Influence:
    """The scores without each participant in turn."""

    ratings: Ratings
    """The scores of everybody."""
    participants: tuple[str, ...]
    """Label of each participant, or its code where the data name none."""
    n_rows: IntArray
    """(participants,) battles, or rated answers, of each."""
    scores: FloatArray
    """(participants, n) without that participant; NaN where no scores exist without them."""
    ranks: IntArray
    """(participants, n); 0 where no scores exist."""

    @property
    def moved(self) -> FloatArray:
        """(participants,) largest change of any score that leaving them out makes."""
        return np.asarray(np.abs(self.scores - self.ratings.scores).max(axis=1))

    @property
    def n_places(self) -> IntArray:
        """(participants,) how many places models move in all; 0 where no scores exist."""
        moved = np.abs(self.ranks - self.ratings.ranks).sum(axis=1)
        return np.where(self.ranks[:, 0] > 0, moved, 0)

    @property
    def decides_the_lead(self) -> tuple[str, ...]:
        """Participants without whom another model would be first."""
        first = self.ratings.ranks == 1
        changed = (self.ranks[:, 0] > 0) & ((self.ranks == 1) != first).any(axis=1)
        return tuple(self.participants[place] for place in np.flatnonzero(changed))

    def table(self, most: int | None = 20) -> Table:
        """Return the `most` influential participants, first the one that moves a score most."""
        order = np.argsort(-np.nan_to_num(self.moved, nan=np.inf), kind="stable")[:most]
        return Table({
            "participant": [self.participants[place] for place in order],
            "n_rows": self.n_rows[order].tolist(),
            "largest_change": self.moved[order].tolist(),
            "places_moved": self.n_places[order].tolist(),
        }, "Influence of single participants")  # fmt: skip


def influence(
    data: Data,
    method: str = "rank_centrality",
    *,
    ties: Ties = "half",
    alpha: float = 1.0,
    l2: float = 0.0,
    scale: Scale = "natural",
    tie_model: TieModel | None = None,
) -> Influence:
    """Score `data` again without each participant (the jackknife over clusters).

    Works on sums per participant, many participants at a time, so leaving out each of a thousand
    costs about as much as a bootstrap. Arguments as in `fit`. Raises `OneRaterError` where there is
    only one participant.
    """
    settings = Settings(ties, alpha, l2, scale, None, None, tie_model)
    settings.check_method(method)
    check_enough(len(data), len(data.models))
    counts = Resampler.of(data, "cluster", methods=(method,), settings=settings)
    if counts.n_units == 1:
        raise OneRaterError
    whole = counts.evidence(counts.whole())
    ratings = rate(whole, data.models, method, settings)
    raw = jackknife(counts, method, settings, start=start_of(whole, method, settings))
    scores = to_scale(raw, method, scale, None)
    known = np.isfinite(scores).all(axis=1)
    ranks = np.zeros(scores.shape, dtype=np.int64)
    ranks[known] = ranks_of(scores[known])
    assert data.cluster is not None
    codes, n_rows = np.unique(data.cluster, return_counts=True)
    labels = data.participants
    names = tuple(labels[code] if code < len(labels) else str(code) for code in codes.tolist())
    return Influence(ratings, names, n_rows.astype(np.int64), scores, ranks)
