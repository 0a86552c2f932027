"""What the conversation templates are given. Nothing here says which model wrote what."""

from __future__ import annotations

from dataclasses import dataclass, field

from manyvoices.collect.people.contexts import SliderView


@dataclass(frozen=True)
class Exchange:
    """An earlier turn: what the participant wrote and the answer that was kept."""

    prompt: str
    answer_html: str
    all_bad: bool = False
    """The participant said that all answers were bad: none was kept."""


@dataclass(frozen=True)
class Slot:
    """The place of one answer. `label` is a letter by position, never a name."""

    key: str
    label: str
    state: str
    text_html: str = ""
    slider: SliderView | None = None


@dataclass(frozen=True)
class TypeOption:
    value: str
    label: str
    guidance: str
    remaining: int
    of: int
    input_id: str
    checked: bool = False

    @property
    def disabled(self) -> bool:
        return self.remaining == 0


@dataclass(frozen=True)
class ChoosePage:
    options: list[TypeOption]
    number: int
    total: int
    errors: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class ConversationHeader:
    """What stands above every page of one conversation."""

    type_label: str
    guidance: str
    number: int
    total: int


@dataclass(frozen=True)
class OpeningPage:
    header: ConversationHeader
    text: str
    draft_url: str
    max_length: int
    min_words: int = 1
    max_words: int | None = None
    errors: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class TurnPage:
    header: ConversationHeader
    transcript: list[Exchange]
    prompt: str
    slots: list[Slot]
    turn: int
    is_waiting: bool
    progress_url: str
    draft_url: str
    poll_ms: int = 1000
    errors: dict[str, str] = field(default_factory=dict)
    all_bad: str = ""
    """What follows when people say that every answer is bad: ``end``, ``go_on``; empty = not
    offered."""
    fresh: list[Slot] = field(default_factory=list)
    """On a poll: the slots that settled since the browser last looked."""

    @property
    def asked(self) -> int:
        return len(self.slots)

    @property
    def answered(self) -> int:
        return sum(slot.state == "answered" for slot in self.slots)

    @property
    def missing(self) -> int:
        return sum(slot.state == "missing" for slot in self.slots)

    @property
    def none_answered(self) -> bool:
        return not self.is_waiting and self.answered == 0


@dataclass(frozen=True)
class ReplyPage:
    header: ConversationHeader
    transcript: list[Exchange]
    text: str
    turn: int
    draft_url: str
    max_length: int
    may_finish: bool
    must_finish: bool
    turns_before_finish: int
    min_words: int = 1
    max_words: int | None = None
    drawn_anew: bool = False
    """The last answers were all bad: the next message goes to other models."""
    errors: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class BlockView:
    name: str
    opener: str
    items: list[SliderView]


@dataclass(frozen=True)
class AttributesPage:
    header: ConversationHeader
    blocks: list[BlockView]
    prompt: str
    best_html: str
    draft_url: str
    errors: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class FeedbackPage:
    header: ConversationHeader
    question: str
    help_html: str
    text: str
    draft_url: str
    max_length: int
    required: bool
    errors: dict[str, str] = field(default_factory=dict)
