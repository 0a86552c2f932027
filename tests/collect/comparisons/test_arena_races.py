"""Real threads on a real database: double clicks in an arena, and answers that arrive meanwhile."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from tests import threads
from tests.collect.comparisons.arena_studies import NOW, publish, say, start, take_part
from tests.threads import R

from manyvoices.collect.comparisons import judging, operations, setting_aside, talking
from manyvoices.collect.comparisons.answering import Ending, store_outcome
from manyvoices.collect.comparisons.models import Comparison, SideAnswer, VoteDecision
from manyvoices.collect.console.models import AuditEntry
from manyvoices.collect.jobs import leases
from manyvoices.collect.jobs.models import Job
from manyvoices.collect.people.errors import StaleSubmission
from manyvoices.llm import FailureKind, Reply, ResponderError
from manyvoices.schema.comparisons import ComparisonVerdict

pytestmark = pytest.mark.django_db(transaction=True)
N_THREADS = 8
BROKEN = ResponderError(FailureKind.HTTP_ERROR, "500", retryable=False)


@pytest.fixture
def comparison(db: None, tmp_path: Path) -> Comparison:
    return start(take_part(publish(tmp_path)))


def fresh(comparison: Comparison) -> Comparison:
    """As another window reads it."""
    return Comparison.objects.select_related("participant__version").get(pk=comparison.pk)


def at_once(function: Callable[[], R], n: int = N_THREADS) -> list[R]:
    return threads.at_once([function] * n)


def claimed() -> list[Job]:
    return leases.claim(owner="here:1:x", limit=10, now=NOW)


def reply(text: str = "An answer.") -> Reply:
    return Reply(text, "stop", 1, 1, "v1", 5.0)


def answered(comparison: Comparison) -> None:
    for job in claimed():
        store_outcome(Ending(job, reply(), 5.0, NOW))


def test_one_message_from_many_windows_is_asked_once(comparison: Comparison) -> None:
    at_once(
        lambda: (
            talking.send_message(comparison=fresh(comparison), index=0, text="Hello", now=NOW).pk
        )
    )
    assert comparison.exchanges.count() == 1
    assert SideAnswer.objects.count() == Job.objects.count() == 2


def test_one_verdict_of_many_clicks_is_stored_and_stays(comparison: Comparison) -> None:
    say(comparison)
    answered(comparison)

    def judge(best: int) -> Callable[[], object]:
        return lambda: (
            judging.judge(
                comparison=fresh(comparison),
                verdict=ComparisonVerdict.CHOICE,
                order=[[best], [1 - best]],
                now=NOW + timedelta(seconds=10),
            ).order
        )

    told = threads.at_once([judge(i % 2) for i in range(N_THREADS)])
    comparison.refresh_from_db()
    assert comparison.order in ([[0], [1]], [[1], [0]])
    assert comparison.order in told


def test_asking_again_from_many_windows_asks_once(comparison: Comparison) -> None:
    say(comparison)
    for job in claimed():
        store_outcome(Ending(job, BROKEN, 5.0, NOW))
    at_once(lambda: operations.ask_again(comparison=fresh(comparison), now=NOW).pk)
    assert comparison.exchanges.get().attempt == 2
    assert SideAnswer.objects.filter(attempt=2).count() == 2
    assert SideAnswer.objects.count() == 4


def test_the_last_two_answers_at_the_same_moment_can_be_read(comparison: Comparison) -> None:
    for index in range(3):
        say(comparison, index, f"Message {index}")
        first, second = claimed()
        threads.at_once(
            [
                lambda job=job: store_outcome(Ending(job, reply(), 5.0, NOW))
                for job in (first, second)
            ]
        )
        comparison.refresh_from_db()
        assert comparison.shown_at == NOW


def test_giving_up_while_the_answers_arrive_is_one_or_the_other(comparison: Comparison) -> None:
    """Never a comparison that failed and can be judged, nor one that can be neither."""
    say(comparison)
    late = NOW + timedelta(minutes=1)
    jobs = claimed()

    def leave() -> str:
        talking.leave_out(comparison=fresh(comparison), now=late)
        return "left"

    def store(job: Job) -> str:
        try:
            store_outcome(Ending(job, reply(), 5.0, late))
        except leases.LeaseLost:
            return "lost"
        return "stored"

    outcomes = threads.at_once([leave, *(lambda job=job: store(job) for job in jobs)])
    comparison.refresh_from_db()
    if comparison.verdict == "failed":
        assert comparison.shown_at is None
        assert "lost" in outcomes
    else:
        assert comparison.shown_at == late
        assert outcomes.count("stored") == 2


def test_writing_on_and_judging_at_the_same_moment_leave_a_whole_record(
    comparison: Comparison,
) -> None:
    say(comparison)
    answered(comparison)

    def write() -> str:
        talking.send_message(comparison=fresh(comparison), index=1, text="More", now=NOW)
        return "wrote"

    def judge() -> str:
        judging.judge(
            comparison=fresh(comparison),
            verdict=ComparisonVerdict.TIE,
            order=None,
            now=NOW + timedelta(seconds=10),
        )
        return "judged"

    outcomes = threads.together([write, judge])
    comparison.refresh_from_db()
    judged = comparison.verdict is not None
    assert ("judged" in outcomes) == judged
    assert comparison.exchanges.count() == (1 if judged else 2)
    assert sum(isinstance(outcome, StaleSubmission) for outcome in outcomes) == 1


def test_a_vote_is_set_aside_once_by_many_moderators(comparison: Comparison) -> None:
    say(comparison)
    answered(comparison)
    judging.judge(
        comparison=fresh(comparison),
        verdict=ComparisonVerdict.TIE,
        order=None,
        now=NOW + timedelta(seconds=10),
    )
    outcomes = threads.together(
        [
            lambda: (
                setting_aside.set_aside(
                    comparison=fresh(comparison), reason="It is a test", by="carol", now=NOW
                ).pk
            )
        ]
        * N_THREADS
    )
    refused = [o for o in outcomes if isinstance(o, setting_aside.VoteRefused)]
    assert len(refused) == N_THREADS - 1
    comparison.refresh_from_db()
    assert comparison.quarantined == ["by_hand"]
    assert VoteDecision.objects.count() == 1
    assert AuditEntry.objects.filter(action="set vote aside").count() == 1
