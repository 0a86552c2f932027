"""Trees on their way in: each in one transaction, and none twice.

An id that is a UUID is kept, unless another study of this database has it; any other id (those of
an anonymised export, say) becomes one that is made from the study and the id, and stands in
`Message.extra` so that it leaves as it came. So the same file finds its own trees again.
"""

from __future__ import annotations

import random
import uuid
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import msgspec
from django.db import transaction
from msgspec import UNSET

from manyvoices.collect.studies.models import Study
from manyvoices.collect.trees import near_texts
from manyvoices.collect.trees.arriving import Arriving, moment
from manyvoices.collect.trees.importing_people import Contributors
from manyvoices.collect.trees.models import (
    LabelsGiven,
    Message,
    PromptPlace,
    RankingGiven,
    SetConsensus,
    Tree,
    TreeEvent,
)
from manyvoices.collect.trees.origins import BY_FILE, FROM_FILE, IMPORTED
from manyvoices.collect.trees.policies import policy_for
from manyvoices.collect.trees.refresh import lock_tree, refresh
from manyvoices.design.trees.facts import ACTIVE
from manyvoices.io.oasst_flat import below
from manyvoices.schema import Message as MessageRecord
from manyvoices.schema import TreeState
from manyvoices.schema.grown import GrownTree, MessageMore

