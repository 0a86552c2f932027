"""What a recruitment platform says of its people against what this server has stored of them.

Locally finished and paid are two things: a person can be paid and missing here, finished here and
never paid, or finished here after the platform had taken the place back. Each is somebody's money
or somebody's data, so each is listed with its ids; nothing is decided by itself.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

__all__ = ["Finding", "Local", "Submission", "reconcile", "standing"]

PAID = frozenset({"APPROVED", "PARTIALLY APPROVED"})
OPEN = frozenset({"RESERVED", "ACTIVE", "PROCESSING"})
SCREENED_OUT = frozenset({"SCREENED OUT", "SCREENED-OUT"})
WAITING = frozenset({"AWAITING REVIEW"})
TIMED_OUT = frozenset({"TIMED OUT", "TIMED-OUT"})

FindingKind = Literal[
    "paid_but_missing",
    "paid_but_unfinished",
    "done_but_unpaid",
    "done_but_rejected",
    "done_but_timed_out",
    "done_but_returned",
    "timed_out",
    "returned",
    "awaiting_approval",
    "not_on_the_platform",
    "claims_to_be_done",
]


@dataclass(frozen=True, slots=True)
class Submission:
    """One place on the platform, as the platform tells it."""

    submission_id: str
    person: str
    """The platform's id of the person."""
    status: str
    """Upper case, words parted by a space or a hyphen: ``AWAITING REVIEW``."""
    code: str | None = None
    """The completion code that the person entered."""
    seconds: float | None = None
    """Time taken, as the platform measured it."""
    started_at: str = ""
    """When it began (ISO 8601, in UTC), so that first and later ones can be told apart."""


@dataclass(frozen=True, slots=True)
class Local:
    """One person here."""

    person: str
    """The platform's id of the person."""
    participant_id: str
    complete: bool
    left: str = ""
    """Why they left before the end (``timeout``, ``return``, ...); empty = they did not."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One person of whom platform and server tell different things, or who needs an act."""

    kind: FindingKind
    person: str
    submission_id: str | None
    participant_id: str | None
    status: str
    """The platform's word; empty where it knows nothing of the person."""


def reconcile(submissions: Iterable[Submission], people: Iterable[Local]) -> list[Finding]:
    """Everybody who needs a look, ordered by kind and person.

    A person with several submissions is judged by the best: one paid place is a paid person.
    """
    best: dict[str, Submission] = {}
    for submission in submissions:
        known = best.get(submission.person)
        if known is None or _worth(submission.status) > _worth(known.status):
            best[submission.person] = submission
    here = {local.person: local for local in people}
    findings = [_judge(best.get(person), here.get(person)) for person in best.keys() | here.keys()]
    return sorted(
        (finding for finding in findings if finding is not None),
        key=lambda finding: (finding.kind, finding.person),
    )


def standing(status: str) -> int:
    """How much a submission counts beside the same person's others; paid counts most."""
    return _worth(status)


def _worth(status: str) -> int:
    order = (TIMED_OUT | {"RETURNED"}, {"REJECTED"}, SCREENED_OUT, OPEN, WAITING, PAID)
    return next((rank for rank, group in enumerate(order) if _name(status) in group), 3)


def _name(status: str) -> str:
    return status.upper().replace("_", " ").strip()


def _judge(submission: Submission | None, local: Local | None) -> Finding | None:
    kind = _kind(submission, local)
    if kind is None:
        return None
    return Finding(
        kind,
        person=(submission or local).person,  # type: ignore[union-attr]  # one of them is there
        submission_id=submission.submission_id if submission else None,
        participant_id=local.participant_id if local else None,
        status=_name(submission.status) if submission else "",
    )


def _kind(submission: Submission | None, local: Local | None) -> FindingKind | None:
    if submission is None:
        if local is None or local.left:
            return None
        return "done_but_unpaid" if local.complete else "not_on_the_platform"
    status = _name(submission.status)
    if local is not None and local.complete:
        return _of_finished(status)
    if status in PAID:
        return "paid_but_missing" if local is None else "paid_but_unfinished"
    if local is None or local.left:
        # Who has left, and whose place the platform has closed as well, needs nobody.
        return "claims_to_be_done" if status in WAITING else None
    if status in WAITING:
        return "claims_to_be_done"
    if status in TIMED_OUT:
        return "timed_out"
    return "returned" if status == "RETURNED" else None


def _of_finished(status: str) -> FindingKind | None:
    if status in PAID:
        return None
    if status in WAITING:
        return "awaiting_approval"
    if status in TIMED_OUT:
        return "done_but_timed_out"
    if status == "RETURNED":
        return "done_but_returned"
    return "done_but_rejected" if status == "REJECTED" else "done_but_unpaid"
