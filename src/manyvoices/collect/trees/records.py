"""From the rows of trees to the records that leave, a batch at a time; what does not is counted."""

from __future__ import annotations

import uuid
from collections import Counter, defaultdict
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from typing import Any

import msgspec
from django.db.models import QuerySet
from msgspec import UNSET

from manyvoices.collect.people.consents import Allowed
from manyvoices.collect.people.models import Participant
from manyvoices.collect.studies.models import Study
from manyvoices.collect.trees import models
from manyvoices.collect.trees.leaving import Leaving
from manyvoices.collect.trees.leaving_beside import Beside
from manyvoices.collect.trees.leaving_messages import Nodes
from manyvoices.collect.trees.origins import FROM_FILE
from manyvoices.collect.trees.rows import TreeRows, chosen_of, filled, tree_rows
from manyvoices.collect.trees.selection import Selection, prune
from manyvoices.curate.privacy import Pseudonyms
from manyvoices.schema import Message, MessageTree, TreeState
from manyvoices.schema.grown import GrownTree

NO_CONSENT = "messages whose author withdrew or does not allow it"
SIMULATED = "messages left out by --simulated"


@dataclass(slots=True)
class Outlet:
    """What leaves, and how: people, names, dates; and the counts of what does not."""

    study: Study
    people: QuerySet[Participant]
    """Those who are in it."""
    allowed: Allowed
    selection: Selection = field(default_factory=Selection)
    names: Pseudonyms = field(default_factory=lambda: Pseudonyms(None))
    dates: str = "none"
    left_out: Counter[str] = field(default_factory=Counter)
    n_reviews_left_out: int = 0

    def trees(self) -> Iterator[GrownTree]:
        """The trees, one batch in memory at a time."""
        for batch in tree_rows(self.study, self.selection):
            chosen = chosen_of(batch, self.people)
            for rows in batch:
                grown = _Grown(self, rows, chosen).record()
                if grown is not None:
                    yield grown

    def one(self, tree: models.Tree) -> GrownTree | None:
        """One tree by itself; None where its prompt does not leave."""
        rows = filled([tree])[0]
        return _Grown(self, rows, chosen_of([rows], self.people)).record()

    def messages(self) -> Iterator[Message]:
        """Messages one by one, for selections that make no trees."""
        for batch in tree_rows(self.study, self.selection):
            chosen = chosen_of(batch, self.people)
            for rows in batch:
                yield from _Grown(self, rows, chosen).flat()


class _Grown:
    """One tree, and which of its messages leave."""

    def __init__(self, outlet: Outlet, rows: TreeRows, chosen: Collection[uuid.UUID]) -> None:
        self._outlet, self._rows = outlet, rows
        refused, selection = outlet.allowed.refused, outlet.selection
        self._tree = Leaving(rows, outlet.names, chosen=chosen, refused=refused, dates=outlet.dates)
        outlet.n_reviews_left_out += len(rows.reviews) - len(self._tree.reviews)
        nodes = Nodes(self._tree, labels=selection.labels, events=selection.events)
        self._nodes = {self._tree.name[row.pk]: nodes.node(row) for row in rows.messages}

    def record(self) -> GrownTree | None:
        """The tree as it leaves; None where its prompt does not."""
        kept = prune(list(self._nodes.values()), self._refused(), self._outlet.left_out)
        if not kept:
            return None
        tree, root, shift = self._rows.tree, kept[0], self._tree.shift
        beside = Beside(self._tree, {message.message_id for message in kept})
        return GrownTree(
            tree=MessageTree(
                message_tree_id=root.message_id,
                tree_state=TreeState(tree.state),
                origin=_said_origin(tree.origin),
                prompt=_nested(kept),
            ),
            study_id=tree.study_id,
            language=tree.language,
            goal_size=tree.goal_size,
            is_scored=tree.is_scored,
            simulated=tree.simulated,
            created_at=tree.created_at + shift,
            changed_at=tree.changed_at + shift,
            messages=beside.messages(),
            steps=beside.steps(),
            consensus=list(beside.consensus()),
            reviews=beside.reviews(),
            rankings=list(beside.rankings()),
            prompt_places=beside.prompt_places(),
        )

    def flat(self) -> Iterator[Message]:
        """The messages that are selected, each by itself; it names its tree."""
        rows = self._rows.messages
        if not rows:
            return
        tree, state = self._tree.name[rows[0].pk], TreeState(self._rows.tree.state)
        refused = self._refused()
        for row in rows:
            name = self._tree.name[row.pk]
            if self._outlet.selection.author not in ("", str(row.author_id)):
                continue
            if self._outlet.selection.prompts_only and row.parent_id is not None:
                continue
            if name in refused:
                self._outlet.left_out[refused[name]] += 1
                continue
            yield msgspec.structs.replace(
                self._nodes[name], replies=UNSET, message_tree_id=tree, tree_state=state
            )

    def _refused(self) -> dict[str, str]:
        """Message -> why it does not leave."""
        found = {}
        allowed = self._outlet.allowed
        closed = allowed.refused | allowed.without_text
        for row in self._rows.messages:
            name = self._tree.name[row.pk]
            out = not self._tree.is_chosen(row)
            if out or (row.author_id is not None and row.consent_version in closed):
                found[name] = SIMULATED if _is_simulated_only(row, out) else NO_CONSENT
            elif (reason := self._outlet.selection.reason(self._nodes[name])) is not None:
                found[name] = reason
        return found


def _said_origin(origin: str) -> Any:
    return UNSET if not origin or origin.startswith(FROM_FILE) else origin


def _is_simulated_only(row: models.Message, out: bool) -> bool:
    author = row.author
    return out and author is not None and author.withdrawn_at is None and author.simulated


def _nested(kept: list[Message]) -> Message:
    """One tree of messages whose parents stand first; replies by rank, those without one last."""
    children: dict[str, list[Message]] = defaultdict(list)
    done: dict[str, Message] = {}
    for message in kept:
        if isinstance(message.parent_id, str):
            children[message.parent_id].append(message)
    for message in reversed(kept):
        own = [done[child.message_id] for child in children[message.message_id]]
        own.sort(key=lambda child: (not isinstance(child.rank, int), child.rank or 0))
        done[message.message_id] = msgspec.structs.replace(message, replies=own)
    return done[kept[0].message_id]
