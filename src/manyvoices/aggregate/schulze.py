"""Schulze's rule: compare candidates by the strongest path of majorities each way.

Schulze, "A new monotonic, clone-independent, reversal symmetric, and Condorcet-consistent
single-winner election method", Social Choice and Welfare 36 (2011).
"""

from __future__ import annotations

from typing import Any, Literal

import numpy as np

from manyvoices.aggregate.ballots import Ballots, Margins, preferences
from manyvoices.aggregate.kinds import AnyArray
from manyvoices.aggregate.ranked_pairs import open_election
from manyvoices.aggregate.standing import Standing, stand

Strength = Literal["margins", "winning_votes"]


def schulze(ballots_or_margins: Ballots | Margins, *, strength: Strength = "margins") -> Standing:
    """Order candidates by beat paths.

    i stands above j where the strongest path of majorities from i to j is stronger than that from j
    to i; a path is as strong as its weakest majority. Scores count those below; equal scores are
    a tie. That order keeps to the relation, which is transitive. `winners` are all who have nobody
    above them, which can be more than the first group.

    `strength`: a majority counts by its margin, or by the votes on its side ("winning_votes", which
    needs the ballots). The two differ only where ballots have ties or gaps.
    """
    table, candidates, ballots = open_election(ballots_or_margins)
    width = beat_paths(_strengths(table, ballots, strength))
    above = width > width.T
    unbeaten = np.flatnonzero(~above.any(axis=0))
    return stand(
        "schulze",
        candidates,
        above.sum(axis=1),
        winners=[candidates[code] for code in unbeaten.tolist()],
        strength=strength,
    )


def beat_paths(strength: AnyArray) -> AnyArray:
    """Return (..., n, n): how strong the strongest path from i to j is.

    `strength` (..., n, n) holds majorities, 0 where there is none; leading axes are elections of
    one size, done together. n steps of one pass over the matrix (Floyd 1962, Warshall 1962).
    """
    width = np.array(strength)
    for middle in range(width.shape[-1]):
        through = np.minimum(width[..., :, middle, None], width[..., None, middle, :])
        np.maximum(width, through, out=width)
    diagonal = np.arange(width.shape[-1])
    width[..., diagonal, diagonal] = 0
    return width


def _strengths(table: AnyArray, ballots: Ballots | None, strength: Any) -> AnyArray:
    if strength == "margins":
        return np.maximum(table, 0)
    if strength != "winning_votes":
        raise ValueError(f"strength must be 'margins' or 'winning_votes', found {strength!r}")
    if ballots is None:
        raise ValueError("strength='winning_votes' needs the ballots, not only their margins")
    return np.where(table > 0, preferences(ballots), 0)
