"""Live conversations in which several models answer one person, and what that person gave them."""

from __future__ import annotations

from manyvoices.schema._base import SCHEMA_VERSION, Instant, Record
from manyvoices.schema.trees import Message


class Utterance(Record, frozen=True, kw_only=True):
    """One model's candidate answer in one turn."""

    utterance_id: str
    model: str
    """Id of the model in the study's ``models``."""
    model_provider: str
    text: str | None
    """None means that the model gave no answer; `failure` says why."""
    score: int | None
    """On the study's rating scale; None means not rated. A slider left alone is never a score."""
    chosen: bool
    """True for the answer with which the conversation went on."""
    position: int
    """Place on the screen, 0-based."""
    failure: str | None = None
    """Kind of failure, where the model gave no answer."""
    latency_ms: float | None = None
    finish_reason: str | None = None
    prompt_tokens: int | None = None
    completion_tokens: int | None = None
    model_version: str | None = None
    """As the provider reported it with this answer."""


class Turn(Record, frozen=True, kw_only=True):
    """One message of the person and all candidate answers to it."""

    turn: int
    """0-based; 0 is the opening."""
    message: Message
    """Role prompter."""
    utterances: list[Utterance]
    seed: int
    """Seed of every draw in this turn: models, positions, tie-break."""
    tied: list[str] = []
    """Ids of the utterances that shared the top score, where the seed broke a tie."""
    created_at: Instant


class Conversation(Record, frozen=True, kw_only=True):
    """One person's conversation with the study's models, and what they said about it."""

    conversation_id: str
    participant_id: str
    study_id: str
    conversation_type: str
    """One of the types that the study's conversations stage names."""
    turns: list[Turn]
    performance_attributes: dict[str, int | None] = {}
    """Attribute -> rating of the chosen model; None means not applicable, absent means not asked
    or not moved."""
    choice_attributes: dict[str, int | None] = {}
    """Attribute -> how much it mattered for the choice; None and absence as above."""
    open_feedback: str | None = None
    consent_version: str | None
    simulated: bool
    started_at: Instant
    finished_at: Instant | None = None
    """None means not finished."""
    schema_version: str = SCHEMA_VERSION
