"""A list of countries, sorted by their names in the reader's language."""

from __future__ import annotations

import unicodedata
from dataclasses import replace

from django.utils.translation import gettext as _

from manyvoices.collect.surveys.contexts import QuestionView
from manyvoices.collect.surveys.kinds.seen import Seen, option_views
from manyvoices.design.kinds import Country


def view(base: QuestionView, question: Country, seen: Seen) -> QuestionView:
    """What the template is given."""
    translated = [o.model_copy(update={"label": _(o.label)}) for o in question.offered()]
    translated.sort(key=lambda option: (option.keep_last, sort_key(option.label)))
    return replace(base, options=option_views(translated, base.name, seen), style="select")


def sort_key(name: str) -> str:
    """A name without its accents, so that Åland stands beside Albania."""
    return unicodedata.normalize("NFKD", name).casefold()
