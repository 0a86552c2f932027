"""Real threads on a real database: the later pages of a conversation, drafts, and leaving."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from django.core.exceptions import ObjectDoesNotExist
from tests.threads import R, together

from manyvoices.collect.conversations import operations
from manyvoices.collect.conversations.answering import begin_call
from manyvoices.collect.conversations.models import AttributeRating, Conversation, Turn, Utterance
from manyvoices.collect.conversations.storing import store_outcome
from manyvoices.collect.jobs import leases
from manyvoices.collect.jobs.models import Job
from manyvoices.collect.people import drafts, journey, rights
from manyvoices.collect.people.errors import StaleSubmission
from manyvoices.collect.people.models import Draft, Participant
from manyvoices.llm import Reply

pytestmark = pytest.mark.django_db(transaction=True)
NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)


def at_once(*functions: Callable[[], R]) -> list[R | Exception]:
    """Run `functions` in threads that start together; what each gave or raised."""
    return together(functions)


@pytest.fixture
def talk(participant: Participant) -> Conversation:
    return operations.start_conversation(
        participant=participant, stage=2, number=1, type_name="unguided", now=NOW
    )


def again(talk: Conversation) -> Conversation:
    return Conversation.objects.select_related("participant__version").get(pk=talk.pk)


def rated(talk: Conversation, answer_all: Callable[..., None], turns: int = 2) -> None:
    for index in range(turns):
        turn = operations.send_prompt(conversation=talk, index=index, text="Hi", now=NOW)
        answer_all(turn)
        scores = {u.key: 40 + u.position for u in turn.utterances.all()}
        operations.rate_turn(conversation=talk, index=index, scores=scores, now=NOW)


def test_going_on_and_ending_at_the_same_moment_do_one_of_both(
    talk: Conversation, answer_all: Callable[..., None]
) -> None:
    rated(talk, answer_all)
    outcomes = at_once(
        lambda: operations.send_prompt(conversation=again(talk), index=2, text="More", now=NOW),
        lambda: operations.end_conversation(conversation=again(talk), now=NOW),
    )
    assert sum(isinstance(outcome, StaleSubmission) for outcome in outcomes) == 1
    ended = again(talk).ended_at is not None
    assert ended == (talk.turns.count() == 2)


def test_asking_again_from_many_windows_asks_once_more(
    talk: Conversation, answer_all: Callable[..., None]
) -> None:
    turn = operations.send_prompt(conversation=talk, index=0, text="Hi", now=NOW)
    answer_all(turn, failing=frozenset(range(4)))
    at_once(
        *[lambda: operations.ask_again(conversation=again(talk), index=0, now=NOW)] * 6  # type: ignore[list-item]
    )
    assert Turn.objects.get().attempt == 2
    assert Utterance.objects.count() == 8
    assert Job.objects.filter(state=Job.State.QUEUED).count() == 4


def test_attributes_and_feedback_from_many_windows_are_stored_once_and_whole(
    talk: Conversation, answer_all: Callable[..., None]
) -> None:
    rated(talk, answer_all)
    operations.end_conversation(conversation=talk, now=NOW)

    def attributes(value: int) -> Callable[[], Conversation]:
        blocks = {"performance": {"fluency": value, "safety": value + 1}}
        return lambda: operations.store_attributes(conversation=again(talk), blocks=blocks, now=NOW)

    outcomes = at_once(*[attributes(10 * n) for n in range(1, 7)])
    assert not [outcome for outcome in outcomes if isinstance(outcome, Exception)]
    stored = dict(AttributeRating.objects.values_list("item", "value"))
    assert stored["safety"] == stored["fluency"] + 1
    assert AttributeRating.objects.count() == 2

    def feedback(text: str) -> Callable[[], Conversation]:
        return lambda: operations.store_feedback(conversation=again(talk), text=text, now=NOW)

    first_heard = at_once(*[feedback(f"Text {n}") for n in range(6)])
    assert not [outcome for outcome in first_heard if isinstance(outcome, Exception)]
    assert again(talk).open_feedback in {f"Text {n}" for n in range(6)}


def test_drafts_of_one_form_from_many_windows_leave_one(participant: Participant) -> None:
    def save(n: int) -> Callable[[], Draft]:
        return lambda: drafts.save_draft(
            participant=participant, form="survey-1-0", fields={"a": [str(n)]}, now=NOW
        )

    outcomes = at_once(*[save(n) for n in range(6)])
    assert not [outcome for outcome in outcomes if isinstance(outcome, Exception)]
    assert Draft.objects.count() == 1


def test_the_last_page_from_many_windows_completes_once(participant: Participant) -> None:
    from manyvoices.collect.surveys.models import SurveyPage

    for page in (0, 1):
        SurveyPage.objects.create(participant=participant, stage=1, page=page, sent_at=NOW)
    for number, kind in enumerate(("unguided", "values guided"), start=1):
        participant.conversations.create(
            stage=2,
            number=number,
            type=kind,
            seed=1,
            consent_version="x",
            started_at=NOW,
            finished_at=NOW,
        )

    def complete(minutes: int) -> Callable[[], bool]:
        def work() -> bool:
            mine = Participant.objects.get(pk=participant.pk)
            return journey.complete_if_done(participant=mine, now=NOW + timedelta(minutes=minutes))

        return work

    assert at_once(*[complete(n) for n in range(6)]) == [True] * 6
    first = Participant.objects.get(pk=participant.pk).completed_at
    at_once(complete(50))
    assert Participant.objects.get(pk=participant.pk).completed_at == first


def test_withdrawing_while_ratings_and_answers_arrive_leaves_no_word_behind(
    talk: Conversation, answer_all: Callable[..., None], participant: Participant
) -> None:
    rated(talk, answer_all, turns=1)
    turn = operations.send_prompt(conversation=talk, index=1, text="Secret words", now=NOW)
    (job, *_others) = leases.claim(owner="here:1:x", limit=9, now=NOW)
    reply = Reply("Secret answer.", "stop", 1, 1, "v", 10.0)

    outcomes = at_once(
        lambda: rights.withdraw(participant=Participant.objects.get(pk=participant.pk), now=NOW),
        lambda: store_outcome(job=job, outcome=reply, waited_ms=10.0, now=NOW),
        lambda: drafts.save_draft(
            participant=participant, form="f", fields={"a": ["Secret draft"]}, now=NOW
        ),
        lambda: operations.send_prompt(conversation=talk, index=1, text="x", now=NOW),
    )
    withdrawn = [o for o in outcomes if isinstance(o, rights.Receipt)]
    assert len(withdrawn) == 1, outcomes
    assert Participant.objects.get(pk=participant.pk).withdrawn_at is not None
    assert not Turn.objects.filter(pk=turn.pk).exists()
    assert Utterance.objects.count() == Draft.objects.count() == Turn.objects.count() == 0
    assert Job.objects.count() == 0


def test_a_call_of_somebody_who_withdrew_is_not_made(
    talk: Conversation, participant: Participant
) -> None:
    operations.send_prompt(conversation=talk, index=0, text="Hi", now=NOW)
    jobs = leases.claim(owner="here:1:x", limit=9, now=NOW)
    rights.withdraw(participant=participant, now=NOW)
    with pytest.raises((leases.LeaseLost, ObjectDoesNotExist)):
        begin_call(job=jobs[0], now=NOW)
