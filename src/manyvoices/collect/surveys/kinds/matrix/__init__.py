"""Several lines with the same options."""

from __future__ import annotations

from dataclasses import replace

from manyvoices.collect.surveys.contexts import QuestionView, RowView
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
            options=option_views(question.options, f"{base.name}-{item}", seen, key=item),
            at_fault=item in at_fault,
        )
        for item in (seen.order or labels)
    ]
    return replace(base, rows=rows, style="matrix")
