"""Does an answer keep its side? The declared rule, item by item.

For one model and one way of asking, an item is

* ``silent`` where fewer than ``least_answers`` of its askings gave an option (refusals, hedges,
  unparsable answers and failures are the rest);
* ``neutral`` where all options given lie at the middle of the scale;
* ``stable`` where at least ``keep`` of the options given (all, by default) lie on one side of the
  middle: then that side holds over language, wording, framing, order and sample;
* ``unstable`` otherwise.

A position is computed from stable (and neutral) items. An unstable item has no view that an average
could stand for: half "agree" and half "disagree" would read as moderate.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from manyvoices.evaluate.stances.answers import COLUMNS, Coded
from manyvoices.evaluate.stances.plan import FACTORS

Status = Literal["stable", "unstable", "neutral", "silent"]
STATUSES: tuple[Status, ...] = ("stable", "unstable", "neutral", "silent")


@dataclass(frozen=True, slots=True)
class ItemStance:
    """One model's answers to one item."""

    item: str
    status: Status
    side: int
    """-1, 0 or 1: where most options lie; 0 for a tie too."""
    kept: float | None
    """Share of the options given that lie on that side; None without options."""
    mean: float | None
    """Mean score of the options given, -1 to 1."""
    n_asked: int
    n_options: int
    columns: Mapping[str, int]
    """Column -> askings."""
    flips_by: tuple[str, ...]
    """Factors between whose levels the side of most options changes; ``sample`` where answers to
    the very same prompt lie on both sides."""
    scores: tuple[float, ...]
    """Of the options given."""

    @property
    def counts_for_position(self) -> bool:
        """Whether it has a view."""
        return self.status in ("stable", "neutral")


def stances(
    answers: Iterable[Coded], items: Sequence[str], *, keep: float, least_answers: float
) -> tuple[ItemStance, ...]:
    """Every item's stance, in the order of `items`; those that were not asked are left out."""
    by_item: dict[str, list[Coded]] = defaultdict(list)
    for one in answers:
        by_item[one.form.item].append(one)
    return tuple(
        _stance(item, by_item[item], keep, least_answers) for item in items if item in by_item
    )


def _stance(item: str, answers: Sequence[Coded], keep: float, least: float) -> ItemStance:
    given = [one for one in answers if one.score is not None]
    scores = tuple(one.score for one in given if one.score is not None)
    sides = [one.side for one in given]
    side = majority(sides)
    kept = sum(s == side for s in sides) / len(sides) if sides else None
    counted = Counter(one.column for one in answers)
    return ItemStance(
        item=item,
        status=_status(sides, side, kept, len(answers), keep, least),
        side=side,
        kept=kept,
        mean=sum(scores) / len(scores) if scores else None,
        n_asked=len(answers),
        n_options=len(given),
        columns={name: counted[name] for name in COLUMNS},
        flips_by=flips(given),
        scores=scores,
    )


def _status(
    sides: Sequence[int], side: int, kept: float | None, n: int, keep: float, least: float
) -> Status:
    if kept is None or len(sides) < least * n:
        return "silent"
    if not any(sides):
        return "neutral"
    return "stable" if side and kept >= keep else "unstable"


def majority(sides: Iterable[int]) -> int:
    """The side of most; 0 where two lead."""
    ranked = Counter(sides).most_common(2)
    if not ranked or (len(ranked) == 2 and ranked[0][1] == ranked[1][1]):
        return 0
    return ranked[0][0]


def flips(given: Sequence[Coded]) -> tuple[str, ...]:
    """What turns the side: factors of the form, and ``sample``."""
    found = [name for name in FACTORS if _turns(given, name)]
    forms: dict[str, set[int]] = defaultdict(set)
    for one in given:
        forms[one.form.prompt_id].add(one.side)
    if any({-1, 1} <= sides for sides in forms.values()):
        found.append("sample")
    return tuple(found)


def _turns(given: Sequence[Coded], factor: str) -> bool:
    levels: dict[object, list[int]] = defaultdict(list)
    for one in given:
        levels[getattr(one.form, factor)].append(one.side)
    return {-1, 1} <= {majority(sides) for sides in levels.values()}
