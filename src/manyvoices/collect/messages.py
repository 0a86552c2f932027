"""The sentences of `manyvoices.design.problems`, where the translators' tools find them.

Rules may not know Django, so their sentences stand there unmarked. This list repeats them, marked;
``scripts/messages.py`` writes it, and a test holds the two together.
"""

from __future__ import annotations

from django.utils.translation import gettext_noop

PROBLEMS = (
    gettext_noop("Please answer this question."),
    gettext_noop("Please rate this answer."),
    gettext_noop("Please tick at least one answer."),
    gettext_noop("Please answer each line, or say that it does not apply. Still open: %(count)d."),
    gettext_noop("Please choose one of the answers that are offered."),
    gettext_noop("Please choose one answer only."),
    gettext_noop("“%(label)s” cannot be combined with other answers."),
    gettext_noop("Please shorten this to %(max)d characters. It has %(length)d now."),
    gettext_noop("Please write at least %(min)d words. It has %(count)d now."),
    gettext_noop("Please shorten this to %(max)d words. It has %(count)d now."),
    gettext_noop("Please place the slider again; what arrived was not a place on it."),
    gettext_noop("Please write something beside the answer that you chose."),
    gettext_noop("Please give every line a place. Still open: %(count)d."),
    gettext_noop("Two lines have the same place. Please give each line a place of its own."),
    gettext_noop("Please write a number, in digits."),
    gettext_noop("Please write a whole number."),
    gettext_noop("Please write a number of at least %(min)s."),
    gettext_noop("Please write a number of at most %(max)s."),
    gettext_noop("Please write a number from %(min)s to %(max)s."),
    gettext_noop("Please give a day of the calendar, written like 2026-01-31."),
    gettext_noop("Please give a day from %(min)s on."),
    gettext_noop("Please give a day up to %(max)s."),
    gettext_noop("Please read this question once more, and answer as it asks you to."),
)
