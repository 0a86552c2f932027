"""Borda's count, with one rule for ties and gaps.

Borda (1781); for ties and gaps Dummett, Principles of Electoral Reform (1997): a candidate gets
a point for everyone below, half a point for everyone level.
"""

from __future__ import annotations

from manyvoices.aggregate.ballots import Ballots, Margins
from manyvoices.aggregate.ranked_pairs import open_election
from manyvoices.aggregate.standing import Standing, stand


def borda(ballots_or_margins: Ballots | Margins) -> Standing:
    """Order candidates by points.

    On each ballot a candidate gets 1 point for every candidate that the ballot puts below it, 0 for
    those above, and 1/2 for every pair of which the ballot says nothing: a tie, two unranked ones
    under "last", and any pair with an unranked one under "no_opinion". A complete strict ballot
    thus gives n - 1, n - 2, ..., 0; a group ranked equal shares the points of its places; a gap is
    neither praise nor blame. All of it follows from the margins, so clones or a lack of them move
    the result, unlike with ranked pairs. Scores are sums over ballots times weights; from margins
    alone they are the same less their common mean.
    """
    table, candidates, ballots = open_election(ballots_or_margins)
    n_votes = 0 if ballots is None else ballots.weights.sum()
    level = n_votes * (len(candidates) - 1)
    return stand("borda", candidates, (level + table.sum(axis=1)) / 2)
