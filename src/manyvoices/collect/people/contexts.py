"""What the templates of this app are given."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime


@dataclass(frozen=True)
class Progress:
    """How far a participant is, in steps of the whole study."""

    steps_done: int
    steps_total: int
    label: str


@dataclass(frozen=True)
class SliderView:
    """One visual analogue scale. `value` None: not touched yet."""

    name: str
    label: str
    low: str
    high: str
    minimum: int
    maximum: int
    input_id: str
    value: int | None = None
    na_name: str | None = None
    na_checked: bool = False
    error: str | None = None
    trace: str = ""
    """What js/slider.js has told of its use, as it was posted or drafted."""
    text_name: str = ""
    """Name of the text field beside it; empty where there is none."""
    text_value: str = ""


@dataclass(frozen=True)
class ConsentPage:
    consent_html: str
    minimum_age: int
    entry: str
    errors: dict[str, str] = field(default_factory=dict)
    rehearsal: str = ""
    """A signed token where a rehearsal bot is coming in; empty for people."""
    external_id: str = ""
    carried: dict[str, str] = field(default_factory=dict)
    """Further hidden fields: the platform's study and session, a signed invitation."""


@dataclass(frozen=True)
class DonePage:
    code: str | None
    stored: list[str]
    participant_id: str
    consent_version: str
    withdraw_until: datetime | None
    simulated: bool
    resume_url: str
    code_url: str | None = None
    """Where the code counts; the person clicks it."""


@dataclass(frozen=True)
class StudyLink:
    title: str
    url: str
    description: str


@dataclass(frozen=True)
class DemoNotes:
    participant_url: str
    console_url: str
    username: str


@dataclass(frozen=True)
class HomePage:
    studies: list[StudyLink]
    demo: DemoNotes | None = None
