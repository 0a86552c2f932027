"""What the majorities between pairs say before any rule breaks their circles.

Condorcet, Essai (1785): who beats every other one should win. Smith, "Aggregation of preferences
with variable electorate", Econometrica 41 (1973): else the smallest set that beats all outside it.
Copeland, "A reasonable social welfare function" (1951): count the majorities.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components

from manyvoices.aggregate.ballots import Ballots, Margins
from manyvoices.aggregate.kinds import AnyArray, IntArray
from manyvoices.aggregate.ranked_pairs import open_election
from manyvoices.aggregate.standing import Standing, stand


def condorcet_winner(ballots_or_margins: Ballots | Margins) -> Any | None:
    """Return the candidate with a majority over every other one, None where there is none.

    A single candidate wins over nobody and is the winner all the same.
    """
    table, candidates, _ = open_election(ballots_or_margins)
    return _beats_all(table, candidates)


def condorcet_loser(ballots_or_margins: Ballots | Margins) -> Any | None:
    """Return the candidate who loses to every other one; None where there is none, or only one."""
    table, candidates, _ = open_election(ballots_or_margins)
    return _beats_all(-table, candidates) if len(candidates) > 1 else None


def smith_set(ballots_or_margins: Ballots | Margins) -> tuple[Any, ...]:
    """Return the smallest set whose every member has a majority over everybody outside it."""
    table, candidates, _ = open_election(ballots_or_margins)
    tiers = majority_tiers(table)
    return tuple(candidates[code] for code in tiers[0].tolist()) if tiers else ()


def copeland(ballots_or_margins: Ballots | Margins, *, tie: float = 0.5) -> Standing:
    """Order candidates by the number of others over whom they have a majority.

    A pair without a majority counts `tie` for both sides: 0.5 is the usual rule, 0 and 1 are
    Copeland's extremes. Scores run from 0 to n - 1.
    """
    if not 0 <= tie <= 1:
        raise ValueError(f"tie must lie between 0 and 1, found {tie!r}")
    table, candidates, _ = open_election(ballots_or_margins)
    level = (table == 0).sum(axis=1) - 1
    return stand("copeland", candidates, (table > 0).sum(axis=1) + tie * level, tie=tie)


def majority_tiers(table: AnyArray) -> list[IntArray]:
    """Return codes in tiers, best first: whoever stands in one beats all who stand in a later one.

    The tiers are the strongly connected parts of "does not lose to"; the first is the Smith set.
    No tier can be divided further, so every rule that respects majorities orders tier by tier.
    """
    n = len(table)
    if not n:
        return []
    _, label = connected_components(csr_array(table >= 0), directed=True, connection="strong")
    # A member of an earlier tier beats all later ones, so its count of majorities is larger.
    wins = (table > 0).sum(axis=1)
    tiers = [np.flatnonzero(label == value) for value in np.unique(label)]
    return sorted(tiers, key=lambda tier: -int(wins[tier].max()))


def _beats_all(table: AnyArray, candidates: tuple[Any, ...]) -> Any | None:
    found = np.flatnonzero((table > 0).sum(axis=1) == len(candidates) - 1)
    return candidates[int(found[0])] if len(found) else None
