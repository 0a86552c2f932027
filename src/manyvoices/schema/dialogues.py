"""What others publish and train on: chat lines, dialogues, and completions marked good or not.

``published`` of a record is the row that it was read from, kept only where the record alone would
not give that row back: columns that have no field, or values spelt in another way. The writer of
the same format starts from it, so a file that is read and written back is equal in every field.
"""

from __future__ import annotations

from typing import Any, Literal, TypeAlias

from manyvoices.schema._base import SCHEMA_VERSION, Json, Record

ChatRole: TypeAlias = Literal["system", "developer", "user", "assistant", "tool"]


class Published(Record, frozen=True, kw_only=True):
    """The row that a record was read from."""

    format: str
    """Which format the row is in; a writer of another format has no use for it."""
    row: dict[str, Json]
    """All columns, unchanged and in their order."""


class ChatLine(Record, frozen=True, kw_only=True):
    """One line of a chat, in the form that chat templates and model APIs take."""

    role: ChatRole
    """Who speaks. ``user`` is what a tree calls prompter."""
    content: str | list[dict[str, Any]] | None
    """The text; or parts such as ``{"type": "text", "text": ...}``; None where a tool was called
    and nothing was said."""

    @property
    def text(self) -> str:
        """All text of the line, parts that are no text left out."""
        if not isinstance(self.content, list):
            return self.content or ""
        return "".join(str(p.get("text") or "") for p in self.content if p.get("type") == "text")


Said: TypeAlias = str | list[ChatLine]
"""A text, or the chat lines that hold it."""


class Dialogue(Record, frozen=True, kw_only=True):
    """A chat from its first line to its last: what supervised fine-tuning reads."""

    messages: list[ChatLine]
    """In order."""
    dialogue_id: str | None = None
    """Unique in its file, where the source has one."""
    participant_id: str | None = None
    """Whose conversation; None means unknown."""
    language: str | None = None
    """Of the dialogue, as the source names it."""
    simulated: bool = False
    """True for a bot of a rehearsal; such a record never counts as a person's."""
    published: Published | None = None
    """The row as it was read, where it holds more than this record; else None."""
    schema_version: str = SCHEMA_VERSION
    """Version of the record's form; see `SCHEMA_VERSION`."""


class LabelledCompletion(Record, frozen=True, kw_only=True):
    """One answer to a prompt, marked as wanted or not: what KTO reads."""

    prompt: Said
    """Text, or chat lines."""
    completion: Said
    """The answer, in the same form as the prompt."""
    label: bool
    """True means that it was wanted."""
    participant_id: str | None = None
    """Whose judgement; None means unknown."""
    simulated: bool = False
    """True for a bot of a rehearsal; such a record never counts as a person's."""
    published: Published | None = None
    """The row as it was read, where it holds more than this record; else None."""
    schema_version: str = SCHEMA_VERSION
    """Version of the record's form; see `SCHEMA_VERSION`."""
