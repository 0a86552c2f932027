"""What aggregation and training read: battles, ballots and preference pairs."""

from __future__ import annotations

from enum import StrEnum

from manyvoices.schema._base import SCHEMA_VERSION, Record
from manyvoices.schema.dialogues import Published, Said


class Outcome(StrEnum):
    """How a battle ended."""

    A = "A"
    B = "B"
    TIE = "TIE"
    BOTH_BAD = "BOTH_BAD"
    FAILED = "FAILED"
    """No verdict: a model or a judge gave none. It counts for nobody."""


class Battle(Record, frozen=True, kw_only=True):
    """Two models compared once."""

    model_a: str
    """The model shown first, or on the left."""
    model_b: str
    """The other model."""
    outcome: Outcome
    """The verdict."""
    participant_id: str | None = None
    """Who judged (person or judging model); None means unknown. Resampling is by this."""
    battle_id: str | None = None
    """The source's own id."""
    conversation_id: str | None = None
    """Where in a study it comes from."""
    turn: int | None = None
    """As the source counts turns."""
    language: str | None = None
    """Of the conversation, as the source names it."""
    groups: dict[str, str] = {}
    """Further names to split by, such as ``question_id`` or ``conversation_type``."""
    simulated: bool = False
    """True for a bot of a rehearsal; such a record never counts as a person's."""
    schema_version: str = SCHEMA_VERSION
    """Version of the record's form; see `SCHEMA_VERSION`."""


class ArenaBattle(Battle, frozen=True, kw_only=True):
    """A battle with the row that an arena published it in."""

    published: Published
    """Both conversations, moderation, time stamps, and how the verdict was spelt."""


class Ballot(Record, frozen=True, kw_only=True):
    """One voter's order of candidates in one election."""

    election_id: str
    """Ballots with the same id are counted together."""
    voter_id: str | None = None
    """Who ranked; None means unknown."""
    ranking: list[list[str]]
    """Ordered groups of candidates, best first; a group holds candidates ranked equal."""
    candidates: list[str] | None = None
    """All that could have been ranked; None means those in `ranking` only."""
    weight: float = 1.0
    """How many such ballots this one stands for."""
    schema_version: str = SCHEMA_VERSION
    """Version of the record's form; see `SCHEMA_VERSION`."""


class PreferencePair(Record, frozen=True, kw_only=True):
    """Two answers to one prompt, of which one was preferred."""

    prompt: Said | None
    """Text, or chat lines; None where `chosen` and `rejected` each hold it from the start."""
    chosen: Said
    """The answer that was preferred, in the same form as the prompt."""
    rejected: Said
    """The other answer."""
    margin: float | None = None
    """How much better, in the source's own unit; None means not known."""
    score_chosen: float | None = None
    """What the preferred answer was given, where single answers were scored."""
    score_rejected: float | None = None
    """What the other answer was given."""
    participant_id: str | None = None
    """Whose preference; None means unknown."""
    simulated: bool = False
    """True for a bot of a rehearsal; such a record never counts as a person's."""
    groups: dict[str, str] = {}
    """Further names to split by, such as ``model_chosen`` or ``conversation_type``."""
    published: Published | None = None
    """The row as it was read, where it holds more than this record; else None."""
    schema_version: str = SCHEMA_VERSION
    """Version of the record's form; see `SCHEMA_VERSION`."""
