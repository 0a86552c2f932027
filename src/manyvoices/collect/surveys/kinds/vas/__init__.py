"""Visual analogue scales, one for each item."""

from __future__ import annotations

from dataclasses import replace

from manyvoices.collect.people.presenting import sliders
from manyvoices.collect.surveys.contexts import QuestionView
from manyvoices.collect.surveys.kinds.seen import Seen
from manyvoices.collect.views import words
from manyvoices.design.kinds import Vas


def view(base: QuestionView, question: Vas, seen: Seen) -> QuestionView:
    """What the template is given."""
    at_fault = set(seen.problem.items) if seen.problem else set()
    text = words(seen.problem) if seen.problem else None
    items = sliders(
        question,
        base.name,
        seen.posted,
        order=seen.order,
        error_of=lambda item: text if item in at_fault else None,
    )
    return replace(base, items=items)
