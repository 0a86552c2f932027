"""What a tree needs from people right now: kinds of task, about which message, how many.

Seats = what is wanted - what is there - what is under review - what is in somebody's hands, so that
no message ever gets more than its share, however many people come at once.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from manyvoices.design.trees.facts import MessageFacts, TaskKind, TreeFacts
from manyvoices.design.trees.policy import TreePolicy
from manyvoices.schema import TreeState

_REPLY = {"prompter": TaskKind.ASSISTANT_REPLY, "assistant": TaskKind.PROMPTER_REPLY}
_RANK = {"prompter": TaskKind.RANK_ASSISTANT_REPLIES, "assistant": TaskKind.RANK_PROMPTER_REPLIES}


@dataclass(frozen=True, slots=True)
class Need:
    """Tasks of one kind about one message that can be handed out."""

    kind: TaskKind
    message: str
    seats: int
    is_lonely: bool = False
    """A reply to a message that has some replies and could do with company."""


def needs(tree: TreeFacts, policy: TreePolicy) -> tuple[Need, ...]:
    """Everything that can be handed out for a tree, in the order of its messages."""
    found: list[Need] = []
    if tree.state in {TreeState.INITIAL_PROMPT_REVIEW, TreeState.GROWING, TreeState.RANKING}:
        found += _reviews(tree)
    if tree.state is TreeState.GROWING:
        found += _replies(tree, policy)
    if tree.state is TreeState.RANKING:
        found += _rankings(tree, policy)
    return tuple(found)


def label_kind(message: MessageFacts) -> TaskKind:
    """The task in which a message is reviewed."""
    if message.parent is None:
        return TaskKind.LABEL_INITIAL_PROMPT
    if message.role == "prompter":
        return TaskKind.LABEL_PROMPTER_REPLY
    return TaskKind.LABEL_ASSISTANT_REPLY


def reply_kind(message: MessageFacts) -> TaskKind:
    """The task in which a message is answered."""
    return _REPLY[message.role]


def rank_kind(message: MessageFacts) -> TaskKind:
    """The task in which the replies to a message are ranked."""
    return _RANK[message.role]


def _reviews(tree: TreeFacts) -> Iterator[Need]:
    for message in tree.messages:
        if message.is_waiting and tree.hangs_on(message):
            kind = label_kind(message)
            n_left = message.reviews_wanted - message.n_reviews - tree.n_leased(kind, message.id)
            if n_left > 0:
                yield Need(kind, message.id, n_left)


def room_in_tree(tree: TreeFacts) -> int:
    """Messages that may still be begun before the goal: those under review and those that somebody
    is writing are counted as if they were accepted."""
    writing = sum(n for (kind, _message), n in tree.leased.items() if kind.is_reply)
    return tree.goal_size - tree.n_accepted - tree.n_waiting - writing


def is_open(tree: TreeFacts, message: MessageFacts, policy: TreePolicy) -> bool:
    """Whether replies to a message are wanted at all, seats aside."""
    n_rejected = sum(reply.accepted is False for reply in tree.replies[message.id])
    return (
        message.id in tree.reachable
        and not message.ended
        and tree.depth[message.id] < policy.max_tree_depth
        and n_rejected < policy.max_rejected_replies
    )


def room_below(tree: TreeFacts, message: MessageFacts, policy: TreePolicy) -> int:
    """Replies that a message could still get, those being written not counted as room."""
    if not is_open(tree, message, policy):
        return 0
    there = sum(reply.is_live or reply.is_waiting for reply in tree.replies[message.id])
    return policy.max_replies(message.role) - there


def _replies(tree: TreeFacts, policy: TreePolicy) -> Iterator[Need]:
    left = room_in_tree(tree)
    if left <= 0:
        return
    for message in tree.messages:
        kind = reply_kind(message)
        seats = room_below(tree, message, policy) - tree.n_leased(kind, message.id)
        if seats > 0:
            n_live = sum(reply.is_live for reply in tree.replies[message.id])
            lonely = message.role == "prompter" and 0 < n_live < policy.lonely_children_count
            yield Need(kind, message.id, min(seats, left), lonely)


def ranking_sets(tree: TreeFacts, policy: TreePolicy) -> tuple[MessageFacts, ...]:
    """Messages whose replies are ranked: two live replies at least."""
    return tuple(
        message
        for message in tree.messages
        if message.id in tree.reachable
        and (message.role == "prompter" or policy.rank_prompter_replies)
        and sum(reply.is_live for reply in tree.replies[message.id]) >= 2
    )


def _rankings(tree: TreeFacts, policy: TreePolicy) -> Iterator[Need]:
    for message in ranking_sets(tree, policy):
        kind = rank_kind(message)
        n_left = policy.num_required_rankings - message.n_rankings
        seats = n_left - tree.n_leased(kind, message.id)
        if seats > 0:
            yield Need(kind, message.id, seats)
