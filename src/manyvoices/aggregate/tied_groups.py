"""An order with its ties: neighbours whom no vote sets apart share a place."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from manyvoices.aggregate.ballots import Ballots
from manyvoices.aggregate.ranked_pairs import Consensus, ranked_pairs


def tied_groups(consensus: Consensus) -> list[list[Any]]:
    """The labels of an order in groups, best first.

    A candidate joins the group above it when its margin over every member is zero; so groups are
    of neighbours in the order, and two candidates with a margin between them are never in one.
    """
    place = {label: i for i, label in enumerate(consensus.candidates)}
    groups: list[list[Any]] = []
    for label in consensus.order:
        row = consensus.margins[place[label]]
        if groups and all(row[place[other]] == 0 for other in groups[-1]):
            groups[-1].append(label)
        else:
            groups.append([label])
    return groups


def consensus_groups(
    ballots: Sequence[Sequence[Sequence[str]]], candidates: Sequence[str]
) -> list[list[str]]:
    """Merge ballots (ordered groups each, best first) by ranked pairs; ties are kept as groups.

    Candidates whom nobody placed are left out: nothing is known of them. The order of `candidates`
    breaks ties between majorities (`ranked_pairs`, ``ties="lex"``).
    """
    placed = {key for ballot in ballots for group in ballot for key in group}
    known = [key for key in candidates if key in placed]
    return tied_groups(ranked_pairs(Ballots.from_rankings(ballots, candidates=known), ties="lex"))
