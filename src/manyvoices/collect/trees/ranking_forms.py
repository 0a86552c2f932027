"""An order of replies as its form posts it, and what it says.

However somebody ordered (by hand, by key, by numbers), what arrives is one number per reply: equal
numbers are a tie, no number means that the reply was left out. Only their order counts, so that 1,
2, 2 and 1, 5, 5 are the same.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from django.utils.translation import gettext as _

from manyvoices.collect.views import last

FLAGS = ("wrong", "unsafe", "spam", "cannot_judge")
PROMPT_FLAGS = ("unsafe", "spam")
LARGEST = 999
Posted = Mapping[str, Sequence[str]]


@dataclass(frozen=True)
class RankingForm:
    """What somebody sent: checked as far as the form itself can tell."""

    shown: list[str]
    groups: list[list[str]]
    """Best first; replies in one list are equal and stand in the order shown."""
    all_bad: bool
    flags: dict[str, list[str]]
    is_unmoved: bool
    """It is the order shown, and nobody has said that they mean it."""
    errors: dict[str, str] = field(default_factory=dict)
    """Id of the control -> what is wrong with it."""


def shuffled(keys: Iterable[str], seed: int) -> list[str]:
    """The order in which replies are shown: drawn by the task's seed, the same after a reload.

    A reply that comes or goes meanwhile leaves the others in their order.
    """
    return sorted(keys, key=lambda key: hashlib.sha256(f"{seed}:{key}".encode()).digest())


def read_ranking(posted: Posted, there: Iterable[str], *, is_prompts: bool = False) -> RankingForm:
    """A posted form. `there`: ids of what can be ordered; all others are ignored. Of prompts nobody
    says that all are bad: they were accepted."""
    known = set(there)
    shown = [key for key in dict.fromkeys(posted.get("shown", ())) if key in known]
    places, errors = _places(posted, shown)
    all_bad = bool(last(posted, "all-bad")) and not is_prompts
    is_filled_in = last(posted, "moved") == "0"
    groups = [
        [key for key in shown if places.get(key) == place] for place in sorted({*places.values()})
    ]
    if all_bad and is_filled_in:
        groups = []  # Nobody made this order.
    if not errors and not all_bad and sum(map(len, groups)) < 2:
        errors["order"] = (
            _("Put at least two prompts in order.")
            if is_prompts
            else _("Put at least two replies in order, or say that all of them are bad.")
        )
    return RankingForm(
        shown=shown,
        groups=groups,
        all_bad=all_bad,
        flags=_flags(posted, shown),
        is_unmoved=is_filled_in and not all_bad and not last(posted, "asked-back"),
        errors=errors,
    )


def _places(posted: Posted, shown: list[str]) -> tuple[dict[str, int], dict[str, str]]:
    places: dict[str, int] = {}
    errors: dict[str, str] = {}
    for key in shown:
        text = last(posted, f"place-{key}").strip()
        if not text:
            continue
        if len(text) <= len(str(LARGEST)) and text.isdecimal() and int(text) > 0:
            places[key] = int(text)
        else:
            errors[f"place-{key}"] = _("Choose a number from 1 up, or leave this reply out.")
    return places, errors


def _flags(posted: Posted, shown: list[str]) -> dict[str, list[str]]:
    found = {
        key: [name for name in FLAGS if name in posted.get(f"flag-{key}", ())] for key in shown
    }
    return {key: names for key, names in found.items() if names}
