"""Bringing a tree up to date after anything about it changed: states, needs, room.

Called inside the transaction of the change, with the tree's row locked. It computes everything anew
from the rows, so calling it once more never does harm; the sweeper does so.
"""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import datetime

from manyvoices.collect.trees.facts import messages_of, tree_facts
from manyvoices.collect.trees.models import LabelsGiven, Message, Need, Tree, TreeEvent
from manyvoices.collect.trees.policies import policy_for
from manyvoices.design.trees import (
    Need as NeedSpec,
)
from manyvoices.design.trees import (
    Review,
    TreeFacts,
    TreePolicy,
    advance,
    decide,
    due_at,
    needs,
)
from manyvoices.design.trees.needs import room_in_tree
from manyvoices.schema import TreeState


def lock_tree(tree: Tree) -> Tree:
    """The tree's row as it is now, held until the transaction ends."""
    return Tree.objects.select_for_update(of=("self",)).select_related("study").get(pk=tree.pk)


def refresh(tree: Tree, *, now: datetime, rng: random.Random) -> TreeFacts:
    """Let the rules act on a tree whose row is locked; return its facts afterwards."""
    policy = policy_for(tree.study, tree.language)
    facts = tree_facts(tree, messages_of(tree))
    for step in advance(facts, policy):
        TreeEvent.objects.create(
            tree=tree, before=step.before, after=step.after, reason=step.reason, at=now
        )
        tree.state, tree.changed_at = step.after.value, now
        facts = replace(facts, state=step.after)
    tree.room = max(room_in_tree(facts), 0) if facts.state is TreeState.GROWING else 0
    tree.save()
    _store_needs(tree, facts, policy, now=now, rng=rng)
    return facts


def _store_needs(
    tree: Tree, facts: TreeFacts, policy: TreePolicy, *, now: datetime, rng: random.Random
) -> None:
    """Make the stored needs those of the rule; one that stays keeps its moment."""
    wanted = {(need.message, need.kind.value): need for need in needs(facts, policy)}
    gone, changed = [], []
    for row in Need.objects.filter(tree=tree):
        need = wanted.pop((str(row.message_id), row.kind), None)
        if need is None:
            gone.append(row.pk)
        elif row.seats != need.seats:
            row.seats = need.seats
            changed.append(row)
    if gone:
        Need.objects.filter(pk__in=gone).delete()
    if changed:
        Need.objects.bulk_update(changed, ["seats"])
    new = [_row(tree, need, facts, policy, now, rng) for need in wanted.values()]
    if new:
        Need.objects.bulk_create(new)


def _row(
    tree: Tree,
    need: NeedSpec,
    facts: TreeFacts,
    policy: TreePolicy,
    now: datetime,
    rng: random.Random,
) -> Need:
    return Need(
        study_id=tree.study_id,
        language=tree.language,
        kind=need.kind.value,
        tree=tree,
        message_id=need.message,
        seats=need.seats,
        due_at=due_at(need, facts, policy, now=now, rng=rng),
    )


def judge(message: Message, policy: TreePolicy) -> None:
    """Decide anew what the reviews of a message come to, and store it with the message.

    What a moderator decided stays.
    """
    if message.decided_because == "moderator":
        return
    rows = message.labels.filter(source=LabelsGiven.Source.TASK, counts=True).order_by("pk")
    reviews = [Review(labels=labels) for labels in rows.values_list("labels", flat=True)]
    decision = decide(reviews, policy, is_prompt=message.parent_id is None)
    message.n_reviews = len(reviews)
    message.accepted, message.acceptance = decision.accepted, decision.acceptance
    # A review that says nothing of what decides takes a seat and does not count: ask once more.
    n_silent = len(reviews) - _n_counted(reviews)
    message.reviews_wanted = decision.reviews_wanted + n_silent
    message.is_split, message.decided_because = decision.is_split, decision.reason
    message.save(
        update_fields=[
            *("n_reviews", "accepted", "acceptance", "reviews_wanted"),
            *("is_split", "decided_because"),
        ]
    )


def _n_counted(reviews: list[Review]) -> int:
    from manyvoices.design.trees.acceptance import AGAINST

    return sum(any(r.labels.get(name) is not None for name in AGAINST) for r in reviews)
