"""What the arena's templates are given. Nothing here says which model wrote what."""

from __future__ import annotations

from dataclasses import dataclass, field

from manyvoices.collect.comparisons.contexts import ExchangeView, Header, JudgePage


@dataclass(frozen=True)
class MessageBox:
    """Where the next message is written."""

    text: str
    index: int
    draft_url: str
    max_length: int
    min_words: int = 1
    max_words: int | None = None
    messages_left: int = 1
    """This one included."""
    messages_before_verdict: int = 0
    """Still to be written before a verdict is taken; this one included."""


@dataclass(frozen=True)
class WaitingView:
    """Answers are being written: how many, never whose."""

    asked: int
    settled: int
    progress_url: str
    poll_ms: int
    is_waiting: bool = True


@dataclass(frozen=True)
class ArenaPage:
    """One comparison of an arena, wherever its talk stands."""

    header: Header
    exchanges: list[ExchangeView]
    """What can be read, in order."""
    n_columns: int
    waiting: WaitingView | None = None
    unanswered: str = ""
    """The message whose answers are awaited, or have failed."""
    has_failed: bool = False
    message: MessageBox | None = None
    judge: JudgePage | None = None
    lang: str = ""
    errors: dict[str, str] = field(default_factory=dict)

    @property
    def draft_url(self) -> str:
        """Of one of the forms: empty where the page has none whose draft is kept."""
        form = self.message or self.judge
        return form.draft_url if form else ""
