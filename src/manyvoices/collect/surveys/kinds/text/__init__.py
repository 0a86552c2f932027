"""A line or a paragraph in one's own words."""

from __future__ import annotations

from dataclasses import replace

from django.utils.translation import gettext as _

from manyvoices.collect.surveys.contexts import QuestionView
from manyvoices.collect.surveys.kinds.seen import Seen
from manyvoices.collect.texts import study_html
from manyvoices.collect.views import last
from manyvoices.design.kinds import Text


def view(base: QuestionView, question: Text, seen: Seen) -> QuestionView:
    """What the template is given."""
    hint = ""
    if question.suggested_words is not None:
        low, high = question.suggested_words
        hint = _("About %(low)d to %(high)d words would be good.") % {"low": low, "high": high}
    return replace(
        base,
        value=last(seen.posted, base.name),
        multiline=question.multiline,
        max_length=question.max_length,
        placeholder=question.placeholder,
        guidance=study_html(question.guidance),
        words_hint=hint,
    )
