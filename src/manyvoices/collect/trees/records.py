"""From the rows of trees to the records that leave: one id scheme, one clock for each person.

Every id goes through one table: a message has one name wherever it is named, and a tree goes by the
name of its prompt. (OpenAssistant's anonymiser gave one tree three ids.) Of labels, what was left
open and "cannot tell" are neither values nor counted.
"""

from __future__ import annotations

import datetime as dt
import uuid
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias, cast

import msgspec
from django.db.models import QuerySet
from msgspec import UNSET

from manyvoices.collect.people.consents import Allowed
from manyvoices.collect.people.models import Participant
from manyvoices.collect.studies.models import Study
from manyvoices.collect.trees import models
from manyvoices.collect.trees.rows import TreeRows, by_message, chosen_of, filled, tree_rows
from manyvoices.collect.trees.selection import Selection, prune
from manyvoices.curate.privacy import Pseudonyms
from manyvoices.curate.privacy.dates import shift
from manyvoices.design.trees import TaskKind
from manyvoices.schema import LabelSummary, Message, MessageTree, Ranking, TreeState
from manyvoices.schema.grown import (
    GrownTree,
    MessageMore,
    PromptPlaced,
    ReplyConsensus,
    ReviewGiven,
    TreeStep,
)

NO_CONSENT = "messages whose author withdrew or does not allow it"
SIMULATED = "messages left out by --simulated"
Source: TypeAlias = Literal["task", "free", "report"]
FROM_FILE = "file:"
"""Before the name of a file in `Tree.origin`, where the file itself named none: ours to know."""
EMOJI = {"thanks": "+1", "learned": "clap", "laughed": "rofl"}
"""Our words of thanks -> the nearest of OASST's emojis."""
BY_FILE = "imported"
"""`TreeEvent.by` of a step that an import made."""
IMPORTED = "imported"
"""Key in `Message.extra` of what a file said that has no column."""


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
    """One tree on its way out."""

    def __init__(self, outlet: Outlet, rows: TreeRows, chosen: set[uuid.UUID]) -> None:
        self._outlet, self._rows, self._chosen = outlet, rows, chosen
        self._name = {row.pk: self._names.message(_own_id(row)) for row in rows.messages}
        self._by_text = {str(key): name for key, name in self._name.items()}
        self._shift = shift(rows.tree.created_at, outlet.dates)
        self.reviews = [row for row in rows.reviews if self._may(row)]
        self.rankings = [row for row in rows.rankings if self._may(row)]
        outlet.n_reviews_left_out += len(rows.reviews) - len(self.reviews)
        self._summaries = by_message(self.reviews, "message_id")
        self._counted = _emojis(
            rows.skips, [(m, kind) for m, who, kind in rows.reactions if who in chosen]
        )

    @property
    def _names(self) -> Pseudonyms:
        return self._outlet.names

    def _may(self, row: models.LabelsGiven | models.RankingGiven | models.PromptPlace) -> bool:
        fits = row.consent_version not in self._outlet.allowed.refused
        return row.participant_id in self._chosen and fits

    def record(self) -> GrownTree | None:
        """The tree as it leaves; None where its prompt does not."""
        nodes = {self._name[row.pk]: self._node(row) for row in self._rows.messages}
        kept = prune(list(nodes.values()), self._refused(nodes), self._outlet.left_out)
        if not kept:
            return None
        there = {message.message_id for message in kept}
        tree, root = self._rows.tree, kept[0]
        own = [row for row in self._rows.messages if self._name[row.pk] in there]
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
            created_at=tree.created_at + self._shift,
            changed_at=tree.changed_at + self._shift,
            messages=[self._more(row) for row in own],
            steps=[self._step(row) for row in self._rows.events],
            consensus=list(self._consensus(there)),
            reviews=[self._review(row) for row in self.reviews if self._told(row, there)],
            rankings=list(self._rankings(there)),
            prompt_places=[self._place(row) for row in self._rows.places if self._may(row)],
        )

    def _place(self, row: models.PromptPlace) -> PromptPlaced:
        assert row.sent_at is not None
        return PromptPlaced(
            ranking_id=self._names.message(str(row.ranking)),
            participant_id=self._names.participant(str(row.participant_id)),
            place=row.place,
            share=row.share,
            flags=list(row.flags),
            sent_at=self._moved(row.sent_at, row.participant),
            simulated=row.participant.simulated,
        )

    def flat(self) -> Iterator[Message]:
        """The messages that are selected, each by itself; it names its tree."""
        rows = self._rows.messages
        if not rows:
            return
        tree, state = self._name[rows[0].pk], TreeState(self._rows.tree.state)
        nodes = {self._name[row.pk]: self._node(row) for row in rows}
        refused = self._refused(nodes)
        for row in rows:
            name = self._name[row.pk]
            if self._outlet.selection.author not in ("", str(row.author_id)):
                continue
            if self._outlet.selection.prompts_only and row.parent_id is not None:
                continue
            if name in refused:
                self._outlet.left_out[refused[name]] += 1
                continue
            yield msgspec.structs.replace(
                nodes[name], replies=UNSET, message_tree_id=tree, tree_state=state
            )

    def _refused(self, nodes: dict[str, Message]) -> dict[str, str]:
        """Message -> why it does not leave."""
        found = {}
        allowed = self._outlet.allowed
        closed = allowed.refused | allowed.without_text
        for row in self._rows.messages:
            name = self._name[row.pk]
            out = row.author_id is not None and row.author_id not in self._chosen
            if out or (row.author_id is not None and row.consent_version in closed):
                found[name] = SIMULATED if _is_simulated_only(row, out) else NO_CONSENT
            elif (reason := self._outlet.selection.reason(nodes[name])) is not None:
                found[name] = reason
        return found

    def _node(self, row: models.Message) -> Message:
        came = row.extra.get(IMPORTED) or {}
        reviews = [r for r in self._summaries[row.pk] if r.source == "task" and r.counts]
        events = self._events(row, came) if self._outlet.selection.events else UNSET
        n_reviews = len(reviews) + int(came.get("review_count", 0))
        labels = self._labels(reviews, came) if self._outlet.selection.labels else UNSET
        return Message(
            message_id=self._name[row.pk],
            parent_id=self._name[row.parent_id] if row.parent_id else UNSET,
            user_id=self._author(row, came),
            created_date=self._date(row, came),
            text=row.text,
            role="prompter" if row.role == "prompter" else "assistant",
            lang=row.language or UNSET,
            review_count=n_reviews,
            review_result=UNSET if row.accepted is None else row.accepted,
            deleted=row.deleted,
            rank=UNSET if row.rank is None else row.rank,
            synthetic=row.synthetic,
            model_name=row.model_name or UNSET,
            emojis=self._emojis(row, came),
            replies=[],
            labels=labels,
            events=events,
            detoxify=came.get("detoxify", UNSET),
        )

    def _author(self, row: models.Message, came: dict[str, Any]) -> Any:
        who = str(row.author_id) if row.author_id else came.get("user_id")
        return UNSET if who is None else self._names.participant(who)

    def _date(self, row: models.Message, came: dict[str, Any]) -> Any:
        """As it came, where nothing is to be coarser; imported without a date: none."""
        if row.author is None and came:
            written = came.get("created_date")
            if written is None:
                return UNSET
            if self._outlet.dates == "none":
                return written
        return self._moved(row.created_at, row.author).isoformat()

    def _moved(self, moment: dt.datetime, person: Participant | None) -> dt.datetime:
        first = moment if person is None else person.consented_at
        return moment + shift(first, self._outlet.dates)

    def _emojis(self, row: models.Message, came: dict[str, Any]) -> Any:
        counts: Counter[str] = Counter(came.get("emojis") or {})
        reports = sum(r.source == "report" for r in self._summaries[row.pk])
        counts.update(self._counted.get(row.pk, {}))
        if reports:
            counts["red_flag"] += reports
        return dict(counts) if counts or "emojis" in came else UNSET

    def _labels(self, reviews: list[models.LabelsGiven], came: dict[str, Any]) -> Any:
        values: dict[str, list[float]] = defaultdict(list)
        for review in reviews:
            for name, value in review.labels.items():
                if value is not None:
                    values[name].append(float(value))
        found = {n: LabelSummary(value=sum(v) / len(v), count=len(v)) for n, v in values.items()}
        for name, summary in (came.get("labels") or {}).items():
            found[name] = _merged(found.get(name), summary)
        return found or UNSET

    def _events(self, row: models.Message, came: dict[str, Any]) -> Any:
        """Single rankings as OASST wrote them; ties are told by the native record only."""
        events = dict(came.get("events") or {})
        given = [self._ranking_event(r) for r in self.rankings if r.parent_id == row.pk]
        if given:
            events["ranking"] = [*events.get("ranking", []), *given]
        return events or UNSET

    def _ranking_event(self, row: models.RankingGiven) -> dict[str, Any]:
        order = self._known(key for group in row.groups for key in group)
        shown = self._known(row.shown)
        root = self._rows.messages[0].pk
        return {
            "user_id": self._names.participant(str(row.participant_id)),
            "ranking": [shown.index(name) for name in order if name in shown],
            "ranked_message_ids": order,
            "ranking_parent_id": self._name[row.parent_id],
            "message_tree_id": self._name[root],
            "not_rankable": row.all_bad,
        }

    def _known(self, keys: Iterable[str], there: set[str] | None = None) -> list[str]:
        names = (self._by_text[key] for key in keys if key in self._by_text)
        return [name for name in names if there is None or name in there]

    def _more(self, row: models.Message) -> MessageMore:
        came = dict(row.extra.get(IMPORTED) or {})
        kept = {n: came[n] for n in ("emojis", "labels", "detoxify", "review_count") if n in came}
        if row.author is None and "user_id" in came:
            kept["user_id"] = True  # a name in a file, of somebody who is no participant here
        if counted := self._counted.get(row.pk):
            # Who thanked, or passed a task over, does not leave: the count goes along as a count.
            kept["emojis"] = dict(Counter(kept.get("emojis") or {}) + Counter(counted))
        return MessageMore(
            message_id=self._name[row.pk],
            created_at=self._moved(row.created_at, row.author),
            edited_at=self._moved(row.edited_at, row.author) if row.edited_at else None,
            acceptance=row.acceptance,
            decided_because=row.decided_because,
            is_split=row.is_split,
            reviews_wanted=row.reviews_wanted,
            n_rankings=row.n_rankings,
            ended=row.ended,
            consent_version=row.consent_version,
            sources=row.sources,
            simulated=bool(row.author and row.author.simulated),
            is_reference=row.is_reference,
            imported=kept,
        )

    def _step(self, row: models.TreeEvent) -> TreeStep:
        """A moderator's own words stay here, as their name does."""
        by_rules = row.by in ("", BY_FILE)
        return TreeStep(
            before=row.before,
            after=row.after,
            reason=row.reason if by_rules else "",
            at=row.at + self._shift,
            by="rules" if by_rules else "moderator",
        )

    def _consensus(self, there: set[str]) -> Iterator[ReplyConsensus]:
        for row in self._rows.consensus:
            if self._name[row.parent_id] in there:
                yield ReplyConsensus(
                    parent_id=self._name[row.parent_id],
                    groups=self._groups(row.groups, there),
                    n_rankings=row.n_rankings,
                    n_all_bad=row.n_all_bad,
                    all_bad=row.all_bad,
                    kendall_w=row.kendall_w,
                    alpha=row.alpha,
                    merged_at=row.merged_at + self._shift,
                )

    def _groups(self, groups: list[list[str]], there: set[str]) -> list[list[str]]:
        named = [self._known(group, there) for group in groups]
        return [group for group in named if group]

    def _told(self, row: models.LabelsGiven, there: set[str]) -> bool:
        return self._name[row.message_id] in there

    def _review(self, row: models.LabelsGiven) -> ReviewGiven:
        return ReviewGiven(
            message_id=self._name[row.message_id],
            participant_id=self._names.participant(str(row.participant_id)),
            labels=row.labels,
            source=cast("Source", row.source),
            is_full=row.is_full,
            counts=row.counts,
            created_at=self._moved(row.created_at, row.participant),
            simulated=row.participant.simulated,
        )

    def _rankings(self, there: set[str]) -> Iterator[Ranking]:
        for row in self.rankings:
            if self._name[row.parent_id] in there:
                yield Ranking(
                    parent_id=self._name[row.parent_id],
                    participant_id=self._names.participant(str(row.participant_id)),
                    ranking=self._groups(row.groups, there),
                    shown=self._known(row.shown, there),
                    not_rankable=row.all_bad,
                    flags={
                        self._by_text[key]: names
                        for key, names in row.flags.items()
                        if self._by_text.get(key) in there
                    },
                    created_at=self._moved(row.created_at, row.participant),
                    simulated=row.participant.simulated,
                )


