"""What the templates of a contributor's pages are given.

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


@dataclass(frozen=True)
class LabelHelp:
    question: str
    help: str


@dataclass(frozen=True)
class GuidelinesPage:
    html: str
    labels: list[LabelHelp]
    here: str = "guidelines"


@dataclass(frozen=True)
class QuizAnswerView:
    number: int
    text: str
    checked: bool
    is_right: bool


@dataclass(frozen=True)
class QuizQuestionView:
    field: str
    question: str
    example_html: str
    answers: list[QuizAnswerView]
    because: str = ""
    was_wrong: bool = False
    error: str = ""


@dataclass(frozen=True)
class QuizPage:
    title: str
    questions: list[QuizQuestionView]
    tries_left: int
    needed: int
    state: str
    """``open``; after a try ``passed``, ``again`` or ``closed``."""
    kind: str = ""
    language: str = ""
    errors: dict[str, str] = field(default_factory=dict)
    here: str = "quiz"
