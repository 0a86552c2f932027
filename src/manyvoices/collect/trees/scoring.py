"""Merging the rankings of one tree: ranked pairs per set of replies, ties and doubt kept.

Incomplete ballots are kept whole: a reply that somebody left out is one that they said nothing of.
Where most people said that all replies are bad, the set has no ranks at all.
"""

from __future__ import annotations

import uuid
from datetime import datetime

import numpy as np

from manyvoices.aggregate import Ballots, consensus_groups, kendall_w, krippendorff_alpha
from manyvoices.collect.trees.facts import messages_of, tree_facts
from manyvoices.collect.trees.models import Message, RankingGiven, SetConsensus, Tree
from manyvoices.collect.trees.policies import policy_for
from manyvoices.design.trees.needs import ranking_sets


def score_tree(tree: Tree, *, now: datetime) -> int:
    """Store a consensus for every set of replies of a tree; return how many sets there were.

    Call it in a transaction, the tree's row locked; it leaves `is_scored` set.
    """
    policy = policy_for(tree.study, tree.language)
    facts = tree_facts(tree, messages_of(tree))
    sets = ranking_sets(facts, policy)
    for parent in sets:
        live = [reply.id for reply in facts.replies[parent.id] if reply.is_live]
        key = uuid.UUID(parent.id)
        if parent.n_rankings or SetConsensus.objects.filter(parent=key).exists():
            # Ranks that came with an imported tree stay while nobody here has ranked anything.
            score_set(key, live, now=now)
    gone = SetConsensus.objects.filter(parent__tree=tree)
    for consensus in gone.exclude(parent__in=[parent.id for parent in sets]):
        _store_ranks(consensus.parent_id, [])
        consensus.delete()
    tree.is_scored, tree.scoring_failures = True, 0
    tree.save(update_fields=["is_scored", "scoring_failures"])
    return len(sets)


def score_set(parent: uuid.UUID, live: list[str], *, now: datetime) -> SetConsensus:
    """Merge the rankings of the live replies to one message, and store their ranks."""
    rows = list(RankingGiven.objects.filter(parent=parent, held=None).order_by("pk"))
    n_bad = sum(row.all_bad for row in rows)
    ballots = [_of_live(row.groups, set(live)) for row in rows if not row.all_bad]
    ballots = [ballot for ballot in ballots if sum(map(len, ballot)) >= 2]
    all_bad = bool(rows) and 2 * n_bad > len(rows)
    groups = [] if all_bad or not ballots else consensus_groups(ballots, sorted(live))
    w, alpha = agreement(ballots, sorted(live))
    consensus, _ = SetConsensus.objects.update_or_create(
        parent=Message(pk=parent),
        defaults={
            "groups": groups,
            "n_rankings": len(rows),
            "n_all_bad": n_bad,
            "all_bad": all_bad,
            "kendall_w": w,
            "alpha": alpha,
            "merged_at": now,
        },
    )
    _store_ranks(parent, groups)
    return consensus


def _of_live(groups: list[list[str]], live: set[str]) -> list[list[str]]:
    kept = [[key for key in group if key in live] for group in groups]
    return [group for group in kept if group]


def agreement(
    ballots: list[list[list[str]]], candidates: list[str]
) -> tuple[float | None, float | None]:
    """Kendall's W of the complete rankings, and Krippendorff's alpha (ordinal) of all of them;
    None where there are fewer than two."""
    table = np.full((len(ballots), len(candidates)), np.nan)
    column = {key: i for i, key in enumerate(candidates)}
    for row, ballot in enumerate(ballots):
        place = 0.0
        for group in ballot:
            for key in group:
                table[row, column[key]] = place + (len(group) - 1) / 2
            place += len(group)
    if len(ballots) < 2 or len(candidates) < 2:
        return None, None
    whole = [ballot for ballot in ballots if sum(map(len, ballot)) == len(candidates)]
    w = None
    if len(whole) >= 2:
        w = _finite(kendall_w(Ballots.from_rankings(whole, candidates=candidates)).value)
    return w, _finite(krippendorff_alpha(table.T, "ordinal", n_resamples=0).value)


def _finite(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None


def _store_ranks(parent: uuid.UUID, groups: list[list[str]]) -> None:
    rank = {key: place for place, group in enumerate(groups) for key in group}
    rows = list(Message.objects.filter(parent=parent).only("pk", "rank"))
    for row in rows:
        row.rank = rank.get(str(row.pk))
    Message.objects.bulk_update(rows, ["rank"])
