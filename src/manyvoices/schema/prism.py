"""PRISM's published rows, column for column, so that a release can be written as PRISM wrote its.

The columns are those of PRISM's codebook (arXiv 2404.16019, appendix V). One column is ours:
``simulated``, absent from the published files and present in every row written from a study here,
so that a bot of a rehearsal is never taken for a person.
"""

from __future__ import annotations

from typing import Any, Literal, TypeAlias

from msgspec import UNSET, UnsetType

from manyvoices.schema._base import Json, Record
from manyvoices.schema.trees import Opt

PrismSurveyRow: TypeAlias = dict[str, Json]
"""One person's survey: ``user_id``, the fixed columns, and one column per question."""

PrismScore: TypeAlias = int | float | None
"""On PRISM's scale of 1 to 100; None means not applicable or not rated."""


class PrismMessage(Record, frozen=True, kw_only=True):
    """One line of a published conversation: the user's message, or one model's answer to it."""

    turn: int
    """0-based."""
    role: Literal["user", "model"]
    content: str | None
    model_provider: Opt[str] = UNSET
    """Null or absent for the user, as are the fields below."""
    model_name: Opt[str] = UNSET
    score: PrismScore | UnsetType = UNSET
    if_chosen: Opt[bool] = UNSET
    within_turn_id: Opt[int] = UNSET


class PrismConversation(Record, frozen=True, kw_only=True):
    """A row of ``conversations.jsonl``."""

    split: str | UnsetType = UNSET
    """Present only in the Croissant-exported form, and what tells the two forms apart."""
    conversation_id: str
    user_id: str
    conversation_type: str
    opening_prompt: str | None
    conversation_turns: int
    conversation_history: list[PrismMessage]
    performance_attributes: dict[str, PrismScore] | None
    choice_attributes: dict[str, PrismScore] | None
    open_feedback: str | None
    generated_datetime: str | None
    """End of the conversation, ``YYYY-MM-DD HH:MM:SS``; UTC where it was written here."""
    timing_duration_s: int | float | None
    timing_duration_mins: int | float | None
    included_in_balanced_subset: bool | None
    """None means that nobody has drawn the subset yet."""
    simulated: bool | UnsetType = UNSET


class PrismUtterance(Record, frozen=True, kw_only=True):
    """A row of ``utterances.jsonl``: one model's answer, with the prompt it answered."""

    utterance_id: str
    interaction_id: str
    """One turn of one conversation."""
    conversation_id: str
    user_id: str
    turn: int
    within_turn_id: int
    conversation_type: str
    user_prompt: str | None
    model_response: str | None
    """PRISM writes ``EMPTY STRING`` for an empty answer."""
    model_name: str
    model_provider: str
    score: PrismScore
    if_chosen: bool | None
    included_in_balanced_subset: bool | None
    simulated: bool | UnsetType = UNSET


class PrismMetadata(Record, frozen=True, kw_only=True):
    """A row of ``metadata.jsonl``: one text, the keys to find it by, and what checks said of it."""

    column_id: str
    """The column that holds the text: ``user_prompt``, ``model_response``, ``open_feedback``, or a
    text question of the survey (``self_description``, ``system_string`` in PRISM)."""
    user_id: str
    conversation_id: str | None
    interaction_id: str | None
    utterance_id: str | None
    pii_flag: bool | None
    """None means not checked, as for the flags below."""
    pii_manual_flag: bool | int | float | None
    language_flag: str | None
    en_flag: bool | None
    moderation_flag: dict[str, Any] | None
    simulated: bool | UnsetType = UNSET
