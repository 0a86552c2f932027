"""A number, written in digits."""

from __future__ import annotations

from dataclasses import replace

from manyvoices.collect.surveys.contexts import QuestionView
from manyvoices.collect.surveys.kinds.seen import Seen
from manyvoices.collect.views import last
from manyvoices.design.kinds import Number


def view(base: QuestionView, question: Number, seen: Seen) -> QuestionView:
    """What the template is given."""
    return replace(
        base,
        value=last(seen.posted, base.name),
        unit=question.unit,
        minimum="" if question.minimum is None else str(question.minimum),
        maximum="" if question.maximum is None else str(question.maximum),
        whole=question.whole,
    )
