"""A page as a bot sees it: forms and fields, answers to read, what is awaited, what is wrong.

Made from the real HTML by `reading`, so that a rehearsal works on any study and notices a page that
lacks something.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Literal

FieldKind = Literal["radio", "checkbox", "range", "text", "select", "number", "date", "unknown"]


@dataclass(slots=True)
class Field:
    """One thing to fill in; radio buttons or check boxes of one name are one field."""

    name: str
    kind: FieldKind
    options: list[str] = field(default_factory=list)
    """Values that can be chosen."""
    limits: tuple[int, int] = (1, 100)
    max_length: int | None = None
    multiline: bool = False
    optional: bool = False
    """Marked as optional beside its question."""
    question: str | None = None
    """The survey question that it belongs to."""
    slot: str | None = None
    """The answer that it rates."""
    na_name: str | None = None
    """Name of the box that says "does not apply"."""
    input_type: str = ""
    earliest: str = ""
    """A day that a date may be."""


@dataclass(slots=True)
class Form:
    """One form of a page."""

    id: str
    index: int = -1
    """Which form of the page it is; below 0 for controls that stand outside of any."""
    classes: frozenset[str] = frozenset()
    action: str = ""
    hidden: list[tuple[str, str]] = field(default_factory=list)
    fields: list[Field] = field(default_factory=list)
    can_send: bool = False
    """Whether a button is there that sends it."""
    buttons: list[tuple[str, str]] = field(default_factory=list)
    """Name and value of its buttons that say something by being pressed."""
    no_ties: bool = False
    """Whether an order that it asks for may hold no equals."""
    has_plain: bool = False
    """Whether one of its buttons says nothing but "send"."""

    def pressed(self, name: str, value: str) -> Form:
        """This form, sent by the button of that name and value."""
        hidden = [pair for pair in self.hidden if pair[0] != name]
        return replace(self, hidden=[*hidden, (name, value)])

    @property
    def purpose(self) -> str:
        """The hidden field ``action`` of a conversation's form; empty in others."""
        return dict(self.hidden).get("action", "")


@dataclass(slots=True)
class Slot:
    """One model's place in a turn. Which model it is, the page does not say."""

    key: str
    state: str
    """``waiting``, ``answered`` or ``missing``."""
    text: str = ""


@dataclass(slots=True)
class SeenPage:
    """Everything on one page that a bot acts on."""

    title: str = ""
    forms: list[Form] = field(default_factory=list)
    slots: dict[str, Slot] = field(default_factory=dict)
    answers: list[str] = field(default_factory=list)
    """Every answer that can be read on the page, in order."""
    sides: list[list[str]] = field(default_factory=list)
    """Answers that stand side by side, by place; one list for each message."""
    way_on: str | None = None
    """Address of the one link that leads on, where a page has no form."""
    poll_url: str | None = None
    """Where to ask for answers that are still being written; None where none is awaited."""
    poll_s: float = 1.0
    problems: dict[str, str] = field(default_factory=dict)
    """Field -> what the page says is wrong with it."""
    is_done: bool = False
    out: str | None = None
    """Why whoever sees this page does not take part (``screen_out``, ``over_quota``, ...)."""
    place_url: str | None = None
    """Where to look whether a place has come free; None where none is awaited."""
    completion_code: str | None = None

    def form(self, purpose: str) -> Form | None:
        """The form for `purpose` ("rate", "prompt", "finish", "retry") that can be sent."""
        return next((f for f in self.forms if f.purpose == purpose and f.can_send), None)

    def take(self, news: SeenPage) -> None:
        """Put what a poll brought into this page, as the browser does."""
        self.poll_url = news.poll_url
        self.slots.update(news.slots)
        rating = next((f for f in self.forms if f.purpose == "rate"), None)
        for part in news.forms:
            target = part
            if not part.id and rating is not None:
                rating.fields.extend(part.fields)
                rating.can_send = rating.can_send or part.can_send
                continue
            for form in self.forms:
                if form.id == target.id:
                    form.can_send = form.can_send or part.can_send
