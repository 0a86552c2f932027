"""Message trees, OASST's or those that grew here, as `SourceTree`s.

Open-Assistant's readers keep every reply whose ancestors passed review, take the merged rank alone
and lose ties. Here single people's rankings are read beside the merged one, ties stay ties, and
whatever is left out is counted.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping, Set
from dataclasses import dataclass, field
from typing import Any

from manyvoices.io.oasst_flat import below
from manyvoices.schema import Message, MessageTree, Ranking, TreeState
from manyvoices.schema.grown import GrownTree, ReplyConsensus
from manyvoices.train.config import DataConfig, FilterConfig
from manyvoices.train.drafts import Draft, Drops, Place, finished, group_of
from manyvoices.train.languages import wanted
from manyvoices.train.views import ReplyGroup, Turn
from manyvoices.train.views_all import SourceTree

BELOW = "messages below one that was left out"
SIMULATED = "trees of a rehearsal (simulated)"
ALL_BAD = "rankings that call all replies bad"


@dataclass(frozen=True, slots=True)
class TreeRecord:
    """One tree of either form, with the orders that people gave its replies."""

    tree: MessageTree
    rankings: tuple[Ranking, ...]
    language: str
    merged: Mapping[str, tuple[tuple[str, ...], ...]] = field(default_factory=dict)
    """Parent -> tied groups, best first; where there is none the messages' own ``rank`` counts."""
    simulated: bool = False
    refused: Mapping[str, str] = field(default_factory=dict)
    """Message -> why it may not be used, where that does not stand in the message itself."""


def tree_record(
    record: MessageTree | GrownTree, filters: FilterConfig, withdrawn: Set[str], drops: Drops
) -> TreeRecord:
    """What training needs of a tree, whichever form it is in.

    Args:
        withdrawn: People whose messages and rankings are left out.
    """
    tree = record if isinstance(record, MessageTree) else record.tree
    refused = {
        message.message_id: "messages of people who withdrew"
        for message, _ in below(tree.prompt)
        if message.user_id in withdrawn
    }
    language = tree.prompt.lang or ""
    if isinstance(record, MessageTree):
        rankings = tuple(_given(_of_events(record), filters, withdrawn, drops))
        return TreeRecord(record, rankings, language, refused=refused)
    if not filters.allow_simulated:
        refused |= {
            more.message_id: "messages of a rehearsal (simulated)"
            for more in record.messages
            if more.simulated
        }
    merged = {one.parent_id: tuple(map(tuple, one.groups)) for one in _with_order(record)}
    rankings = tuple(_given(record.rankings, filters, withdrawn, drops))
    language = language or record.language
    return TreeRecord(tree, rankings, language, merged, record.simulated, refused)


def _with_order(record: GrownTree) -> Iterator[ReplyConsensus]:
    return (one for one in record.consensus if not one.all_bad)


def _given(
    rankings: Iterable[Ranking], filters: FilterConfig, withdrawn: Set[str], drops: Drops
) -> Iterator[Ranking]:
    """Those that say an order and may be used. Who ranked the same replies twice changed their
    mind: the last order counts."""
    latest: dict[tuple[str, str], Ranking] = {}
    for number, given in enumerate(rankings):
        if given.not_rankable:
            drops[ALL_BAD] += 1
        elif given.simulated and not filters.allow_simulated:
            drops["rankings of a rehearsal (simulated)"] += 1
        elif given.participant_id in withdrawn:
            drops["rankings of people who withdrew"] += 1
        else:
            latest[given.parent_id, given.participant_id or f"\x00{number}"] = given
    yield from latest.values()


def _of_events(tree: MessageTree) -> Iterator[Ranking]:
    """Single rankings, where OASST's export was asked for them."""
    for message, _ in below(tree.prompt):
        events = message.events if isinstance(message.events, dict) else {}
        for event in events.get("ranking", ()):
            yield _ranking(message.message_id, event)


def _ranking(parent: str, event: Mapping[str, Any]) -> Ranking:
    return Ranking(
        parent_id=str(event.get("ranking_parent_id") or parent),
        participant_id=str(event.get("user_id") or ""),
        ranking=[[str(name)] for name in event.get("ranked_message_ids") or ()],
        not_rankable=bool(event.get("not_rankable")),
        created_at=dt.datetime.fromtimestamp(0, dt.UTC),  # not needed here, and not always there
        simulated=False,
    )


def source_tree(
    record: TreeRecord, config: DataConfig, drops: Drops, source: int = 0
) -> SourceTree | None:
    """One tree as training reads it; None, counted, where it is left out whole."""
    tree, prompt = record.tree, record.tree.prompt
    waits = tree.tree_state == TreeState.PROMPT_LOTTERY_WAITING and config.lottery
    reason = _whole(record, config, waits=waits)
    if reason is None:
        reason = record.refused.get(prompt.message_id) or _message(
            prompt, None, config, waits=waits
        )
        reason = reason and f"trees whose opening is one of: {reason}"
    if reason is not None:
        drops[reason] += 1
        return None
    building = _Building(record, config, drops)
    root = building.root()
    view = finished(root, building.merged(), tree.message_tree_id, record.language)
    return SourceTree(view, tuple(building.single()), source, waits)


