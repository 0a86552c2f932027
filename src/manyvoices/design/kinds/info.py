"""A text between questions."""

from __future__ import annotations

from typing import Literal

from manyvoices.design.dialogue import Posted
from manyvoices.design.written import QuestionBase, Reading


class Info(QuestionBase):
    """A text between questions; nothing is asked."""

    kind: Literal["info"]
    required: Literal[False] = False

    def read(self, posted: Posted) -> Reading:  # noqa: ARG002 - there is nothing of it in a form
        """Nothing is asked, so nothing was said."""
        return Reading(None)
