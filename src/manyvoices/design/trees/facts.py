"""What the rules need to know of one tree: counts and flags, no texts and no people."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property

from manyvoices.schema import Role, TreeState

ACTIVE = frozenset(
    {
        TreeState.INITIAL_PROMPT_REVIEW,
        TreeState.GROWING,
        TreeState.RANKING,
        TreeState.READY_FOR_SCORING,
    }
)
"""States in which something is to be done for a tree."""


class TaskKind(StrEnum):
    """What a person can be asked to do."""

    INITIAL_PROMPT = "initial_prompt"
    PROMPTER_REPLY = "prompter_reply"
    ASSISTANT_REPLY = "assistant_reply"
    LABEL_INITIAL_PROMPT = "label_initial_prompt"
    LABEL_PROMPTER_REPLY = "label_prompter_reply"
    LABEL_ASSISTANT_REPLY = "label_assistant_reply"
    RANK_PROMPTER_REPLIES = "rank_prompter_replies"
    RANK_ASSISTANT_REPLIES = "rank_assistant_replies"
    RANK_INITIAL_PROMPTS = "rank_initial_prompts"
    """Which of several prompts that wait is to become a tree first."""
    PROMPT_WITH_ANSWER = "prompt_with_answer"
    """A prompt together with its author's own answer, for others to be measured by."""

    @property
    def is_prompt(self) -> bool:
        """Whether it begins a tree, and so is about no message that is there."""
        return self in (TaskKind.INITIAL_PROMPT, TaskKind.PROMPT_WITH_ANSWER)

    @property
    def is_writing(self) -> bool:
        return self.is_prompt or self.is_reply

    @property
    def is_label(self) -> bool:
        return self.value.startswith("label_")

    @property
    def is_rank(self) -> bool:
        return self.value.startswith("rank_")

    @property
    def is_reply(self) -> bool:
        return self.value.endswith("_reply") and not self.is_label


@dataclass(frozen=True, slots=True)
class MessageFacts:
    """One message of a tree."""

    id: str
    parent: str | None
    """None for the prompt that the tree grows from."""
    role: Role
    accepted: bool | None = None
    """None while it is under review."""
    n_reviews: int = 0
    reviews_wanted: int = 3
    """How many reviews it takes, as far as is known now (`acceptance.decide`)."""
    n_rankings: int = 0
    """How many people have ranked the replies to it, or said that all of them are bad."""
    deleted: bool = False
    ended: bool = False
    """Its author or a later person said that nothing more is to be asked here."""
    n_red_flags: int = 0
    n_reply_skips: int = 0

    @property
    def is_live(self) -> bool:
        """Accepted and still there."""
        return self.accepted is True and not self.deleted

    @property
    def is_waiting(self) -> bool:
        """Under review and still there."""
        return self.accepted is None and not self.deleted


@dataclass(frozen=True)
class TreeFacts:
    """One tree. The first message is the prompt; parents stand before their replies."""

    state: TreeState
    goal_size: int
    """How many accepted messages it is to have, the prompt counted."""
    messages: tuple[MessageFacts, ...]
    leased: Mapping[tuple[TaskKind, str], int] = field(default_factory=dict)
    """(kind, message that the task is about) -> tasks in somebody's hands."""
    is_scored: bool = False
    """A consensus of every set of replies is stored that knows all rankings."""
    scoring_failures: int = 0

    @property
    def prompt(self) -> MessageFacts:
        return self.messages[0]

    @cached_property
    def by_id(self) -> dict[str, MessageFacts]:
        """Message id -> message."""
        return {message.id: message for message in self.messages}

    @cached_property
    def replies(self) -> dict[str, list[MessageFacts]]:
        """Message id -> the messages that answer it."""
        found: dict[str, list[MessageFacts]] = {message.id: [] for message in self.messages}
        for message in self.messages:
            if message.parent is not None:
                found[message.parent].append(message)
        return found

    @cached_property
    def depth(self) -> dict[str, int]:
        """Message id -> steps from the prompt, which is 0."""
        found: dict[str, int] = {}
        for message in self.messages:
            found[message.id] = 0 if message.parent is None else found[message.parent] + 1
        return found

    @cached_property
    def reachable(self) -> frozenset[str]:
        """Ids of live messages all of whose ancestors are live: what a thread can go through."""
        found: set[str] = set()
        for message in self.messages:
            if message.is_live and (message.parent is None or message.parent in found):
                found.add(message.id)
        return frozenset(found)

    def n_leased(self, kind: TaskKind, message: str) -> int:
        """Tasks of a kind about a message that are in somebody's hands."""
        return self.leased.get((kind, message), 0)

    @property
    def n_accepted(self) -> int:
        """Messages that count towards the goal."""
        return len(self.reachable)

    @cached_property
    def n_waiting(self) -> int:
        """Messages under review whose thread is live."""
        return sum(self.hangs_on(message) for message in self.messages if message.is_waiting)

    def hangs_on(self, message: MessageFacts) -> bool:
        """Whether a message stands on live ancestors: below a deleted one nothing goes on."""
        return message.parent is None or message.parent in self.reachable
