"""What the templates of a contributor's home page are given."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime


@dataclass(frozen=True)
class KindView:
    """One kind of task that could be done in one language."""

    kind: str
    title: str
    n: int
    more: bool = False
    """There are more than `n`."""
    quiz_url: str = ""
    """Where the quiz before it is taken; empty = none is needed."""
    is_closed: bool = False


@dataclass(frozen=True)
class LanguageView:
    """One data language: as a choice, and what is needed in it."""

    tag: str
    name: str
    dir: str
    chosen: bool
    kinds: list[KindView] = field(default_factory=list)
    why_none: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class InHand:
    """A task that was begun."""

    url: str
    title: str
    language: str
    language_name: str
    begins: str
    """How the message that it is about begins."""
    dir: str
    expires_at: datetime


@dataclass(frozen=True)
class HomePage:
    languages: list[LanguageView]
    in_hand: list[InHand]
    has_work: bool
    errors: dict[str, str] = field(default_factory=dict)
    here: str = "home"

    @property
    def chosen(self) -> list[LanguageView]:
        return [language for language in self.languages if language.chosen]

    @property
    def may_choose(self) -> bool:
        return len(self.languages) > 1