def _said_origin(origin: str) -> Any:
    return UNSET if not origin or origin.startswith(FROM_FILE) else origin


def _own_id(row: models.Message) -> str:
    """The id that it came with, or else its key."""
    return str((row.extra.get(IMPORTED) or {}).get("message_id") or row.pk)


def _is_simulated_only(row: models.Message, out: bool) -> bool:
    author = row.author
    return out and author is not None and author.withdrawn_at is None and author.simulated


def _merged(ours: LabelSummary | None, came: dict[str, Any]) -> LabelSummary:
    if ours is None:
        return LabelSummary(value=came["value"], count=came["count"])
    n = ours.count + came["count"]
    total = ours.value * ours.count + came["value"] * came["count"]
    return LabelSummary(value=total / n, count=n)


def _emojis(
    skips: list[tuple[uuid.UUID, str]], reactions: list[tuple[uuid.UUID, str]]
) -> dict[uuid.UUID, dict[str, int]]:
    """Message -> emojis as OASST names them, from tasks passed over and from words of thanks."""
    found: dict[uuid.UUID, Counter[str]] = defaultdict(Counter)
    for message, reaction in reactions:
        found[message][EMOJI.get(reaction, reaction)] += 1
    for message, kind in skips:
        task = TaskKind(kind)
        name = "_skip_labeling" if task.is_label else "_skip_ranking"
        found[message]["_skip_reply" if task.is_reply else name] += 1
    # By name: which row comes first says nothing, and two exports are to be equal.
    return {key: dict(sorted(counts.items())) for key, counts in found.items()}


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
