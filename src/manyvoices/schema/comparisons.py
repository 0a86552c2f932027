"""Comparisons of models side by side: what was shown, and what one person said of it."""

from __future__ import annotations

from enum import StrEnum
from typing import Literal

from manyvoices.schema._base import SCHEMA_VERSION, Instant, Json, Record
from manyvoices.schema.conversations import Try
from manyvoices.schema.trees import Message


class ComparisonVerdict(StrEnum):
    """What a comparison came to."""

    CHOICE = "choice"
    """One side was preferred, or several were put in an order."""
    TIE = "tie"
    """All sides are equally good."""
    ALL_BAD = "all_bad"
    """None of them is any good."""
    CANNOT_JUDGE = "cannot_judge"
    """The person could not say. It counts for nobody."""
    FAILED = "failed"
    """A side gave nothing to judge, so nobody was asked. It counts for nobody."""


class SideAnswer(Record, frozen=True, kw_only=True):
    """What one side said to one message."""

    position: int
    """0-based place on the screen: 0 is left, or first."""
    text: str | None
    """None means that there is no answer; `failure` says why."""
    failure: str | None = None
    """Kind of failure (``timeout``, ``empty``, ...), where there is no answer."""
    language: str | None = None
    """ISO 639 label of the text, where it was looked at; ``und`` where it shows nothing."""
    latency_ms: float | None = None
    """From request to reply; None for a stored output."""
    finish_reason: str | None = None
    """Why the model stopped, in its provider's words."""
    prompt_tokens: int | None = None
    """As the provider counted them."""
    completion_tokens: int | None = None
    """As the provider counted them."""
    model_version: str | None = None
    """As the provider reported it."""
    attempt: int = 1
    """Counts up where a side failed and the person asked again."""
    tries: list[Try] = []
    """Every call that was made for this answer."""
    n_words_cut: int = 0
    """Words beyond the study's limit, cut off before anyone saw the answer."""


class SideExchange(Record, frozen=True, kw_only=True):
    """One message and what every side said to it."""

    turn: int
    """0-based."""
    message: Message
    """Role prompter: of the prompt set, or the person's own."""
    answers: list[SideAnswer]
    """In order of attempt, then position; the failed ones too."""


class Comparison(Record, frozen=True, kw_only=True):
    """Two or more models shown side by side to one person without their names, and the verdict."""

    comparison_id: str
    """Unique in the study."""
    participant_id: str
    """Who judged."""
    study_id: str
    """The study it was part of."""
    stage: str
    """Id of the stage."""
    source: Literal["outputs", "live", "arena"]
    """``outputs``: stored texts; ``live``: models answered a fixed prompt; ``arena``: they answered
    what the person wrote."""
    models: list[str]
    """By position: ``models[0]`` stood left, or first."""
    prompt_id: str | None = None
    """Of the prompt set; None where the person wrote the prompt."""
    category: str | None = None
    """Of the prompt, as the prompt set names it."""
    language: str | None = None
    """Of the prompt; of the person's interface where they wrote it."""
    pool: str | None = None
    """Which pool of raters the person counted for (``expert``, ``crowd``)."""
    exchanges: list[SideExchange]
    """In order; one, unless people talked on."""
    verdict: ComparisonVerdict | None
    """None means not judged yet."""
    order: list[list[int]] | None = None
    """With ``choice``: groups of positions, best first; what one group holds is equally good."""
    reasons: list[str] = []
    """Tags that the person gave, by their ids in the study."""
    reason_text: str | None = None
    """What the person wrote; None means nothing, or not asked."""
    assigned_because: str
    """Why these models and this prompt: ``balance``, ``exploration``, or a reason of the batch."""
    seed: int
    """Of the draw of prompt, models and places."""
    started_at: Instant
    """When it was handed out."""
    shown_at: Instant | None = None
    """When all answers were there to read."""
    judged_at: Instant | None = None
    """When the verdict was stored."""
    revealed_at: Instant | None = None
    """When the names were shown; never before the verdict."""
    evidence: dict[str, Json] = {}
    """Signals of how it was judged: ``seconds``, ``words``, ... Evidence, never a verdict on it."""
    quarantined: list[str] = []
    """Rules by which this vote is left out unless asked for; it is kept and never deleted."""
    consent_version: str | None
    """Version of the consent text in force."""
    simulated: bool
    """True for a bot of a rehearsal; such a record never counts as a person's."""
    schema_version: str = SCHEMA_VERSION
    """Version of the record's form; see `SCHEMA_VERSION`."""
