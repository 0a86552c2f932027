"""What can stand between a participant's request and the page it asked for."""

from __future__ import annotations

from manyvoices.schema.errors import ManyvoicesError


class StaleSubmission(ManyvoicesError):
    """A form of a step that is over, or not reached: show where the participant really is."""


class NotTakingPart(ManyvoicesError):
    """No participant belongs to this browser: show the invitation."""
