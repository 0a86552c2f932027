"""Several lines with the same options."""

from __future__ import annotations

from dataclasses import replace

from django.utils.translation import gettext as _

from manyvoices.collect.surveys.contexts import OptionView, QuestionView, RowView
from manyvoices.collect.surveys.kinds.seen import Seen, option_views
from manyvoices.design.kinds import Matrix


def view(base: QuestionView, question: Matrix, seen: Seen) -> QuestionView:
    """What the template is given."""
    labels = {item.id: item.label for item in question.items}
    at_fault = set(seen.problem.items) if seen.problem else set()
    rows = [
        RowView(
            label=labels[item],
            name=f"{base.name}-{item}",
            options=_options(question, f"{base.name}-{item}", seen, item),
            at_fault=item in at_fault,
        )
        for item in (seen.order or labels)
    ]
    return replace(base, rows=rows, style="matrix")


def _options(question: Matrix, name: str, seen: Seen, item: str) -> list[OptionView]:
    """Those of the file, and last that the line does not apply, in the interface's language."""
    views = option_views(question.choices(), name, seen, key=item)
    if question.not_applicable:
        views[-1] = replace(views[-1], label=_("Does not apply"))
    return views
