"""PRISM's published rows, column for column, so that a release can be written as PRISM wrote its.

The columns are those of PRISM's codebook (arXiv 2404.16019, appendix V). One column is ours:
``simulated``, absent from the published files and present in every row written from a study here,
so that a bot of a rehearsal is never taken for a person.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal, TypeAlias

import msgspec
from msgspec import UNSET, UnsetType

from manyvoices.schema._base import Json, Record
from manyvoices.schema.trees import Opt

PrismSurveyRow: TypeAlias = dict[str, Json]
"""One person's survey: ``user_id``, the fixed columns, and one column per question."""

_ON_SCALE = msgspec.Meta(ge=0, le=100)

PrismScore: TypeAlias = Annotated[int, _ON_SCALE] | Annotated[float, _ON_SCALE] | None
"""On PRISM's scale of 1 to 100; None means not applicable or not rated. 0 is read too, for studies
whose scale starts there; a study with a scale beyond 100 has no place in these files."""


class PrismMessage(Record, frozen=True, kw_only=True):
    """One line of a published conversation: the user's message, or one model's answer to it."""

    turn: int
    """0-based."""
    role: Literal["user", "model"]
    """Who wrote it."""
    content: str | None
    """The text; a model's empty answer is ``EMPTY STRING``."""
    model_provider: Opt[str] = UNSET
    """Null or absent for the user, as are the fields below."""
    model_name: Opt[str] = UNSET
    """PRISM's long name of the model."""
    score: PrismScore | UnsetType = UNSET
    """What the person gave this answer."""
    if_chosen: Opt[bool] = UNSET
    """Whether the conversation went on with this answer."""
    within_turn_id: Opt[int] = UNSET
    """0-based place among the answers of its turn."""


class PrismConversation(Record, frozen=True, kw_only=True):
    """A row of ``conversations.jsonl``."""

    split: str | UnsetType = UNSET
    """Present only in the Croissant-exported form, and what tells the two forms apart."""
    conversation_id: str
    """Joins the row with utterances and metadata."""
    user_id: str
    """Joins the row with the survey."""
    conversation_type: str
    """``unguided``, ``values guided`` or ``controversy guided`` in PRISM."""
    opening_prompt: str | None
    """The person's first message."""
    conversation_turns: int
    """How many turns there were."""
    conversation_history: list[PrismMessage]
    """Every message and answer, in order."""
    performance_attributes: dict[str, PrismScore] | None
    """Attribute -> how well the chosen model did; null is not applicable."""
    choice_attributes: dict[str, PrismScore] | None
    """Attribute -> how much it mattered for the choice; null is not applicable."""
    open_feedback: str | None
    """What the person wrote at the end."""
    generated_datetime: str | None
    """End of the conversation, ``YYYY-MM-DD HH:MM:SS``; UTC where it was written here."""
    timing_duration_s: int | float | None
    """From start to end, seconds."""
    timing_duration_mins: int | float | None
    """From start to end, minutes."""
    included_in_balanced_subset: bool | None
    """None means that nobody has drawn the subset yet."""
    simulated: bool | UnsetType = UNSET
    """Ours: True for a bot of a rehearsal; absent from PRISM's own files."""


class PrismUtterance(Record, frozen=True, kw_only=True):
    """A row of ``utterances.jsonl``: one model's answer, with the prompt it answered."""

    utterance_id: str
    """Joins the row with metadata."""
    interaction_id: str
    """One turn of one conversation."""
    conversation_id: str
    """Joins the row with conversations."""
    user_id: str
    """Joins the row with the survey."""
    turn: int
    """0-based."""
    within_turn_id: int
    """0-based place among the answers of its turn."""
    conversation_type: str
    """As in the conversation."""
    user_prompt: str | None
    """The message that was answered."""
    model_response: str | None
    """PRISM writes ``EMPTY STRING`` for an empty answer."""
    model_name: str
    """PRISM's long name of the model."""
    model_provider: str
    """Where the model was reached; not who built it."""
    score: PrismScore
    """What the person gave this answer."""
    if_chosen: bool | None
    """Whether the conversation went on with this answer."""
    included_in_balanced_subset: bool | None
    """None means that nobody has drawn the subset yet."""
    simulated: bool | UnsetType = UNSET
    """Ours: True for a bot of a rehearsal; absent from PRISM's own files."""


class PrismMetadata(Record, frozen=True, kw_only=True):
    """A row of ``metadata.jsonl``: one text, the keys to find it by, and what checks said of it."""

    column_id: str
    """The column that holds the text: ``user_prompt``, ``model_response``, ``open_feedback``, or a
    text question of the survey (``self_description``, ``system_string`` in PRISM)."""
    user_id: str
    """Whose conversation or survey the text belongs to."""
    conversation_id: str | None
    """None for a text of the survey."""
    interaction_id: str | None
    """None for a text that belongs to no turn."""
    utterance_id: str | None
    """None unless the text is a model's answer."""
    pii_flag: bool | None
    """None means not checked, as for the flags below."""
    pii_manual_flag: bool | int | float | None
    """What a person decided who looked at an automatic flag."""
    language_flag: str | None
    """Language, as detected."""
    en_flag: bool | None
    """Whether the text is English."""
    moderation_flag: dict[str, Any] | None
    """Category -> verdict or score."""
    simulated: bool | UnsetType = UNSET
    """Ours: True for a bot of a rehearsal; absent from PRISM's own files."""
