"""What can be wrong with something that a contributor sends; the message is for them."""

from __future__ import annotations

from manyvoices.collect.refusal import Refusal


class TaskRefused(Refusal):
    """What was sent for a task cannot be taken; nothing of it is stored, and the draft stays."""


class TaskGone(TaskRefused):
    """The task is no longer this person's, and there is no place left for what they sent."""


class NotYours(TaskRefused):
    """The task or message belongs to somebody else."""


class Unfit(TaskRefused):
    """A text or a mark that the project's rules do not allow; `field` names where it belongs."""

    def __init__(self, field: str, message: str, *, code: str = "unfit") -> None:
        self.field = field
        super().__init__(message, code=code)
