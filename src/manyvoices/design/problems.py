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
OUT_OF_RANGE = "Please place the slider again; what arrived was not a place on it."

MESSAGES: Mapping[str, str] = {
    "required": REQUIRED,
    "not_rated": NOT_RATED,
    "required_tick": REQUIRED_TICK,
    "required_items": REQUIRED_ITEMS,
    "unknown_option": UNKNOWN_OPTION,
    "one_only": ONE_ONLY,
    "exclusive": EXCLUSIVE,
    "too_long": TOO_LONG,
    "out_of_range": OUT_OF_RANGE,
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
