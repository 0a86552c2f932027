"""What can be wrong with something that a moderator or a contributor asks for."""

from __future__ import annotations

from datetime import datetime

from manyvoices.collect.refusal import Refusal
from manyvoices.collect.trees.errors import TaskRefused


class Refused(Refusal):
    """It cannot be done; nothing was changed. The message is for the one who asked."""


class Claimed(Refused):
    """Somebody else has this case in hand."""


class Settled(Refused):
    """The case was decided, or the decision undone, in the meantime."""


class Barred(TaskRefused):
    """A person who was told that they may not contribute, at all or for now."""

    def __init__(self, reason: str, until: datetime | None = None) -> None:
        self.reason, self.until = reason, until
        super().__init__(reason, code="barred")
