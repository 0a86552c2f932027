"""What the comparison templates are given. Nothing here says which model wrote what, but for the
page that names them after the verdict."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime


@dataclass(frozen=True)
class Header:
    """What stands above every page of one comparison."""

    question: str
    guidance: str
    number: int
    total: int


@dataclass(frozen=True)
class SideView:
    """One answer. `label` is a letter by place, never a name."""

    position: int
    letter: str
    label: str
    text_html: str


@dataclass(frozen=True)
class Earlier:
    """A message of the prompt set that came before the one that is asked."""

    is_prompter: bool
    text: str
    html: str


@dataclass(frozen=True)
class ExchangeView:
    """One message and what every side said to it."""

    prompt: str
    sides: list[SideView]


@dataclass(frozen=True)
class ChoiceView:
    """One thing that can be said of two answers."""

    value: str
    label: str
    input_id: str
    digit: int
    checked: bool


@dataclass(frozen=True)
class CardView:
    """One answer to be put in order."""

    side: SideView
    field: str
    place: str
    error: str = ""


@dataclass(frozen=True)
class TagView:
    value: str
    label: str
    input_id: str
    checked: bool


@dataclass(frozen=True)
class ReasonsView:
    """What is asked about the verdict."""

    label: str
    tags: list[TagView]
    asks_text: bool
    is_required: bool
    text: str
    max_length: int

    @property
    def is_asked(self) -> bool:
        return bool(self.tags) or self.asks_text


@dataclass(frozen=True)
class JudgePage:
    header: Header
    earlier: list[Earlier]
    exchanges: list[ExchangeView]
    """With two sides all of them; with more, the answers to the last stand in `cards`."""
    lang: str
    is_own: bool
    """The person wrote the messages."""
    choices: list[ChoiceView]
    """Empty where more than two are put in order."""
    cards: list[CardView]
    places: list[int]
    place_words: str
    moved: str
    offers_tie: bool
    offers_all_bad: bool
    offers_cannot_judge: bool
    all_bad: bool
    cannot_judge: bool
    is_asked_back: bool
    reasons: ReasonsView
    draft_url: str
    draft_saved_at: datetime | None
    errors: dict[str, str] = field(default_factory=dict)

    @property
    def verdict_error(self) -> str:
        return self.errors.get("verdict-0", "")

    @property
    def reason_error(self) -> str:
        return self.errors.get("reason-text", "")


@dataclass(frozen=True)
class AwaitPage:
    """Answers of live models are being written."""

    header: Header
    earlier: list[Earlier]
    prompt: str
    lang: str
    asked: int
    settled: int
    is_waiting: bool
    """False once the time is over, or all have come."""
    progress_url: str
    poll_ms: int = 1000
    is_own: bool = False
    errors: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class FollowingPage:
    """Before a comparison: what comes, or a word about the last."""

    header: Header
    n_sides: int
    is_first: bool
    has_failed: bool
    is_arena: bool
    may_end: bool
    number: int
    """Of the comparison that the form asks for: counts the failed ones too."""
    errors: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class NamedSide:
    label: str
    model: str
    is_best: bool


@dataclass(frozen=True)
class NamesPage:
    """After the verdict: who it was."""

    header: Header
    sides: list[NamedSide]
    verdict: str
    stage: int
    next_number: int | None
    """Of the next comparison; None where this was the last."""
    may_end: bool = False
    errors: dict[str, str] = field(default_factory=dict)
