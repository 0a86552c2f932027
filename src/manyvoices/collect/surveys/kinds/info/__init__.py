"""A text between questions."""

from __future__ import annotations

from dataclasses import replace

from manyvoices.collect.surveys.contexts import QuestionView
from manyvoices.collect.surveys.kinds.seen import Seen
from manyvoices.collect.texts import study_html
from manyvoices.design.kinds import Info


def view(base: QuestionView, question: Info, seen: Seen) -> QuestionView:  # noqa: ARG001
    """What the template is given."""
    return replace(base, html=study_html(question.help))
