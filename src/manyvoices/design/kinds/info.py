"""A text between questions."""

from __future__ import annotations

from typing import Literal

from manyvoices.design.written import QuestionBase


class Info(QuestionBase):
    """A text between questions; nothing is asked."""

    kind: Literal["info"]
    required: Literal[False] = False
