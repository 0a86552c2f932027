"""Taking back what one person gave to trees, without tearing down what others built on it.

Their reviews, rankings and tasks go. A message that nobody answered goes; of one that somebody
answered an empty place is left, so that the answers of others keep their thread. What reviews had
decided stays decided; what was still open is judged by the reviews that are left. Trees in which
something is to be done are brought up to date at once; rankings of finished trees are merged again
by the sweeper.
"""

from __future__ import annotations

import random
import uuid
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any

from django.db.models import Count, Exists, OuterRef, Q, QuerySet
from django.dispatch import Signal

from manyvoices.collect.people.models import Participant
from manyvoices.collect.trees.models import (
    LabelsGiven,
    Message,
    PromptPlace,
    RankingGiven,
    Revision,
    Task,
    Tree,
)
from manyvoices.collect.trees.policies import policy_for
from manyvoices.collect.trees.prompts import refresh_prompt_need
from manyvoices.collect.trees.refresh import judge, lock_tree, refresh
from manyvoices.design.trees.facts import ACTIVE

CHUNK = 500
texts_erased = Signal()
"""Sent with ``messages`` (ids) and their ``study`` inside the transaction that empties or deletes
them, before it does: whoever keeps a copy or a quotation of a text deletes it then."""


def hold_tasks(participant: Participant) -> None:
    """Hold somebody's unfinished tasks. Whoever sends one holds it before the person's row, and so
    must an erasure, or each would wait for the other."""
    rows = Task.objects.select_for_update(no_key=True).filter(participant=participant)
    list(rows.filter(state=Task.State.LEASED).order_by("pk").values_list("pk", flat=True))


def erase(participant: Participant, *, now: datetime, rng: random.Random) -> dict[str, int]:
    """Erase what `participant` gave to trees; kind of row -> how many. In the transaction of the
    withdrawal, the person's row held."""
    counts = {
        "messages": participant.messages.count(),
        "labels": participant.labels.count(),
        "rankings": participant.rankings.count(),
        "places": participant.places.count(),
        "tasks": participant.tasks.count(),
    }
    prompts = participant.tasks.filter(tree=None, state=Task.State.LEASED)
    languages = set(prompts.values_list("language", flat=True))
    locked = {key: lock_tree(Tree(pk=key)) for key in trees_concerned(participant)}
    _erase_judgements(participant)
    gone = _erase_texts(participant)
    for key in locked.keys() - gone:
        refresh(lock_tree(locked[key]), now=now, rng=rng)
    for language in sorted(languages | {locked[key].language for key in gone}):
        refresh_prompt_need(study=participant.study, language=language, now=now, rng=rng)
    return {name: n for name, n in counts.items() if n}


def trees_concerned(participant: Participant) -> list[uuid.UUID]:
    """Trees with texts of somebody, and open ones with anything else of theirs, in the order in
    which they are locked. The policy bounds how many trees are open."""
    trees = Tree.objects.filter(study=participant.study_id)
    keys = set(trees.filter(messages__author=participant).values_list("pk", flat=True))
    for theirs in (
        Q(tasks__participant=participant, tasks__state=Task.State.LEASED),
        Q(messages__labels__participant=participant),
        Q(messages__rankings__participant=participant),
    ):
        keys |= set(trees.filter(theirs, state__in=ACTIVE).values_list("pk", flat=True))
    return sorted(keys)


def _erase_judgements(participant: Participant) -> None:
    """Delete reviews, rankings and tasks."""
    reviewed = set(participant.labels.values_list("message_id", flat=True))
    ranked = set(participant.rankings.values_list("parent_id", flat=True))
    # What is reviewed and ranked goes before the tasks, which it hangs on.
    LabelsGiven.objects.filter(participant=participant).delete()
    RankingGiven.objects.filter(participant=participant).delete()
    PromptPlace.objects.filter(participant=participant).delete()
    Task.objects.filter(participant=participant).delete()
    count_again(reviewed | ranked)


def count_again(messages: Iterable[uuid.UUID]) -> None:
    """After reviews of `messages`, or rankings of the replies to them, were deleted."""
    for keys in _chunks(messages):
        _review_again(Message.objects.filter(pk__in=keys))
        _count_rankings(Message.objects.filter(pk__in=keys))
        # The sweeper merges again what was merged already.
        Tree.objects.filter(messages__in=keys).update(is_scored=False)