def _whole(record: TreeRecord, config: DataConfig, *, waits: bool) -> str | None:
    """Why a whole tree is left out."""
    state = record.tree.tree_state
    if record.simulated and not config.filters.allow_simulated:
        return SIMULATED
    if isinstance(state, str) and state != TreeState.READY_FOR_EXPORT and not waits:
        return f"trees in the state {state}"
    if not wanted(record.language, config.languages):
        return "trees in other languages, or without one"
    return None


def _message(
    message: Message, parent: Message | None, config: DataConfig, *, waits: bool = False
) -> str | None:
    """Why a message, and all below it, is left out."""
    filters = config.filters
    if message.deleted is True:
        return "messages that were deleted"
    if message.review_result is False:
        return "messages that a review did not pass"
    if message.review_result is not True and not (filters.unreviewed or waits):
        return "messages that nobody decided on (filters.unreviewed keeps them)"
    if message.synthetic is True and not filters.synthetic:
        return "messages that a model wrote (filters.synthetic keeps them)"
    if parent is None and message.role != "prompter":
        return "messages that open a tree and are the assistant's"
    if parent is not None and message.role == parent.role:
        return "messages that answer one of their own role"
    if message.lang and not wanted(message.lang, config.languages):
        return "messages in other languages"
    return _low(message, config)


def _low(message: Message, config: DataConfig) -> str | None:
    least, name = config.filters.min_quality, config.filters.quality_label
    given = (message.labels or {}).get(name) if least is not None else None
    if given is None or least is None or given.value >= least:
        return None
    return f"messages whose {name} is below {least:g}"


class _Building:
    """Goes down a tree once, keeping what is left in and where each reply stands."""

    def __init__(self, record: TreeRecord, config: DataConfig, drops: Drops) -> None:
        self._record, self._config, self._drops = record, config, drops
        self._kept: dict[str, Draft] = {}
        self._asked: dict[str, tuple[tuple[Turn, ...], list[Message]]] = {}
        """Message -> the turns down to it, and the replies that are left in."""

    def root(self) -> Draft:
        """The tree of what is left in."""
        prompt = self._record.tree.prompt
        root = self._draft(prompt)
        waiting: list[tuple[Message, Draft, tuple[Turn, ...]]] = [(prompt, root, (root.turn,))]
        while waiting:
            message, draft, turns = waiting.pop()
            replies = [reply for reply in message.replies or () if self._stays(reply, message)]
            self._asked[message.message_id] = turns, replies
            for reply in replies:
                child = self._draft(reply)
                draft.children.append(child)
                waiting.append((reply, child, (*turns, child.turn)))
        return root

    def _draft(self, message: Message) -> Draft:
        draft = Draft(message.text, message.role, message.message_id)
        self._kept[message.message_id] = draft
        return draft

    def _stays(self, reply: Message, parent: Message) -> bool:
        reason = self._record.refused.get(reply.message_id)
        reason = reason or _message(reply, parent, self._config)
        if reason is None and not reply.text.strip():
            reason = "messages without text"
        if reason is None:
            return True
        self._drops[reason] += 1
        self._drops[BELOW] += sum(1 for _ in below(reply)) - 1
        return False

    def merged(self) -> Iterator[ReplyGroup]:
        """One group for each ranked set of replies, from the orders that were merged."""
        for parent, (turns, replies) in self._asked.items():
            places = self._consensus(parent) or [
                Place(reply.message_id, reply.text, reply.rank)
                for reply in replies
                if isinstance(reply.rank, int) and reply.role == "assistant"
            ]
            if places and (group := self._group(turns, places)):
                yield group

    def _consensus(self, parent: str) -> list[Place]:
        return self._places(parent, self._record.merged.get(parent, ()))

    def _places(self, parent: str, groups: Iterable[Iterable[str]]) -> list[Place]:
        mine = {reply.message_id: reply for reply in self._asked[parent][1]}
        return [
            Place(name, mine[name].text, number)
            for number, tied in enumerate(groups)
            for name in tied
            if name in mine and mine[name].role == "assistant"
        ]

    def single(self) -> Iterator[ReplyGroup]:
        """One group for each person's order of one set of replies."""
        for given in self._record.rankings:
            yield from self._one(given)

    def _one(self, given: Ranking) -> Iterator[ReplyGroup]:
        if given.parent_id not in self._asked:
            self._drops["rankings of replies that were left out"] += 1
            return
        places = self._places(given.parent_id, given.ranking)
        turns = self._asked[given.parent_id][0]
        if group := self._group(turns, places, rater=given.participant_id or None):
            yield group

    def _group(
        self, turns: tuple[Turn, ...], places: list[Place], rater: str | None = None
    ) -> ReplyGroup | None:
        tree_id = self._record.tree.message_tree_id
        language = self._record.language
        return group_of(turns, places, tree_id, language, self._drops, rater=rater)
