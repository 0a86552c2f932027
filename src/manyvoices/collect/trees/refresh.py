"""Bringing a tree up to date after anything about it changed: states, needs, room.

Called inside the transaction of the change, with the tree's row locked. It computes everything anew
from the rows, so calling it once more never does harm; the sweeper does so.
"""

from __future__ import annotations

import random
import uuid
from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime

from manyvoices.collect.trees import happenings
from manyvoices.collect.trees.facts import MODERATOR, messages_of, tree_facts
from manyvoices.collect.trees.models import (
    LabelsGiven,
    Message,
    Need,
    ReviewerWeight,
    Tree,
    TreeEvent,
)
from manyvoices.collect.trees.policies import named_policy
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
from manyvoices.design.trees.lifecycle import to_take_away
from manyvoices.design.trees.needs import room_in_tree
from manyvoices.schema import TreeState


def lock_tree(tree: Tree) -> Tree:
    """The tree's row as it is now, held until the transaction ends."""
    rows = Tree.objects.select_for_update(of=("self",), no_key=True)
    return rows.select_related("study").get(pk=tree.pk)


def look_again(tree_ids: Iterable[uuid.UUID]) -> None:
    """Let the sweeper bring trees up to date whose rows were changed without `refresh`."""
    Tree.objects.filter(pk__in=list(tree_ids)).update(policy_name="")


def refresh(tree: Tree, *, now: datetime, rng: random.Random) -> TreeFacts:
    """Let the rules act on a tree whose row is locked; return its facts afterwards."""
    name, policy = named_policy(tree.study, tree.language)
    facts = _moderated(tree, tree_facts(tree, messages_of(tree)), policy)
    for step in advance(facts, policy):
        TreeEvent.objects.create(
            tree=tree, before=step.before, after=step.after, reason=step.reason, at=now
        )
        tree.state, tree.changed_at = step.after.value, now
        facts = replace(facts, state=step.after)
    tree.room = max(room_in_tree(facts), 0) if facts.state is TreeState.GROWING else 0
    tree.policy_name, tree.checked_at = name, now
    tree.save()
    _store_needs(tree, facts, policy, now=now, rng=rng)
    return facts


def _moderated(tree: Tree, facts: TreeFacts, policy: TreePolicy) -> TreeFacts:
    """The facts once replies that too many people reported are taken away; it is stored."""
    gone = to_take_away(facts, policy)
    if not gone:
        return facts
    Message.objects.filter(pk__in=gone).update(deleted=True, decided_because="reports")
    keys = [uuid.UUID(key) for key in sorted(gone)]
    happenings.messages_deleted.send(sender=Message, tree=tree, messages=keys, because="reports")
    messages = tuple(replace(m, deleted=m.deleted or m.id in gone) for m in facts.messages)
    return replace(facts, messages=messages)


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
        elif (row.seats, row.is_lonely) != (need.seats, need.is_lonely):
            if need.is_lonely and not row.is_lonely:
                row.due_at = min(row.due_at, due_at(need, facts, policy, now=now, rng=rng))
            row.seats, row.is_lonely = need.seats, need.is_lonely
            changed.append(row)
    if gone:
        Need.objects.filter(pk__in=gone).delete()
    if changed:
        Need.objects.bulk_update(changed, ["seats", "is_lonely", "due_at"])
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
        is_lonely=need.is_lonely,
    )


def judge(message: Message, policy: TreePolicy, *, anew: bool = False) -> None:
    """Decide what the reviews of a message come to, and store it with the message.

    What a moderator decided stays. A review that came after the message was accepted does not take
    that back, since people may have built on it; `anew` does, after its text was changed.
    """
    if message.decided_because == MODERATOR:
        return
    was = message.accepted
    reviews = _reviews(message, policy)
    decision = decide(reviews, policy, is_prompt=message.parent_id is None)
    message.n_reviews = len(reviews)
    message.acceptance = decision.acceptance
    message.is_split = decision.is_split
    if anew or message.accepted is not True:
        message.accepted, message.decided_because = decision.accepted, decision.reason
    # A review that says nothing of what decides takes a seat and does not count: ask once more.
    message.reviews_wanted = decision.reviews_wanted + len(reviews) - decision.n_counted
    message.save(
        update_fields=[
            *("n_reviews", "accepted", "acceptance", "reviews_wanted"),
            *("is_split", "decided_because"),
        ]
    )
    if message.accepted is not None and message.accepted is not was:
        happenings.message_decided.send(sender=Message, message=message)


def _reviews(message: Message, policy: TreePolicy) -> list[Review]:
    """The reviews that count, in their order, with the weights of the reviewers."""
    rows = message.labels.filter(source=LabelsGiven.Source.TASK, counts=True).order_by("pk")
    given = list(rows.values_list("participant_id", "labels"))
    weights: dict[uuid.UUID, float] = {}
    if policy.reviewer_weighting == "reliability":
        known = ReviewerWeight.objects.filter(
            participant__in=[person for person, _labels in given], language=message.language
        )
        weights = dict(known.values_list("participant_id", "weight"))
    return [Review(labels, weights.get(person, 1.0)) for person, labels in given]
