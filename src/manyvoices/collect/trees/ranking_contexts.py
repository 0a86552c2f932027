"""What the template of the ranking page is given: texts and letters, nothing about who wrote."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from manyvoices.collect.trees.contexts import Said, TaskFrame


@dataclass(frozen=True)
class FlagView:
    """Something that can be said of one reply, apart from its place."""

    value: str
    label: str
    input_id: str
    checked: bool


@dataclass(frozen=True)
class ReplyView:
    """One reply to be put in order."""

    said: Said
    letter: str
    """``B``: by where it stood when the page was opened."""
    name: str
    """``Reply B``."""
    field: str
    flag_field: str
    place: str
    """What was chosen for it; empty = it has no place."""
    flags: list[FlagView]
    error: str = ""


@dataclass(frozen=True)
class RankPage:
    frame: TaskFrame
    replies: list[ReplyView]
    question: str
    places: list[int]
    place_words: str
    """JSON: "first", "second" and so on, as many as there are replies."""
    moved: str
    """``1`` once somebody ordered something, ``0`` where a script filled the places in the order
    shown, empty where no script runs."""
    all_bad: bool
    is_asked_back: bool
    draft_url: str
    draft_saved_at: datetime | None
    is_prompts: bool = False
    """Prompts that wait are put in order, not replies."""
    errors: dict[str, str] = field(default_factory=dict)
    here: str = "task"
