"""Which groups may be shown: none of fewer people than was declared, and none that can be worked
out from the others.

Groups that are too small are folded into one. Where that one would still be too small, or would
hold a single group, which subtraction from the whole gives back, the next smallest group is folded
in as well (complementary suppression, as in tables of official statistics).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from manyvoices.aggregate import Battles
from manyvoices.aggregate.rows import NOT_GIVEN

OTHER = "other (small groups together)"


@dataclass(frozen=True, slots=True, eq=False)
class Folded:
    """One field's groups as they may be shown."""

    parts: Mapping[str, Battles]
    """Label -> its battles; the largest group first, `OTHER` last. Empty: nothing may be shown."""
    small: tuple[str, ...]
    """Labels that were folded together."""


def fold(battles: Battles, field: str, least: int) -> Folded:
    """Split `battles` by `field` into groups of at least `least` people each.

    A battle that nobody's name stands on counts as a person of its own. People of whom the field
    is not known are a group like any other. Where fewer than two groups would be left, none is.
    """
    parts = dict(battles.split(field))
    people = {label: people_of(part) for label, part in parts.items()}
    rising = sorted(parts, key=lambda label: (people[label], label))
    small = [label for label in rising if people[label] < least]
    rest = [label for label in rising if label not in small]
    if small:
        while rest and (len(small) < 2 or _together(battles, field, small) < least):
            small.append(rest.pop(0))
    shown = {label: parts[label] for label in reversed(rest)}
    if small and _together(battles, field, small) >= least:
        shown[OTHER] = battles.select(np.isin(battles.groups[field], small))
    if len(shown) < 2:
        return Folded({}, tuple(small))
    if NOT_GIVEN in shown:
        shown[NOT_GIVEN] = shown.pop(NOT_GIVEN)
    return Folded(shown, tuple(small))


def people_of(battles: Battles) -> int:
    """How many people judged; battles, where nobody is named."""
    return len(battles) if battles.n_participants is None else battles.n_participants


def _together(battles: Battles, field: str, labels: list[str]) -> int:
    return people_of(battles.select(np.isin(battles.groups[field], labels)))