def _review_again(messages: QuerySet[Message]) -> None:
    """Judge what is open by the reviews that are left; of what is decided only count them."""
    for message in messages.filter(accepted=None).select_related("tree__study"):
        judge(message, policy_for(message.tree.study, message.tree.language))
    counting = Q(labels__source=LabelsGiven.Source.TASK, labels__counts=True)
    rows = messages.exclude(accepted=None).annotate(n=Count("labels", filter=counting))
    decided = list(rows.only("pk", "n_reviews"))
    for row in decided:
        row.n_reviews = row.n
    Message.objects.bulk_update(decided, ["n_reviews"])


def _count_rankings(parents: QuerySet[Message]) -> None:
    rows = list(parents.annotate(n=Count("rankings")).only("pk", "n_rankings"))
    for row in rows:
        row.n_rankings = row.n
    Message.objects.bulk_update(rows, ["n_rankings"])


def _erase_texts(participant: Participant) -> set[uuid.UUID]:
    """Empty or delete what somebody wrote; return the trees of which nothing is left."""
    own = dict(participant.messages.values_list("pk", "tree_id"))
    for keys in _chunks(own):
        texts_erased.send(sender=Message, messages=keys, study=participant.study)
        Revision.objects.filter(message__in=keys).delete()
        Message.objects.filter(pk__in=keys).update(
            deleted=True, text="", author=None, evidence={}, sources=[], extra={},
            model_name="", consent_version="", rank=None,
        )  # fmt: skip
    gone: set[uuid.UUID] = set()
    for keys in _chunks(set(own.values())):
        _clear_away(keys)
        # Merged again without the texts that are gone.
        Tree.objects.filter(pk__in=keys).update(is_scored=False)
        empty = ~Exists(Message.objects.filter(tree=OuterRef("pk")))
        gone |= set(Tree.objects.filter(empty, pk__in=keys).values_list("pk", flat=True))
    Tree.objects.filter(pk__in=gone).delete()
    return gone


def _clear_away(trees: list[uuid.UUID]) -> None:
    """Delete the empty places that nobody's answer hangs on, from the leaves up."""
    answered = Exists(Message.objects.filter(parent=OuterRef("pk")))
    empty = Message.objects.filter(tree__in=trees, deleted=True, author=None, text="")
    while keys := list(empty.filter(~answered).values_list("pk", flat=True)):
        Message.objects.filter(pk__in=keys).delete()


def own_data(participant: Participant) -> dict[str, list[dict[str, Any]]]:
    """What somebody gave to trees, for themselves: texts with what became of them, and what they
    said of texts of others, which are named by their id and not repeated."""
    messages = participant.messages.prefetch_related("revisions").order_by("created_at", "pk")
    labels = participant.labels.order_by("created_at", "pk")
    rankings = participant.rankings.order_by("created_at", "pk")
    places = participant.places.filter(sent_at__isnull=False).order_by("sent_at", "pk")
    placed = ("message_id", "ranking", "place", "flags", "sent_at", "consent_version")
    tasks = participant.tasks.order_by("leased_at", "pk")
    said = ("message_id", "source", "labels", "created_at", "consent_version")
    ordered = ("parent_id", "groups", "shown", "all_bad", "flags", "created_at", "consent_version")
    done = ("id", "kind", "language", "message_id", "state", "leased_at", "finished_at")
    return {
        "messages": [_own_message(message) for message in messages],
        "labels": list(labels.values(*said)),
        "rankings": list(rankings.values(*ordered)),
        "prompt_places": list(places.values(*placed)),
        "tasks": list(tasks.values(*done, "skip_reason")),
        "weights_of_your_reviews": list(
            participant.reviewer_weights.order_by("language").values(
                "language", "weight", "n_reviews", "weighed_at"
            )
        ),
    }


def _own_message(message: Message) -> dict[str, Any]:
    names = ("id", "tree_id", "parent_id", "role", "text", "language", "created_at", "edited_at")
    became = ("accepted", "rank", "deleted", "sources", "evidence", "consent_version")
    before = [(row.text, row.replaced_at) for row in message.revisions.all()]
    return {name: getattr(message, name) for name in (*names, *became)} | {
        "earlier_wordings": [{"text": text, "until": until} for text, until in before]
    }


def _chunks(keys: Iterable[uuid.UUID | None]) -> Iterator[list[uuid.UUID]]:
    ordered = sorted(key for key in keys if key is not None)
    return (ordered[start : start + CHUNK] for start in range(0, len(ordered), CHUNK))
