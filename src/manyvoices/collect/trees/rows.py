"""The rows of a few trees at a time, in as many statements however many trees there are.

Trees are taken in order of their key, so that memory holds one batch and a tree that is begun
meanwhile moves nothing.
"""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, TypeVar

from django.db.models import Model, Q, QuerySet

from manyvoices.collect.people.models import Participant
from manyvoices.collect.studies.models import Study
from manyvoices.collect.trees.models import (
    LabelsGiven,
    Message,
    PromptPlace,
    RankingGiven,
    SetConsensus,
    Task,
    Tree,
    TreeEvent,
)
from manyvoices.collect.trees.selection import Selection

BATCH = 50
"""Trees in memory at a time."""
M = TypeVar("M", bound=Model)


@dataclass(slots=True)
class TreeRows:
    """All rows of one tree."""

    tree: Tree
    messages: list[Message] = field(default_factory=list)
    """Parents before their replies; siblings as they came."""
    reviews: list[LabelsGiven] = field(default_factory=list)
    rankings: list[RankingGiven] = field(default_factory=list)
    places: list[PromptPlace] = field(default_factory=list)
    """Where its prompt was put among others that waited."""
    consensus: list[SetConsensus] = field(default_factory=list)
    events: list[TreeEvent] = field(default_factory=list)
    skips: list[tuple[uuid.UUID, str]] = field(default_factory=list)
    """(message, kind of task) of each task that somebody passed over."""
    reactions: list[tuple[uuid.UUID, uuid.UUID, str]] = field(default_factory=list)
    """(message, person, kind) of each word of thanks."""


def tree_rows(study: Study, selection: Selection) -> Iterator[list[TreeRows]]:
    """Trees of a study that a selection wants, in batches."""
    wanted = Tree.objects.filter(study=study).order_by("pk")
    if selection.states:
        wanted = wanted.filter(state__in=[state.value for state in selection.states])
    if selection.languages:
        wanted = wanted.filter(language__in=selection.languages)
    last, left = None, selection.limit
    while left is None or left > 0:
        rows = wanted if last is None else wanted.filter(pk__gt=last)
        trees = list(rows[: BATCH if left is None else min(BATCH, left)])
        if not trees:
            return
        last = trees[-1].pk
        left = None if left is None else left - len(trees)
        yield filled(trees)


def filled(trees: list[Tree]) -> list[TreeRows]:
    """All rows of some trees, in as many statements however many they are."""
    found = {tree.pk: TreeRows(tree) for tree in trees}
    keys = list(found)
    messages = Message.objects.filter(tree__in=keys).select_related("author")
    for message in messages.order_by("depth", "created_at", "pk").iterator():
        found[message.tree_id].messages.append(message)
    for review in _with_people(LabelsGiven.objects.filter(message__tree__in=keys), "message"):
        found[review.message.tree_id].reviews.append(review)
    for ranking in _with_people(RankingGiven.objects.filter(parent__tree__in=keys), "parent"):
        found[ranking.parent.tree_id].rankings.append(ranking)
    sent = PromptPlace.objects.filter(message__tree__in=keys, sent_at__isnull=False)
    for place in _with_people(sent, "message"):
        found[place.message.tree_id].places.append(place)
    merged = SetConsensus.objects.filter(parent__tree__in=keys).select_related("parent")
    for consensus in merged.order_by("pk"):
        found[consensus.parent.tree_id].consensus.append(consensus)
    for event in TreeEvent.objects.filter(tree__in=keys).order_by("pk"):
        found[event.tree_id].events.append(event)
    passed = Task.objects.filter(tree__in=keys, state=Task.State.SKIPPED, message__isnull=False)
    for tree, message_id, kind in passed.values_list("tree_id", "message_id", "kind"):
        if message_id is not None:
            found[tree].skips.append((message_id, kind))
    _add_reactions(found)
    return list(found.values())


def _add_reactions(found: dict[uuid.UUID, TreeRows]) -> None:
    from manyvoices.collect.community.models import Reaction

    given = Reaction.objects.filter(message__tree__in=list(found)).order_by("pk")
    for row in given.select_related("message").only("message__tree", "participant", "kind"):
        own = found[row.message.tree_id].reactions
        own.append((row.message_id, row.participant_id, row.kind))


def _with_people(rows: QuerySet[Any], message: str) -> Iterable[Any]:
    light = [f"{message}__{name}" for name in ("text", "path", "sources", "evidence", "extra")]
    return rows.select_related("participant", message).defer(*light).order_by("pk").iterator()


def people_of(batch: list[TreeRows]) -> set[uuid.UUID]:
    """Everybody who gave something to some trees."""
    found = {row.author_id for rows in batch for row in rows.messages if row.author_id}
    for rows in batch:
        found |= {row.participant_id for row in rows.reviews}
        found |= {row.participant_id for row in rows.rankings}
        found |= {row.participant_id for row in rows.places}
        found |= {person for _message, person, _kind in rows.reactions}
    return found


def chosen_of(batch: list[TreeRows], people: QuerySet[Participant]) -> set[uuid.UUID]:
    """Of those who gave something to some trees, the ones that are in an export."""
    return set(people.filter(Q(pk__in=people_of(batch))).values_list("pk", flat=True))


def by_message(rows: Iterable[Any], key: str) -> dict[uuid.UUID, list[Any]]:
    """Rows by the message that they are about."""
    found: dict[uuid.UUID, list[Any]] = defaultdict(list)
    for row in rows:
        found[getattr(row, key)].append(row)
    return found
