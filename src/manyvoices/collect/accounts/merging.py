"""Moving what one record gave to trees into another record of the same person.

A person says one thing of one text: where both records reviewed the same message, or ranked the
same replies, the earlier one stays. A review or ranking of a text that turns out to be one's own
goes. Tasks in hand are given back.
"""

from __future__ import annotations

import random
import uuid
from datetime import datetime

from django.db.models import F, Q

from manyvoices.collect.people.locks import lock_participant
from manyvoices.collect.people.models import Participant
from manyvoices.collect.trees import erasure
from manyvoices.collect.trees.models import (
    LabelsGiven,
    Message,
    PromptPlace,
    RankingGiven,
    Task,
    Tree,
)
from manyvoices.collect.trees.refresh import lock_tree, refresh

MOVED = frozenset({"messages", "labels", "rankings", "places"})
"""Relations of a record that can be moved."""


def move(*, source: Participant, target: Participant, now: datetime, rng: random.Random) -> None:
    """Move everything of `source` into `target`, in the transaction of the caller."""
    both = sorted([source, target], key=lambda person: person.pk)
    for person in both:
        erasure.hold_tasks(person)
    for person in both:
        lock_participant(person)
    trees = sorted({key for person in both for key in erasure.trees_concerned(person)})
    locked = [lock_tree(Tree(pk=key)) for key in trees]
    leased = Task.objects.filter(participant=source, state=Task.State.LEASED)
    leased.update(state=Task.State.EXPIRED, finished_at=now)
    touched = _drop_doubles(source, target)
    for rows in (LabelsGiven.objects, RankingGiven.objects, PromptPlace.objects, Task.objects):
        rows.filter(participant=source).update(participant=target)
    Message.objects.filter(author=source).update(author=target)
    touched |= _drop_of_own_texts(target)
    erasure.count_again(touched)
    for tree in locked:
        refresh(lock_tree(tree), now=now, rng=rng)


def _drop_doubles(source: Participant, target: Participant) -> set[uuid.UUID]:
    """Delete the later of two judgements of the same thing; return the messages concerned."""
    touched: set[uuid.UUID] = set()
    for model, thing in ((LabelsGiven, "message_id"), (RankingGiven, "parent_id")):
        kinds = ("source", thing) if model is LabelsGiven else (thing,)
        # Reviews that do not count, such as those of a text that was changed since, are no doubles.
        counting = {"counts": True} if model is LabelsGiven else {}
        rows = model.objects.filter(participant=target, **counting)
        theirs = {_key(row, kinds): row for row in rows}
        for row in model.objects.filter(participant=source, **counting):
            twin = theirs.get(_key(row, kinds))
            if twin is not None:
                later = max(row, twin, key=lambda one: (one.created_at, one.pk))
                later.delete()
                touched.add(getattr(row, thing))
    # Their share of what they said of one prompt counts once; the order that came first stays.
    mine = PromptPlace.objects.filter(participant=target, sent_at__isnull=False)
    doubles = PromptPlace.objects.filter(participant=source, message__in=mine.values("message"))
    doubles.delete()
    return touched


def _key(row: object, names: tuple[str, ...]) -> tuple[object, ...]:
    return tuple(getattr(row, name) for name in names)


def _drop_of_own_texts(person: Participant) -> set[uuid.UUID]:
    labels = LabelsGiven.objects.filter(participant=person, message__author=F("participant"))
    own = Q(parent__replies__author=F("participant"))
    rankings = RankingGiven.objects.filter(own, participant=person)
    touched = set(labels.values_list("message_id", flat=True))
    touched |= set(rankings.values_list("parent_id", flat=True))
    labels.delete()
    RankingGiven.objects.filter(pk__in=list(rankings.values_list("pk", flat=True))).delete()
    PromptPlace.objects.filter(participant=person, message__author=F("participant")).delete()
    return touched