SPACE = uuid.UUID("b0e8f2a6-2f6a-4d80-8f0b-50a9b9d1d9c7")


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
        self._order = list(_parents_first(arriving.tree.prompt))
        self._root = self._order[0][0]
        self._details: dict[str, MessageMore] = (
            {more.message_id: more for more in self._more.messages} if self._more else {}
        )
        self._people = Contributors(importer.study, importer.now)
        self._lost: set[str] = set()

    def store(self) -> None:
        known, keys = self._keys()
        if known is not None:
            self._meet(known, keys)
            return
        if not keys:
            self._done.notes["trees of which some messages belong to other trees here"] += 1
            return
        self._key = keys
        tree = self._tree()
        self._people.know(self._more)
        rows = self._messages(tree)
        Message.objects.bulk_create(rows, batch_size=200)
        near_texts.remember(rows)
        self._beside(tree)
        if TreeState(tree.state) in ACTIVE:
            refresh(lock_tree(tree), now=self._to.now, rng=self._to.rng)
            tree.refresh_from_db(fields=["state"])
        self._count(tree, len(rows))

    def _keys(self) -> tuple[Tree | None, dict[str, uuid.UUID]]:
        """(the tree if it is here already, id -> key); no keys where they are somebody else's."""
        names = [message.message_id for message, _ in self._order]
        derived = {name: self._derived(name) for name in names}
        own = {name: as_uuid(name) or derived[name] for name in names}
        there = {
            key: (tree, study)
            for key, tree, study in Message.objects.filter(
                pk__in={*derived.values(), *own.values()}
            ).values_list("pk", "tree_id", "tree__study_id")
        }
        root, study = self._root.message_id, self._to.study.pk
        for key in (own[root], derived[root]):
            if key in there and there[key][1] == study:
                keys = own if key == own[root] else derived
                return Tree.objects.get(pk=there[key][0]), keys
        if not any(key in there for key in own.values()):
            return None, own
        if any(there[key][1] == study for key in own.values() if key in there):
            return None, {}
        return None, derived

    def _derived(self, name: str) -> uuid.UUID:
        return uuid.uuid5(SPACE, f"{self._to.study.pk}\x00{name}")

    def _meet(self, tree: Tree, keys: dict[str, uuid.UUID]) -> None:
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
        self._key = keys
        parent = Message.objects.get(pk=keys[self._root.message_id])
        rows = [self._row(tree, m, parent, len(there) + i) for i, (m, _p) in enumerate(new)]
        Message.objects.bulk_create(rows, batch_size=200)
        near_texts.remember(rows)
        self._done.n_added += len(rows)
        if rows and TreeState(tree.state) in ACTIVE:
            refresh(tree, now=self._to.now, rng=self._to.rng)

    def _tree(self) -> Tree:
        state = self._to.state or self._said_state() or TreeState.BACKLOG_RANKING
        to, more = self._to, self._more
        language = more.language if more else self._language(self._root)
        policy = policy_for(to.study, language)
        origin = self._arriving.tree.origin
        began = more.created_at if more else self._date(self._root) or to.now
        return Tree.objects.create(
            id=self._key[self._root.message_id],
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

    def _language(self, message: MessageRecord) -> str:
        return message.lang if isinstance(message.lang, str) and message.lang else self._to.language

    def _date(self, message: MessageRecord) -> datetime | None:
        more = self._details.get(message.message_id)
        if more is not None:
            return more.created_at
        return moment(message.created_date) if isinstance(message.created_date, str) else None

    def _messages(self, tree: Tree) -> list[Message]:
        rows: dict[str, Message] = {}
        for i, (message, parent) in enumerate(self._order):
            above = rows[parent.message_id] if parent is not None else None
            rows[message.message_id] = self._row(tree, message, above, i)
        return list(rows.values())

    def _row(self, tree: Tree, message: MessageRecord, parent: Message | None, i: int) -> Message:
        key = self._key[message.message_id]
        accepted = message.review_result if isinstance(message.review_result, bool) else None
        counted = _number(message.review_count) or 0
        author = self._author(message)
        policy = policy_for(self._to.study, tree.language)
        row = Message(
            id=key,
            tree=tree,
            parent=parent,
            author_id=author,
            role=message.role,
            text=message.text,
            language=self._language(message),
            path=f"{parent.path if parent else ''}{key}/",
            depth=parent.depth + 1 if parent else 0,
            # Siblings without a date stay in the order of the file.
            created_at=self._date(message) or self._to.now + timedelta(microseconds=i),
            accepted=accepted,
            n_reviews=counted if accepted is not None or self._more else 0,
            reviews_wanted=policy.reviews_for(is_prompt=parent is None),
            rank=_number(message.rank),
            deleted=message.deleted is True,
            synthetic=message.synthetic is True,
            model_name=message.model_name if isinstance(message.model_name, str) else "",
            extra={IMPORTED: self._came(message, key)},
        )
        if (more := self._details.get(message.message_id)) is not None:
            _fill(row, more)
        if isinstance(message.user_id, str) and self._people.is_gone(message.user_id):
            # Whoever withdrew does not come back with a file; what hangs below keeps its place.
            row.text, row.deleted, row.author_id = "", True, None
            row.extra[IMPORTED].pop("user_id", None)
            self._done.notes["messages of people who withdrew: emptied"] += 1
        return row

    def _author(self, message: MessageRecord) -> uuid.UUID | None:
        more = self._details.get(message.message_id)
        if more is None or more.imported.get("user_id") or not isinstance(message.user_id, str):
            return None
        return self._people.key(
            message.user_id, simulated=more.simulated, consent=more.consent_version
        )

    def _came(self, message: MessageRecord, key: uuid.UUID) -> dict[str, Any]:
        """What has no column, as the file said it."""
        more = self._details.get(message.message_id)
        date = message.created_date
        came: dict[str, Any] = {"created_date": date if isinstance(date, str) else None}
        if str(key) != message.message_id:
            came["message_id"] = message.message_id
        if isinstance(message.user_id, str) and (more is None or more.imported.get("user_id")):
            came["user_id"] = message.user_id
        if more is not None:
            return came | {n: v for n, v in more.imported.items() if n != "user_id"}
        for name in ("emojis", "labels", "detoxify", "events", "review_count"):
            value = getattr(message, name)
            if value is not UNSET and value is not None:
                came[name] = msgspec.to_builtins(value)
        return came

    def _beside(self, tree: Tree) -> None:
        """Steps, reviews, rankings and consensus."""
        more = self._more
        if more is None:
            self._event(tree, "", tree.state, f"imported from {self._to.origin}"[:300])
        elif self._to.state is not None and self._said_state() is not self._to.state:
            before = more.steps[-1].after if more.steps else ""
            self._event(tree, before, tree.state, "set by the import")
        if more is None:
            return
        TreeEvent.objects.bulk_create(
            TreeEvent(
                tree=tree, before=s.before, after=s.after, reason=s.reason[:300], at=s.at,
                by="moderator" if s.by == "moderator" else "",
            )
            for s in more.steps
        )  # fmt: skip
        self._reviews(more)
        self._rankings(more)
        self._places(more)
        SetConsensus.objects.bulk_create(
            SetConsensus(
                parent_id=self._key[c.parent_id], groups=self._groups(c.groups),
                n_rankings=c.n_rankings, n_all_bad=c.n_all_bad, all_bad=c.all_bad,
                kendall_w=c.kendall_w, alpha=c.alpha, merged_at=c.merged_at,
            )
            for c in more.consensus
        )  # fmt: skip

    def _event(self, tree: Tree, before: str, after: str, reason: str) -> None:
        TreeEvent.objects.create(
            tree=tree, before=before, after=after, reason=reason, at=self._to.now, by=BY_FILE
        )

    def _reviews(self, more: GrownTree) -> None:
        rows = []
        for review in more.reviews:
            if self._people.is_gone(review.participant_id):
                self._done.notes["reviews of people who withdrew: left out"] += 1
                continue
            rows.append(
                LabelsGiven(
                    message_id=self._key[review.message_id],
                    participant_id=self._people.key(
                        review.participant_id, simulated=review.simulated
                    ),
                    source=review.source,
                    labels=review.labels,
                    is_full=review.is_full,
                    counts=review.counts,
                    created_at=review.created_at,
                )
            )
        LabelsGiven.objects.bulk_create(rows, batch_size=200)
        self._done.n_reviews += len(rows)

    def _rankings(self, more: GrownTree) -> None:
        rows = []
        for given in more.rankings:
            if self._people.is_gone(given.participant_id):
                self._done.notes["rankings of people who withdrew: left out"] += 1
                continue
            rows.append(
                RankingGiven(
                    parent_id=self._key[given.parent_id],
                    participant_id=self._people.key(
                        given.participant_id, simulated=given.simulated
                    ),
                    groups=self._groups(given.ranking),
                    shown=[str(self._key[name]) for name in given.shown or []],
                    all_bad=given.not_rankable,
                    flags={str(self._key[name]): flags for name, flags in given.flags.items()},
                    created_at=given.created_at,
                )
            )
        RankingGiven.objects.bulk_create(rows, batch_size=200)
        self._done.n_rankings += len(rows)

    def _places(self, more: GrownTree) -> None:
        rows = []
        for placed in more.prompt_places:
            if self._people.is_gone(placed.participant_id):
                self._done.notes["rankings of people who withdrew: left out"] += 1
                continue
            key = as_uuid(placed.ranking_id) or self._derived(placed.ranking_id)
            person = self._people.key(placed.participant_id, simulated=placed.simulated)
            rows.append(
                PromptPlace(
                    message_id=self._key[self._root.message_id],
                    participant_id=person,
                    ranking=key,
                    place=placed.place,
                    share=placed.share,
                    flags=list(placed.flags),
                    created_at=placed.sent_at,
                    sent_at=placed.sent_at,
                )
            )
        PromptPlace.objects.bulk_create(rows, batch_size=200)

    def _groups(self, groups: Iterable[Iterable[str]]) -> list[list[str]]:
        return [[str(self._key[name]) for name in group] for group in groups]

    def _count(self, tree: Tree, n_messages: int) -> None:
        self._done.n_trees += 1
        self._done.n_messages += n_messages
        self._done.states[tree.state] += 1
        self._done.languages[tree.language] += 1


def _fill(row: Message, more: MessageMore) -> None:
    row.edited_at = more.edited_at
    row.acceptance, row.decided_because = more.acceptance, more.decided_because
    row.is_split, row.reviews_wanted = more.is_split, more.reviews_wanted
    row.n_rankings, row.ended = more.n_rankings, more.ended
    row.consent_version, row.sources = more.consent_version, list(more.sources)
    row.is_reference = more.is_reference


def _parents_first(root: MessageRecord) -> Iterable[tuple[MessageRecord, MessageRecord | None]]:
    return below(root)


def _number(value: object) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def as_uuid(text: str) -> uuid.UUID | None:
    """The UUID that a text is, written as this database writes it; None where it is none."""
    try:
        found = uuid.UUID(text)
    except ValueError:
        return None
    return found if str(found) == text else None
