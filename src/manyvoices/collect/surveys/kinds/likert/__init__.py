"""One statement, points in words side by side."""

from __future__ import annotations

from dataclasses import replace

from manyvoices.collect.surveys.contexts import QuestionView
from manyvoices.collect.surveys.kinds.seen import Seen, option_views
from manyvoices.design.kinds import Likert


def view(base: QuestionView, question: Likert, seen: Seen) -> QuestionView:
    """What the template is given."""
    return replace(base, options=option_views(question.points, base.name, seen), style="points")
