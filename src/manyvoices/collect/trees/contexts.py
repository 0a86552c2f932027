"""What the templates of a task's pages are given.

Nothing here says who wrote a message, how often it was reviewed, or whether a model wrote it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime


@dataclass(frozen=True)
class Said:
    """One message in a thread."""

    id: str
    who: str
    role: str
    lang: str
    dir: str
    html: str
    sources: list[dict[str, str]]
    is_subject: bool = False
    """The message that the task is about."""
    may_report: bool = True


@dataclass(frozen=True)
class Reason:
    value: str
    label: str


@dataclass(frozen=True)
class TaskFrame:
    """What every task page has, whatever is to be done on it."""

    task: str
    kind: str
    title: str
    asked: str
    lang: str
    dir: str
    language_name: str
    thread: list[Said]
    guidelines: str
    skip_reasons: list[Reason]
    expired: bool
    keep_every: int
    """Seconds between two signs that the page is in use."""
    keep_url: str
    skip_url: str


@dataclass(frozen=True)
class SourceRow:
    number: int
    title: str = ""
    url: str = ""
    error: str = ""


@dataclass(frozen=True)
class WritePage:
    frame: TaskFrame
    text: str
    sources: list[SourceRow]
    evidence: str
    draft_url: str
    draft_saved_at: datetime | None
    max_length: int
    min_words: int
    may_end: bool
    asks_answer: bool = False
    """The author of the prompt writes an answer to it as well."""
    answer: str = ""
    preview_html: str | None = None
    preview_dir: str = "auto"
    advised: bool = False
    """The advice is shown in place of sending: the next press sends it all the same."""
    errors: dict[str, str] = field(default_factory=dict)
    advice: list[str] = field(default_factory=list)
    here: str = "task"


@dataclass(frozen=True)
class Point:
    """One answer to a label, as a radio button."""

    value: str
    label: str
    input_id: str
    checked: bool
    number: str = ""
    """The key that chooses it; empty = none."""


@dataclass(frozen=True)
class LabelField:
    """One label."""

    name: str
    field: str
    widget: str
    question: str
    help: str
    low: str
    high: str
    points: list[Point]
    cannot_tell: Point
    leave_open: Point | None
    """None where an answer is needed."""
    required: bool
    error: str = ""
    examples: tuple[str, ...] = ()
    each_has_words: bool = False
    """Each point of a scale has words of its own, which are shown."""


@dataclass(frozen=True)
class LabelGroup:
    """Labels of one sort, which stand together."""

    widget: str
    fields: list[LabelField]
    none_checked: bool = False
    """ "None of these" is ticked: flags left open mean no."""


@dataclass(frozen=True)
class LabelPage:
    frame: TaskFrame
    groups: list[LabelGroup]
    is_full: bool
    draft_url: str
    draft_saved_at: datetime | None
    errors: dict[str, str] = field(default_factory=dict)
    here: str = "task"


@dataclass(frozen=True)
class FreeLabelPage:
    thread: list[Said]
    message: str
    groups: list[LabelGroup]
    errors: dict[str, str] = field(default_factory=dict)
    draft_url: str = ""
    here: str = ""


@dataclass(frozen=True)
class DonePage:
    title: str
    then: str
    kind: str
    kind_title: str
    language: str
    lang_dir: str
    message: str
    """Id of what was written; empty where nothing was."""
    here: str = "done"


@dataclass(frozen=True)
class GonePage:
    """The place of a task is gone; what was written is here."""

    title: str
    reason: str
    text: str
    lang: str
    dir: str
    task: str = ""
    carried: list[tuple[str, str]] = field(default_factory=list)
    """Further fields of the form, to be sent again with the text."""
    here: str = "gone"
