"""The sentences of `manyvoices.design` (problems, labels), where the translators' tools find them.

Rules may not know Django, so their sentences stand there unmarked. These lists repeat them, marked;
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

LABELS = (
    gettext_noop("A quotation or a text to translate may be in another language."),
    gettext_noop("Advertising, copied junk, or not a serious try. A weak message is not spam."),
    gettext_noop("An address, a telephone number, a full name that is not a public person's."),
    gettext_noop("As a whole: would you be glad to read it in a conversation?"),
    gettext_noop("Does it fail to answer what was asked?"),
    gettext_noop("Excellent"),
    gettext_noop("Funny"),
    gettext_noop("Harmless"),
    gettext_noop("How funny is it meant to be?"),
    gettext_noop("How good is it?"),
    gettext_noop("How helpful is it?"),
    gettext_noop("How original is it?"),
    gettext_noop("How rude is it?"),
    gettext_noop("How violent is it?"),
    gettext_noop("Is this message spam?"),
    gettext_noop("It attacks people for what they are."),
    gettext_noop("It contains personal details of a real person."),
    gettext_noop("It has sexual content."),
    gettext_noop("It is not appropriate for this project."),
    gettext_noop("It is not in the language of this page."),
    gettext_noop("Judge whether it answers, not whether you like the answer."),
    gettext_noop("No"),
    gettext_noop("Not at all"),
    gettext_noop("Ordinary"),
    gettext_noop("Original"),
    gettext_noop("Polite"),
    gettext_noop("Rude"),
    gettext_noop("Serious"),
    gettext_noop("The guidelines say what is not wanted here."),
    gettext_noop("Very helpful"),
    gettext_noop("Very poor"),
    gettext_noop("Violent"),
    gettext_noop("Yes"),
)
