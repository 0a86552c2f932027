"""What the console's templates about webhooks are given."""

from __future__ import annotations

from dataclasses import dataclass, field

from manyvoices.collect.webhooks.models import Delivery, Webhook


@dataclass(frozen=True)
class HooksPage:
    """The webhooks of a study, and the form for another."""

    hooks: list[Webhook]
    choices: list[tuple[str, str, bool]]
    """Event, its words, whether it is ticked."""
    url: str = ""
    include_text: bool = False
    errors: dict[str, str] = field(default_factory=dict)
    """Id of a field -> what is wrong."""


@dataclass(frozen=True)
class DeliveryLine:
    row: Delivery
    event: str
    state: str
    problem: str


@dataclass(frozen=True)
class HookPage:
    """One webhook and what was sent to it."""

    hook: Webhook
    events: list[tuple[str, str]]
    lines: list[DeliveryLine]
    off_because: str = ""
    """Why the server switched it off, in words."""
    secret: str = ""
    """Shown this once."""
    problem: str = ""
    choices: list[tuple[str, str, bool]] = field(default_factory=list)
    """Of the form that changes it: event, its words, whether it is ticked."""
    url: str = ""
    include_text: bool = False
    errors: dict[str, str] = field(default_factory=dict)
    """Id of a field -> what is wrong."""
