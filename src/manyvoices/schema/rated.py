"""Ratings of texts by known raters: one judgement to a row, with who gave it."""

from __future__ import annotations

from manyvoices.schema._base import SCHEMA_VERSION, Record
from manyvoices.schema.dialogues import Published


class RatedText(Record, frozen=True, kw_only=True):
    """What one rater gave one text."""

    item_id: str
    """What was rated."""
    participant_id: str
    """Who rated; resampling is by this."""
    text: str | None = None
    """The text itself; None where the table has none."""
    ratings: dict[str, float | None]
    """Scale -> value in the table's own unit; None means not rated, which is never a zero."""
    attributes: dict[str, str | int | float | bool | None] = {}
    """What else the row says, of the rater above all: gender, age, education ..."""
    simulated: bool = False
    """True for a bot of a rehearsal; such a record never counts as a person's."""
    published: Published | None = None
    """The row as it was read, where it holds more than this record; else None."""
    schema_version: str = SCHEMA_VERSION
    """Version of the record's form; see `SCHEMA_VERSION`."""
