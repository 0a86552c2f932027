"""Choose one option: radio buttons or a list."""

from __future__ import annotations

from dataclasses import replace

from manyvoices.collect.surveys.contexts import QuestionView
from manyvoices.collect.surveys.kinds.seen import Seen, option_views
from manyvoices.design.kinds import Single


def view(base: QuestionView, question: Single, seen: Seen) -> QuestionView:
    """What the template is given."""
    options = option_views(question.options, base.name, seen)
    return replace(base, options=options, style=question.style)
