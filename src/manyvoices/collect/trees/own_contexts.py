"""What the templates of somebody's own contributions, and of one message, are given."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from manyvoices.collect.trees.contexts import Said


@dataclass(frozen=True)
class Contribution:
    id: str
    who: str
    lang: str
    dir: str
    begins: str
    written_at: datetime
    became: str
    detail: str
    state: str
    """``waiting``, ``accepted``, ``rejected``, ``removed``."""
    may_edit: bool


@dataclass(frozen=True)
class MinePage:
    contributions: list[Contribution]
    done: list[tuple[str, int]]
    number: int
    of: int
    here: str = "mine"

    @property
    def has_more(self) -> bool:
        return self.number < self.of


@dataclass(frozen=True)
class MessagePage:
    thread: list[Said]
    own: Contribution | None
    message: str
    here: str = ""


@dataclass(frozen=True)
class EditPage:
    thread: list[Said]
    text: str
    lang: str
    dir: str
    message: str
    until: datetime
    max_length: int
    errors: dict[str, str] = field(default_factory=dict)
    draft_url: str = ""
    here: str = ""
