"""The pages of the kinds of question: one folder for each.

A folder has ``__init__.py`` with ``view(base, question, seen) -> QuestionView``, and
``question.html``. What an answer means, the kind's file in ``design/kinds`` says.
"""

from __future__ import annotations

from importlib import import_module
from typing import Protocol, cast

from manyvoices.collect.surveys.contexts import QuestionView
from manyvoices.collect.surveys.kinds.seen import Seen
from manyvoices.design.kinds import KINDS, AnyQuestion

__all__ = ["question_view"]


class _Kind(Protocol):
    def view(self, base: QuestionView, question: AnyQuestion, seen: Seen) -> QuestionView: ...


_FOLDERS = {kind: cast(_Kind, import_module(f"{__name__}.{kind}")) for kind in KINDS}


def question_view(base: QuestionView, question: AnyQuestion, seen: Seen) -> QuestionView:
    """`base` with what the question's kind shows."""
    return _FOLDERS[question.kind].view(base, question, seen)
