"""Platform and server, side by side."""

from __future__ import annotations

import pytest

from manyvoices.design.reconciling import Local, Submission, reconcile


def _kinds(status: str | None, local: Local | None) -> list[str]:
    submissions = [Submission("s1", "p1", status)] if status else []
    return [finding.kind for finding in reconcile(submissions, [local] if local else [])]


DONE = Local("p1", "a", complete=True)
UNDER_WAY = Local("p1", "a", complete=False)
LEFT = Local("p1", "a", complete=False, left="timeout")


@pytest.mark.parametrize(
    ("status", "local", "kinds"),
    [
        ("APPROVED", None, ["paid_but_missing"]),
        ("APPROVED", UNDER_WAY, ["paid_but_unfinished"]),
        ("APPROVED", DONE, []),
        ("AWAITING REVIEW", DONE, ["awaiting_approval"]),
        ("AWAITING_REVIEW", UNDER_WAY, ["claims_to_be_done"]),
        ("AWAITING REVIEW", LEFT, ["claims_to_be_done"]),
        ("TIMED-OUT", DONE, ["done_but_timed_out"]),
        ("TIMED-OUT", UNDER_WAY, ["timed_out"]),
        ("RETURNED", DONE, ["done_but_returned"]),
        ("RETURNED", UNDER_WAY, ["returned"]),
        ("RETURNED", LEFT, []),
        ("RETURNED", None, []),
        ("REJECTED", DONE, ["done_but_rejected"]),
        ("ACTIVE", DONE, ["done_but_unpaid"]),
        ("ACTIVE", UNDER_WAY, []),
        (None, DONE, ["done_but_unpaid"]),
        (None, UNDER_WAY, ["not_on_the_platform"]),
        (None, LEFT, []),
    ],
)
def test_who_needs_a_look(status: str | None, local: Local | None, kinds: list[str]) -> None:
    assert _kinds(status, local) == kinds


def test_one_paid_place_is_a_paid_person_however_many_were_returned() -> None:
    places = [
        Submission("s1", "p1", "RETURNED"),
        Submission("s2", "p1", "APPROVED"),
        Submission("s3", "p1", "TIMED-OUT"),
    ]
    assert reconcile(places, [DONE]) == []
    (finding,) = reconcile(places, [])
    assert (finding.kind, finding.submission_id) == ("paid_but_missing", "s2")
