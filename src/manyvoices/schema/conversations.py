"""Live conversations in which several models answer one person, and what that person gave them."""

from __future__ import annotations

from typing import Any

from manyvoices.schema._base import SCHEMA_VERSION, Instant, Record
from manyvoices.schema.traces import SliderTrace
from manyvoices.schema.trees import Message


class Try(Record, frozen=True, kw_only=True):
    """One call to a model."""

    failure: str | None = None
    """Kind of failure; None means that it answered."""
    ms: float
    """How long it took, milliseconds."""


class Utterance(Record, frozen=True, kw_only=True):
    """One model's candidate answer in one turn."""

    utterance_id: str
    """Unique in its conversation."""
    model: str
    """Id of the model in the study's ``models``."""
    model_provider: str
    """How the model was reached (``scripted``, ``openai``)."""
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
    """From request to reply, milliseconds; None where it was not measured."""
    finish_reason: str | None = None
    """Why the model stopped, in its provider's words."""
    prompt_tokens: int | None = None
    """As the provider counted them."""
    completion_tokens: int | None = None
    """As the provider counted them."""
    model_version: str | None = None
    """As the provider reported it with this answer."""
    attempt: int = 1
    """Counts up where every model of the turn failed and the person asked again."""
    replacement: int = 0
    """0 = drawn first for this place; counts up with each further model drawn for it."""
    replaced_by: str | None = None
    """Id of the utterance of the further model that was drawn for this place; None = none was."""
    request: dict[str, Any] | None = None
    """The parameters of the call as sent, without the messages; None where none was made."""
    tries: list[Try] = []
    """Every call that was made for this answer, in order."""
    n_words_cut: int = 0
    """Words beyond the study's limit that were cut off before anyone saw the answer."""
    trace: SliderTrace | None = None
    """How the mark was set; None where it was not observed."""


class Turn(Record, frozen=True, kw_only=True):
    """One message of the person and all candidate answers to it."""

    turn: int
    """0-based; 0 is the opening."""
    message: Message
    """Role prompter."""
    utterances: list[Utterance]
    """All candidates, the failed ones too."""
    seed: int
    """Seed of every draw in this turn: models, positions, tie-break."""
    tied: list[str] = []
    """Ids of the utterances that shared the top score, where the seed broke a tie."""
    created_at: Instant
    """When the person sent the message."""
    all_bad: bool = False
    """The person said that every answer is bad; then none is chosen."""
    assigned_because: str | None = None
    """Why these models answered: ``exploration``, ``random``, or a reason of the batch in force;
    None where no batch was."""


class Conversation(Record, frozen=True, kw_only=True):
    """One person's conversation with the study's models, and what they said about it."""

    conversation_id: str
    """Unique in the study."""
    participant_id: str
    """Whose conversation."""
    study_id: str
    """The study it was part of."""
    conversation_type: str
    """One of the types that the study's conversations stage names."""
    turns: list[Turn]
    """In order."""
    performance_attributes: dict[str, int | None] = {}
    """Attribute -> rating of the chosen model; None means not applicable, absent means not asked
    or not moved."""
    choice_attributes: dict[str, int | None] = {}
    """Attribute -> how much it mattered for the choice; None and absence as above."""
    open_feedback: str | None = None
    """What the person wrote at the end; None means nothing, or not asked."""
    consent_version: str | None
    """Version of the consent text in force; None means consent was never given."""
    simulated: bool
    """True for a bot of a rehearsal; such a record never counts as a person's."""
    started_at: Instant
    """When the person opened it."""
    finished_at: Instant | None = None
    """None means not finished."""
    traces: dict[str, SliderTrace] = {}
    """How the attributes' marks were set: ``performance.<attribute>``, ``choice.<attribute>``."""
    schema_version: str = SCHEMA_VERSION
    """Version of the record's form; see `SCHEMA_VERSION`."""
