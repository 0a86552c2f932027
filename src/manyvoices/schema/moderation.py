"""What a moderation model said of one text: a line of the file in which verdicts are kept."""

from __future__ import annotations

from datetime import date

from manyvoices.schema._base import Record


class Verdict(Record, frozen=True, kw_only=True):
    """One text's verdict. The text itself is not in it."""

    text_sha256: str
    """Of the text's UTF-8, in hexadecimal."""
    asked_model: str
    """The model as it was asked for; with `text_sha256` what a verdict is found by."""
    model: str
    """The model that answered, as it calls itself: a hosted name moves from version to version."""
    moderated_on: date
    """Day of the answer, UTC."""
    flagged: bool
    """Whether the model says that the text breaks any of its rules."""
    categories: dict[str, bool]
    """Category -> whether it is flagged; a category that the model does not know is absent."""
    scores: dict[str, float]
    """Category -> the model's confidence, 0 to 1."""
