"""How people used scales: the same mark everywhere, marks left where they were, and haste.

PRISM's sliders stood at 50 and stored 50 when nobody touched them, so in its data a 50 may be an
answer or a slider left alone; ours store null. Both are counted, apart. What is found are signals
with numbers; a person decides.
"""

from __future__ import annotations

import statistics
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from manyvoices.curate.exclusions import Exclusion
from manyvoices.curate.quality import least_usual

PRISM_DEFAULT = 50
"""Where PRISM's sliders stood before anybody touched them."""
LEAST_ITEMS = 5
"""Fewer equal marks than these say nothing."""
FASTEST_WPM = 120.0
"""Words a minute over a whole conversation, reading and waiting included, that nobody types."""


class Marks(NamedTuple):
    """The marks that one person set in one matrix, or everywhere."""

    user_id: str
    matrix: str
    """``stated_prefs``, ``score``, ``performance_attributes`` of one conversation, ..."""
    values: Sequence[float | None]
    """None = left alone, or does not apply."""


@dataclass(frozen=True, slots=True)
class StraightLine:
    """Somebody who set the same mark throughout a matrix."""

    user_id: str
    matrix: str
    n_marks: int
    value: float


@dataclass(frozen=True, slots=True)
class SliderUse:
    """One person's sliders, over all matrices."""

    user_id: str
    n_sliders: int
    n_untouched: int
    """Null: left alone (ours), or does not apply."""
    n_at_default: int
    """At `PRISM_DEFAULT`; in a study of ours this is an answer like any other."""

    @property
    def share_untouched(self) -> float:
        """Of all sliders, 0 to 1."""
        return self.n_untouched / self.n_sliders

    @property
    def share_at_default(self) -> float:
        """Of all sliders, 0 to 1."""
        return self.n_at_default / self.n_sliders


class Timed(NamedTuple):
    """Something that took time: a survey, or a conversation with what was written in it."""

    user_id: str
    what: str
    """``survey``, or the id of a conversation."""
    seconds: float | None
    n_words: int | None = None
    """Words that the person wrote in it."""


@dataclass(frozen=True, slots=True)
class Haste:
    """Something that was done too fast."""

    user_id: str
    what: str
    seconds: float
    words_per_minute: float | None
    reason: str


@dataclass(frozen=True, slots=True)
class AnswerChecks:
    """Signals from scales and times."""

    straight_lines: tuple[StraightLine, ...]
    sliders: tuple[SliderUse, ...]
    """Everybody who saw a slider, in the order of their first."""
    haste: tuple[Haste, ...]
    median_at_default: float
    """Median over people of `SliderUse.share_at_default`; NaN without sliders."""

    def proposals(self, *, least_share: float = 0.9) -> list[Exclusion]:
        """People who stand out, with the reason. Nothing is decided."""
        return [*self._lines(), *self._left(least_share), *self._fast()]

    def _lines(self) -> Iterator[Exclusion]:
        matrices: dict[str, list[StraightLine]] = defaultdict(list)
        for line in self.straight_lines:
            matrices[line.user_id].append(line)
        for user, lines in matrices.items():
            n = sum(line.n_marks for line in lines)
            reason = f"the same mark throughout {len(lines)} matrices, {n} marks"
            evidence = "; ".join(f"{one.matrix} {one.value:g}" for one in lines[:5])
            yield Exclusion("person", user, "straight lines", reason, evidence)

    def _left(self, least_share: float) -> Iterator[Exclusion]:
        for use in self.sliders:
            n, share = (
                use.n_untouched + use.n_at_default,
                use.share_untouched + use.share_at_default,
            )
            if use.n_sliders >= LEAST_ITEMS and share >= least_share:
                reason = f"{n} of {use.n_sliders} sliders are untouched or at {PRISM_DEFAULT}"
                evidence = f"untouched {use.n_untouched}, at {PRISM_DEFAULT} {use.n_at_default}"
                yield Exclusion("person", use.user_id, "sliders", reason, evidence)

    def _fast(self) -> Iterator[Exclusion]:
        for one in self.haste:
            speed = one.words_per_minute
            evidence = f"{one.seconds:g} s" + ("" if speed is None else f", {speed:.0f} words/min")
            if one.what == "survey":
                yield Exclusion("person", one.user_id, "speed", one.reason, evidence)
            else:
                yield Exclusion("conversation", one.what, "speed", one.reason, evidence)


def check_answers(
    marks: Iterable[Marks] = (),
    times: Iterable[Timed] = (),
    *,
    least_items: int = LEAST_ITEMS,
    floor_seconds: float | None = None,
    fastest_wpm: float = FASTEST_WPM,
) -> AnswerChecks:
    """Straight lines, sliders left alone, and haste.

    Args:
        floor_seconds: Below this a time is too short; None = three robust standard deviations below
            the others' on the logarithm (`quality.least_usual`), for surveys and conversations
            apart, and no floor where too few have finished.
    """
    seen = list(marks)
    timed = [one for one in times if one.seconds is not None]
    sliders = _sliders(seen)
    shares = [use.share_at_default for use in sliders]
    return AnswerChecks(
        straight_lines=tuple(_lines(seen, least_items)),
        sliders=sliders,
        haste=tuple(_haste(timed, floor_seconds, fastest_wpm)),
        median_at_default=statistics.median(shares) if shares else float("nan"),
    )


def _lines(marks: list[Marks], least_items: int) -> Iterator[StraightLine]:
    for one in marks:
        given = [value for value in one.values if value is not None]
        if len(given) >= least_items and len(set(given)) == 1:
            yield StraightLine(one.user_id, one.matrix, len(given), given[0])


def _sliders(marks: list[Marks]) -> tuple[SliderUse, ...]:
    counts: dict[str, list[int]] = defaultdict(lambda: [0, 0, 0])
    for one in marks:
        count = counts[one.user_id]
        count[0] += len(one.values)
        count[1] += sum(value is None for value in one.values)
        count[2] += sum(value == PRISM_DEFAULT for value in one.values)
    return tuple(SliderUse(user, *count) for user, count in counts.items() if count[0])


def _haste(timed: list[Timed], floor: float | None, fastest: float) -> Iterator[Haste]:
    floors: dict[bool, float | None] = {True: floor, False: floor}
    if floor is None:
        for survey in floors:
            minutes = [(t.seconds or 0) / 60 for t in timed if (t.what == "survey") is survey]
            usual = least_usual(minutes)
            floors[survey] = None if usual is None else usual * 60
    for one in timed:
        seconds, least = one.seconds or 0.0, floors[one.what == "survey"]
        speed = 60 * one.n_words / seconds if one.n_words and seconds > 0 else None
        if least is not None and seconds < least:
            reason = f"took {seconds:g} s; below {least:.0f} s is too fast"
            yield Haste(one.user_id, one.what, seconds, speed, reason)
        elif speed is not None and speed > fastest:
            reason = f"{speed:.0f} words a minute; nobody types above {fastest:g}"
            yield Haste(one.user_id, one.what, seconds, speed, reason)
