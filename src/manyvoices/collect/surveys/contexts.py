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
    visible: bool = True
    visible_if_json: str = ""
    """The branching rule for the browser, where it depends on this same page; else empty."""


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
