"""Who may come in, and who may go on: the study's door as a pure rule.

In this order: a closed study, a budget that is nearly spent, answers by which somebody is screened
out, quotas. Whoever is in already is not sent away by a closed door or an empty purse.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from manyvoices.design.protocol import Recruitment
from manyvoices.design.quotas import CellState, Traits, admit, fits

__all__ = ["Admission", "Reason", "decide", "screen_out"]

AdmissionKind = Literal["ok", "waiting", "closed", "over_quota", "screened_out"]
Reason = Literal["", "closed", "budget", "places_taken", "no_places", "answers"]


@dataclass(frozen=True, slots=True)
class Admission:
    """What becomes of a person at the door or after a page."""

    kind: AdmissionKind
    reason: Reason = ""
    """A code for the sentence that the page shows."""
    hold: tuple[str, ...] = ()
    """Cells in which a place is reserved now."""
    full: tuple[str, ...] = ()
    """Cells that stand in the way: for the team, never for the person."""
    detail: str = ""
    """The study's own words, where it has any."""

    @property
    def is_ok(self) -> bool:
        return self.kind == "ok"


def decide(
    recruitment: Recruitment,
    facts: Traits,
    cells: Iterable[CellState],
    *,
    is_open: bool = True,
    has_budget: bool = True,
    is_in: bool = False,
) -> Admission:
    """What becomes of somebody with the answers `facts`; `is_in`: they have consented already."""
    if not is_in and not is_open:
        return Admission("closed", "closed")
    if not is_in and not has_budget:
        return Admission("closed", "budget")
    if (words := screen_out(recruitment, facts)) is not None:
        return Admission("screened_out", "answers", detail=words)
    decision = admit(facts, cells)
    if decision.kind == "over_quota":
        return Admission("over_quota", "no_places", full=decision.full)
    if decision.kind == "waiting":
        return Admission("waiting", "places_taken", full=decision.full)
    return Admission("ok", hold=decision.hold)


def screen_out(recruitment: Recruitment, facts: Traits) -> str | None:
    """The study's reason for screening these answers out; None where there is none."""
    for rule in recruitment.screen_out:
        if all(
            name in facts and fits(facts[name], (wanted,) if isinstance(wanted, str) else wanted)
            for name, wanted in rule.where.items()
        ):
            return rule.reason
    return None
