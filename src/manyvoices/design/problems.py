"""What can be wrong with something that a participant posted, in a fixed set of plain sentences.

Rules may not know Django, so they cannot translate. They return a `Problem`; the server shows
``gettext(problem.text) % problem.params``. The sentences are constants, so that the translators'
tools find each of them once and no sentence is built from pieces.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

REQUIRED = "Please answer this question."
NOT_RATED = "Please rate this answer."
REQUIRED_TICK = "Please tick at least one answer."
REQUIRED_ITEMS = "Please answer each line, or say that it does not apply. Still open: %(count)d."
UNKNOWN_OPTION = "Please choose one of the answers that are offered."
ONE_ONLY = "Please choose one answer only."
EXCLUSIVE = "“%(label)s” cannot be combined with other answers."
TOO_LONG = "Please shorten this to %(max)d characters. It has %(length)d now."
TOO_FEW_WORDS = "Please write at least %(min)d words. It has %(count)d now."
TOO_MANY_WORDS = "Please shorten this to %(max)d words. It has %(count)d now."
OUT_OF_RANGE = "Please place the slider again; what arrived was not a place on it."
REQUIRED_TEXT = "Please write something beside the answer that you chose."
REQUIRED_PLACES = "Please give every line a place. Still open: %(count)d."
SAME_PLACE = "Two lines have the same place. Please give each line a place of its own."
NOT_A_NUMBER = "Please write a number, in digits."
NOT_WHOLE = "Please write a whole number."
TOO_SMALL = "Please write a number of at least %(min)s."
TOO_LARGE = "Please write a number of at most %(max)s."
NOT_BETWEEN = "Please write a number from %(min)s to %(max)s."
NOT_A_DATE = "Please give a day of the calendar, written like 2026-01-31."
TOO_EARLY = "Please give a day from %(min)s on."
TOO_LATE = "Please give a day up to %(max)s."
READ_AGAIN = "Please read this question once more, and answer as it asks you to."

MESSAGES: Mapping[str, str] = {
    "required": REQUIRED,
    "not_rated": NOT_RATED,
    "required_tick": REQUIRED_TICK,
    "required_items": REQUIRED_ITEMS,
    "unknown_option": UNKNOWN_OPTION,
    "one_only": ONE_ONLY,
    "exclusive": EXCLUSIVE,
    "too_long": TOO_LONG,
    "too_few_words": TOO_FEW_WORDS,
    "too_many_words": TOO_MANY_WORDS,
    "out_of_range": OUT_OF_RANGE,
    "required_text": REQUIRED_TEXT,
    "required_places": REQUIRED_PLACES,
    "same_place": SAME_PLACE,
    "not_a_number": NOT_A_NUMBER,
    "not_whole": NOT_WHOLE,
    "too_small": TOO_SMALL,
    "too_large": TOO_LARGE,
    "not_between": NOT_BETWEEN,
    "not_a_date": NOT_A_DATE,
    "too_early": TOO_EARLY,
    "too_late": TOO_LATE,
    "read_again": READ_AGAIN,
}
"""Code -> English sentence with named ``%(name)s`` parameters: all there are."""


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that a participant is asked to put right."""

    code: str
    """A key of `MESSAGES`; stable, for tests and logs."""
    params: Mapping[str, str | int] = field(default_factory=dict)
    """Values for the sentence's named parameters."""
    items: tuple[str, ...] = ()
    """Ids of the lines at fault, where a question has several lines; empty otherwise."""

    @property
    def text(self) -> str:
        """The English sentence with its parameters still open: the key for gettext."""
        return MESSAGES[self.code]

    def __str__(self) -> str:
        return self.text % self.params
