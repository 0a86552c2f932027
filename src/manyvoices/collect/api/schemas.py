"""The records that the interface answers with; the OpenAPI description is made from them."""

from __future__ import annotations

from datetime import datetime

from ninja import Schema


class Health(Schema):
    """That the server answers, and what it is."""

    status: str
    version: str


class StudySummary(Schema):
    """One study of this server."""

    id: str
    title: str
    is_open: bool
    current_version: int | None
    """None where the study has no version, so that nobody can begin."""
    created_at: datetime


class Heads(Schema):
    """How many came how far. Whoever withdrew is in `withdrawn` and in no other number."""

    consented: int
    active_now: int
    complete: int
    withdrawn: int


class StepCount(Schema):
    """How many of those who consented to one version did one step of it."""

    version: int
    kind: str
    """``survey`` or ``conversation``."""
    stage: int
    """0-based index of the stage in the study."""
    number: int
    """0-based page of the survey, or 1-based number of the conversation."""
    label: str
    people: int
    people_of: int
    simulated: int
    simulated_of: int


class ResponderCount(Schema):
    """What was asked of one responder, and what came of it."""

    responder: str
    simulated: bool
    """Whether simulated people asked."""
    asked: int
    answered: int
    missing: int
    waiting: int
    failures: dict[str, int]
    """Failure kind -> number of calls."""
    median_latency_ms: float | None
    """Of the calls that were answered; None where there are none."""


class QueueState(Schema):
    """The jobs of the whole server."""

    state: str
    """``idle``, ``working`` or ``stuck`` (something waits for longer than 30 s)."""
    queued: int
    leased: int
    oldest_waits_s: float | None


class Progress(Schema):
    """How a study is going; simulated people are counted apart throughout."""

    study_id: str
    title: str
    is_open: bool
    counted_at: datetime
    last_activity: datetime | None
    people: Heads
    simulated: Heads
    steps: list[StepCount]
    responders: list[ResponderCount]
    queue: QueueState


class Problem(Schema):
    """Why there is no answer."""

    detail: str
