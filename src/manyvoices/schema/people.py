"""Who took part in a study, and what they answered in its surveys."""

from __future__ import annotations

from typing import Literal, TypeAlias

from manyvoices.schema._base import SCHEMA_VERSION, Instant, Json, Record
from manyvoices.schema.traces import SliderTrace

ParticipantStatus: TypeAlias = Literal["active", "complete", "withdrawn"]


class Participant(Record, frozen=True, kw_only=True):
    """A person in one study, known by a pseudonym only."""

    participant_id: str
    """Pseudonym, unique in the study; never the recruitment provider's id."""
    study_id: str
    """The study taken part in."""
    consent_version: str | None
    """Version of the consent text that was agreed to; None means consent was never given."""
    consented_at: Instant | None
    """None means consent was never given."""
    language: str
    """Language in which the study was taken, as a BCP 47 tag."""
    simulated: bool
    """True for a bot of a rehearsal. Such records are never counted as people."""
    status: ParticipantStatus
    """``withdrawn`` means that the person asked to be taken out."""
    started_at: Instant
    """First arrival."""
    completed_at: Instant | None = None
    """None means not complete."""
    recruitment_provider: str | None = None
    """Where the person came from (``open``, ``prolific``); None means it was not recorded."""
    schema_version: str = SCHEMA_VERSION
    """Version of the record's form; see `SCHEMA_VERSION`."""
    confirmed_age: int | None = None
    """The person confirmed to be at least so many years old; None means they were not asked."""


class Answer(Record, frozen=True, kw_only=True):
    """One person's answer to one question. Demographics are ordinary answers."""

    participant_id: str
    """Who answered."""
    study_id: str
    """The study that asked."""
    survey: str
    """Id of the survey stage that asked."""
    question_id: str
    """Unique in its survey."""
    kind: str
    """Kind of question: ``single``, ``multiple``, ``text``, ``vas``, ``ranking``, ..."""
    value: Json
    """As the kind has it: text, a list of option values, a mapping item -> number.

    None means seen and not answered; it is never a default.
    """
    order: list[str] | None = None
    """Options or items in the order shown; None means there is nothing to order."""
    answered_at: Instant
    """When the page was sent."""
    consent_version: str | None
    """Version of the consent text in force; None means consent was never given."""
    simulated: bool
    """True for a bot of a rehearsal; such a record never counts as a person's."""
    schema_version: str = SCHEMA_VERSION
    """Version of the record's form; see `SCHEMA_VERSION`."""
    traces: dict[str, SliderTrace] | None = None
    """Item -> how its slider was used; None where the question has no sliders or was left alone."""
    texts: dict[str, str] | None = None
    """Option or item -> what was written beside it ("Other: ..."); None where nothing was."""
