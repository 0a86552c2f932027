"""A day of the calendar."""

from __future__ import annotations

from dataclasses import replace

from manyvoices.collect.surveys.contexts import QuestionView
from manyvoices.collect.surveys.kinds.seen import Seen
from manyvoices.collect.views import last
from manyvoices.design.kinds import Date


def view(base: QuestionView, question: Date, seen: Seen) -> QuestionView:
    """What the template is given."""
    return replace(
        base,
        value=last(seen.posted, base.name),
        minimum="" if question.earliest is None else question.earliest.isoformat(),
        maximum="" if question.latest is None else question.latest.isoformat(),
    )
