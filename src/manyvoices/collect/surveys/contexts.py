"""What the survey templates are given."""

from __future__ import annotations

from dataclasses import dataclass, field

from manyvoices.collect.people.contexts import SliderView


@dataclass(frozen=True)
class OptionView:
    value: str
    label: str
    checked: bool
    input_id: str
    text_name: str = ""
    """Name of the text field beside it; empty where there is none."""
    text_value: str = ""
    exclusive: bool = False
    """Unticks the others, and is unticked by them."""
    place: str = ""
    """In a ranking: its place from 1 on, empty for none."""


@dataclass(frozen=True)
class RowView:
    """One line of a matrix."""

    label: str
    name: str
    options: list[OptionView]
    at_fault: bool = False


@dataclass(frozen=True)
class QuestionView:
    id: str
    kind: str
    label: str
    help: str
    required: bool
    name: str
    error: str | None = None
    options: list[OptionView] = field(default_factory=list)
    style: str = "radios"
    value: str = ""
    multiline: bool = False
    max_length: int | None = None
    placeholder: str = ""
    guidance: str = ""
    items: list[SliderView] = field(default_factory=list)
    html: str = ""
    """Sanitised text of a display-only question."""
    rows: list[RowView] = field(default_factory=list)
    unit: str = ""
    minimum: str = ""
    maximum: str = ""
    """Limits of a number or a day, as the field's attributes; empty for none."""
    whole: bool = True
    words_hint: str = ""
    """How much would be good to write."""
    visible: bool = True
    visible_if_json: str = ""
    """The branching rule for the browser, where it depends on this same page; else empty."""

    @property
    def template(self) -> str:
        """The kind's own template."""
        return f"kinds/{self.kind}/question.html"


@dataclass(frozen=True)
class SurveyPageView:
    title: str
    intro_html: str
    number: int
    of: int
    stage: int
    index: int
    questions: list[QuestionView]
    errors: dict[str, str]
    """Input id of the first control of a question or slider -> what to do."""
    draft_url: str
    back_url: str = ""
    """The page before it in the same survey; empty where there is none."""
    is_changed: bool = False
    """Sent before, and opened again."""
