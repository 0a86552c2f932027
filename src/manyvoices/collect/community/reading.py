"""Finished trees as they are read: accepted messages, best first, with reactions."""

from __future__ import annotations

import uuid
from collections import defaultdict
from dataclasses import dataclass, field

from django.db.models import Count, Exists, OuterRef, QuerySet, Subquery
from django.utils.functional import Promise

from manyvoices.collect.community import words
from manyvoices.collect.community.models import Reaction
from manyvoices.collect.people.models import Participant
from manyvoices.collect.trees.models import Message, Tree
from manyvoices.schema import TreeState


@dataclass(frozen=True, slots=True)
class ReactionView:
    kind: str
    words: Promise
    n: int
    mine: bool


@dataclass(slots=True)
class Branch:
    """A message, its reactions, and what answers it."""

    message: Message
    may_react: bool
    reactions: list[ReactionView]
    children: list[Branch] = field(default_factory=list)


def finished_trees(study_id: str) -> QuerySet[Tree]:
    """Trees in which nothing is judged any more, the last finished first, with their prompts."""
    prompts = Message.objects.filter(tree=OuterRef("pk"), parent=None, deleted=False)
    rows = Tree.objects.filter(study=study_id, state=TreeState.READY_FOR_EXPORT.value)
    rows = rows.filter(Exists(prompts)).annotate(prompt=Subquery(prompts.values("text")[:1]))
    return rows.order_by("-changed_at", "pk")


def branches(tree: Tree, reader: Participant) -> list[Branch]:
    """The accepted messages of a tree, nested. Three statements."""
    rows = list(
        tree.messages.filter(accepted=True, deleted=False).order_by(
            "depth", "rank", "created_at", "pk"
        )
    )
    given = Reaction.objects.filter(message__tree=tree)
    counts: defaultdict[uuid.UUID, dict[str, int]] = defaultdict(dict)
    for message, kind, n in given.values_list("message", "kind").annotate(n=Count("pk")).order_by():
        counts[message][kind] = n
    mine = set(given.filter(participant=reader).values_list("message", "kind"))
    found: dict[uuid.UUID, Branch] = {}
    tops = []
    for row in rows:
        views = [
            ReactionView(kind, said, counts[row.pk].get(kind, 0), (row.pk, kind) in mine)
            for kind, said in words.REACTIONS.items()
        ]
        branch = found[row.pk] = Branch(row, row.author_id != reader.pk, views)
        if row.parent_id in found:
            found[row.parent_id].children.append(branch)
        elif row.parent_id is None:
            tops.append(branch)
    return tops
