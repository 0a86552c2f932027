"""Trees on their way in: each in one transaction, and none twice."""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime

from django.db import transaction

from manyvoices.collect.studies.models import Study
from manyvoices.collect.trees import near_texts
from manyvoices.collect.trees.arriving import Arriving
from manyvoices.collect.trees.importing_beside import BesideRows
from manyvoices.collect.trees.importing_keys import Keys, keys_of
from manyvoices.collect.trees.importing_messages import MessageRows
from manyvoices.collect.trees.importing_people import Contributors
from manyvoices.collect.trees.models import Message, RankingGiven, Tree, TreeEvent
from manyvoices.collect.trees.origins import BY_FILE, FROM_FILE
from manyvoices.collect.trees.policies import policy_for
from manyvoices.collect.trees.refresh import lock_tree, refresh
from manyvoices.design.trees.facts import ACTIVE
from manyvoices.io.oasst_flat import below
from manyvoices.schema import TreeState


@dataclass(slots=True)
class Imported:
    """What came of an import."""

    n_trees: int = 0
    n_messages: int = 0
    n_reviews: int = 0
    n_rankings: int = 0
    n_known: int = 0
    """Trees that were here already and were left as they are."""
    n_added: int = 0
    """Samples added to trees that were here already."""
    states: Counter[str] = field(default_factory=Counter)
    """State -> trees that came."""
    languages: Counter[str] = field(default_factory=Counter)
    notes: Counter[str] = field(default_factory=Counter)
    """What was left out or changed -> how often."""


@dataclass(slots=True)
class Importer:
    """Stores trees in one study."""

    study: Study
    language: str
    """Of messages that name none."""
    now: datetime
    rng: random.Random
    state: TreeState | None = None
    """In which trees begin; None = as the file says, or else in the backlog to be ranked."""
    origin: str = ""
    done: Imported = field(default_factory=Imported)

    def store(self, arriving: Arriving) -> None:
        """Store one tree, whole or not at all; one that is here already stays as it is."""
        with transaction.atomic():
            _Arrival(self, arriving).store()


class _Arrival:
    """One tree on its way in."""

    def __init__(self, importer: Importer, arriving: Arriving) -> None:
        self._to, self._arriving, self._done = importer, arriving, importer.done
        self._more = arriving.more
        self._order = list(below(arriving.tree.prompt))
        self._people = Contributors(importer.study, importer.now)

    def store(self) -> None:
        names = [message.message_id for message, _ in self._order]
        known, keys = keys_of(self._to.study, names)
        if known is not None:
            self._meet(known, keys)
        elif keys:
            self._store_new(keys)
        else:
            self._done.notes["trees of which some messages belong to other trees here"] += 1

    def _store_new(self, keys: Keys) -> None:
        made = self._message_rows(keys)
        tree = self._tree(made)
        self._people.know(self._more)
        rows = made.rows(tree, self._order)
        Message.objects.bulk_create(rows, batch_size=200)
        near_texts.remember(rows)
        if self._more is not None:
            beside = BesideRows(self._to.study, keys, self._people, self._done.notes)
            n_reviews, n_rankings = beside.store(tree, self._more)
            self._done.n_reviews += n_reviews
            self._done.n_rankings += n_rankings
        self._note_arrival(tree)
        if TreeState(tree.state) in ACTIVE:
            refresh(lock_tree(tree), now=self._to.now, rng=self._to.rng)
            tree.refresh_from_db(fields=["state"])
        self._count(tree, len(rows))

    def _message_rows(self, keys: Keys) -> MessageRows:
        to, more = self._to, self._more
        details = {one.message_id: one for one in more.messages} if more is not None else None
        people, notes = self._people, self._done.notes
        return MessageRows(to.study, to.language, to.now, details, keys, people, notes)

    def _meet(self, tree: Tree, keys: Keys) -> None:
        """The tree is here. Samples that it lacks are added while nobody has ranked it."""
        self._done.n_known += 1
        if not self._arriving.prompt_key:
            return
        tree = lock_tree(tree)
        there = set(Message.objects.filter(tree=tree).values_list("pk", flat=True))
        new = [(m, p) for m, p in self._order[1:] if keys[m.message_id] not in there]
        open_states = (TreeState.BACKLOG_RANKING.value, TreeState.RANKING.value)
        ranked = RankingGiven.objects.filter(parent__tree=tree).exists()
        if new and (tree.state not in open_states or ranked):
            self._done.notes["samples left out: their trees are being ranked already"] += len(new)
            return
        parent = Message.objects.get(pk=keys[self._order[0][0].message_id])
        made = self._message_rows(keys)
        rows = [made.row(tree, m, parent, len(there) + i) for i, (m, _p) in enumerate(new)]
        Message.objects.bulk_create(rows, batch_size=200)
        near_texts.remember(rows)
        self._done.n_added += len(rows)
        if rows and TreeState(tree.state) in ACTIVE:
            refresh(tree, now=self._to.now, rng=self._to.rng)

    def _tree(self, made: MessageRows) -> Tree:
        root = self._order[0][0]
        state = self._to.state or self._said_state() or TreeState.BACKLOG_RANKING
        to, more = self._to, self._more
        language = more.language if more else made.language(root)
        policy = policy_for(to.study, language)
        origin = self._arriving.tree.origin
        began = more.created_at if more else made.date(root) or to.now
        return Tree.objects.create(
            id=made.keys[root.message_id],
            study=to.study,
            language=language,
            state=state.value,
            goal_size=more.goal_size if more else max(policy.goal_tree_size, len(self._order)),
            is_scored=more.is_scored if more else state is TreeState.READY_FOR_EXPORT,
            origin=origin if isinstance(origin, str) else f"{FROM_FILE}{to.origin}"[:200],
            simulated=more.simulated if more else False,
            created_at=began,
            changed_at=more.changed_at if more and to.state is None else to.now,
        )

    def _said_state(self) -> TreeState | None:
        state = self._arriving.tree.tree_state
        return state if isinstance(state, TreeState) else None

    def _note_arrival(self, tree: Tree) -> None:
        """That an import put it into its state, where the file does not say so itself."""
        more = self._more
        if more is None:
            self._event(tree, "", tree.state, f"imported from {self._to.origin}"[:300])
        elif self._to.state is not None and self._said_state() is not self._to.state:
            before = more.steps[-1].after if more.steps else ""
            self._event(tree, before, tree.state, "set by the import")

    def _event(self, tree: Tree, before: str, after: str, reason: str) -> None:
        TreeEvent.objects.create(
            tree=tree, before=before, after=after, reason=reason, at=self._to.now, by=BY_FILE
        )

    def _count(self, tree: Tree, n_messages: int) -> None:
        self._done.n_trees += 1
        self._done.n_messages += n_messages
        self._done.states[tree.state] += 1
        self._done.languages[tree.language] += 1
