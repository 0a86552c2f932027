"""Options to be put in order: a list of places each, and buttons where there is JavaScript."""

from __future__ import annotations

from dataclasses import replace

from manyvoices.collect.surveys.contexts import QuestionView
from manyvoices.collect.surveys.kinds.seen import Seen, option_views
from manyvoices.collect.views import last
from manyvoices.design.kinds import Ranking


def view(base: QuestionView, question: Ranking, seen: Seen) -> QuestionView:
    """What the template is given."""
    options = option_views(question.options, base.name, seen)
    at = {option.value: index for index, option in enumerate(question.options)}
    with_places = [
        replace(
            option,
            input_id=f"{base.name}-{at[option.value]}",
            place=last(seen.posted, f"{base.name}-{at[option.value]}"),
        )
        for option in options
    ]
    return replace(base, options=with_places, style="places")
