"""A verdict as its form posts it, and what it says.

Two sides: one of the choices that the stage offers. More: a number for each answer, as in the
ranking of tree tasks; equal numbers are a tie, and only their order counts.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from django.utils.translation import gettext as _

from manyvoices.collect.views import last, words
from manyvoices.design.comparisons.stage import ComparisonsStage
from manyvoices.design.survey import read_text
from manyvoices.schema.comparisons import ComparisonVerdict

Posted = Mapping[str, Sequence[str]]
MAX_REASON = 2000
"""Characters of what people write about a verdict."""
LARGEST = 999


@dataclass(frozen=True)
class VerdictForm:
    """What somebody sent: checked as far as the form itself can tell."""

    verdict: ComparisonVerdict | None
    order: list[list[int]] | None
    """With a choice: groups of places, best first."""
    reasons: list[str]
    reason_text: str | None
    is_unmoved: bool = False
    """It is the order shown, and nobody has said that they mean it."""
    errors: dict[str, str] = field(default_factory=dict)
    """Id of the control -> what is wrong with it."""


def read_verdict(posted: Posted, rule: ComparisonsStage, n_sides: int) -> VerdictForm:
    """A posted form of `n_sides` answers. Tags that the stage does not have are ignored."""
    two = n_sides == 2
    verdict, order, errors = _choice(posted, rule) if two else _ranking(posted, rule, n_sides)
    given = set(posted.get("reason", ()))
    text, problem = read_text(
        posted.get("reason-text", ()) if rule.reasons.text != "none" else (),
        max_length=MAX_REASON,
        required=rule.reasons.text == "required" and verdict is not ComparisonVerdict.CANNOT_JUDGE,
    )
    if problem is not None:
        errors["reason-text"] = words(problem)
    return VerdictForm(
        verdict=verdict,
        order=order,
        reasons=[tag.id for tag in rule.reasons.tags if tag.id in given],
        reason_text=text or None,
        is_unmoved=order is not None
        and not two
        and last(posted, "moved") == "0"
        and not last(posted, "asked-back"),
        errors=errors,
    )


_Read = tuple[ComparisonVerdict | None, list[list[int]] | None, dict[str, str]]


def offered(rule: ComparisonsStage) -> list[ComparisonVerdict]:
    """What the stage offers beside a choice, in the order shown."""
    wanted = {
        ComparisonVerdict.TIE: rule.tie,
        ComparisonVerdict.ALL_BAD: rule.all_bad,
        ComparisonVerdict.CANNOT_JUDGE: rule.cannot_judge,
    }
    return [verdict for verdict, is_offered in wanted.items() if is_offered]


def _choice(posted: Posted, rule: ComparisonsStage) -> _Read:
    given = last(posted, "verdict")
    if given in {"0", "1"}:
        best = int(given)
        return ComparisonVerdict.CHOICE, [[best], [1 - best]], {}
    for verdict in offered(rule):
        if given == verdict.value:
            return verdict, None, {}
    return None, None, {"verdict-0": _("Please say which answer is better.")}


def _ranking(posted: Posted, rule: ComparisonsStage, n_sides: int) -> _Read:
    if rule.cannot_judge and last(posted, "cannot-judge"):
        return ComparisonVerdict.CANNOT_JUDGE, None, {}
    if rule.all_bad and last(posted, "all-bad"):
        return ComparisonVerdict.ALL_BAD, None, {}
    places = {side: _place(last(posted, f"place-{side}")) for side in range(n_sides)}
    if missing := [side for side, place in places.items() if place is None]:
        said = _("Choose a number from 1 up: 1 is the best.")
        return None, None, {f"place-{side}": said for side in missing}
    numbers = sorted({place for place in places.values() if place is not None})
    groups = [[side for side in range(n_sides) if places[side] == n] for n in numbers]
    if not rule.tie and len(groups) < n_sides:
        return None, None, {"order": _("Give every answer a place of its own.")}
    if len(groups) == 1:
        return ComparisonVerdict.TIE, None, {}
    return ComparisonVerdict.CHOICE, groups, {}


def _place(text: str) -> int | None:
    text = text.strip()
    is_number = text.isdecimal() and len(text) <= len(str(LARGEST)) and int(text) > 0
    return int(text) if is_number else None
