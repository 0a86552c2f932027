"""Real threads on a real database: whatever arrives at the same moment is stored once."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from django.test import Client
from tests import threads
from tests.threads import R

from manyvoices.collect.conversations import operations
from manyvoices.collect.conversations.models import Conversation, Turn, Utterance
from manyvoices.collect.jobs import leases
from manyvoices.collect.jobs.models import Job
from manyvoices.collect.people import operations as people
from manyvoices.collect.people.models import Participant
from manyvoices.collect.studies.models import StudyVersion
from manyvoices.collect.surveys.models import SurveyAnswer

pytestmark = pytest.mark.django_db(transaction=True)
NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
N_THREADS = 8


def at_once(function: Callable[[], R], n: int = N_THREADS) -> list[R]:
    """Run `function` in `n` threads that start together; their results, or the first error."""
    return threads.at_once([function] * n)


def test_each_job_is_claimed_by_exactly_one_runner(version: StudyVersion) -> None:
    for number in range(60):
        leases.enqueue(kind="k", key=str(number), lease_s=60, now=NOW)

    def take_all() -> list[str]:
        taken = []
        owner = f"here:{threading.get_ident()}:x"
        while jobs := leases.claim(owner=owner, limit=3, now=NOW):
            taken += [job.key for job in jobs]
        return taken

    claims = Counter(key for keys in at_once(take_all) for key in keys)
    assert claims == {str(number): 1 for number in range(60)}


def test_one_consent_form_sent_from_many_windows_makes_one_participant(
    version: StudyVersion,
) -> None:
    entry = people.new_entry()
    made = at_once(
        lambda: (
            people.give_consent(
                version=version,
                entry=entry,
                language="en",
                external_id=None,
                simulated=False,
                now=NOW,
            ).pk
        )
    )
    assert len(set(made)) == 1
    assert Participant.objects.count() == 1


def test_one_recruited_person_in_many_windows_is_one_participant(version: StudyVersion) -> None:
    made = at_once(
        lambda: (
            people.give_consent(
                version=version,
                entry=people.new_entry(),
                language="en",
                external_id="5f1",
                simulated=False,
                now=NOW,
            ).pk
        )
    )
    assert len(set(made)) == 1
    assert Participant.objects.count() == 1


def test_the_same_prompt_from_many_windows_asks_each_responder_once(
    participant: Participant,
) -> None:
    conversation = operations.start_conversation(
        participant=participant, stage=2, number=1, type_name="unguided", now=NOW
    )
    at_once(
        lambda: operations.send_prompt(
            conversation=Conversation.objects.get(pk=conversation.pk), index=0, text="Hi", now=NOW
        )
    )
    assert Turn.objects.count() == 1
    assert Utterance.objects.count() == 4
    assert Job.objects.count() == 4


def test_ratings_sent_together_store_one_of_them_whole(
    participant: Participant, answer_all: Callable[..., None]
) -> None:
    conversation = operations.start_conversation(
        participant=participant, stage=2, number=1, type_name="unguided", now=NOW
    )
    turn = operations.send_prompt(conversation=conversation, index=0, text="Hi", now=NOW)
    answer_all(turn)
    counter = iter(range(N_THREADS))
    lock = threading.Lock()

    def rate() -> None:
        with lock:
            mine = next(counter) * 10
        operations.rate_turn(
            conversation=Conversation.objects.get(pk=conversation.pk),
            index=0,
            scores={str(position): mine + position for position in range(4)},
            now=NOW,
        )

    at_once(rate)
    scores = list(turn.utterances.order_by("position").values_list("score", flat=True))
    assert [score - scores[0] for score in scores] == [0, 1, 2, 3]
    assert turn.utterances.filter(chosen=True).count() == 1


def test_a_rating_at_the_moment_an_answer_arrives_never_stores_a_text_as_a_failure(
    participant: Participant,
) -> None:
    conversation = operations.start_conversation(
        participant=participant, stage=2, number=1, type_name="unguided", now=NOW
    )
    turn = operations.send_prompt(conversation=conversation, index=0, text="Hi", now=NOW)
    late = NOW.replace(hour=13)
    for u in turn.utterances.filter(position__lt=3):
        u.text, u.settled_at = "Here.", NOW
        u.save()
    last = turn.utterances.get(position=3)
    (job,) = [j for j in leases.claim(owner="here:1:x", limit=9, now=NOW) if j.key == str(last.pk)]
    steps = iter([lambda: _rate(conversation, late), lambda: _arrive(job, late)])
    lock = threading.Lock()

    def act() -> None:
        with lock:
            step = next(steps)
        step()

    at_once(act, 2)
    last.refresh_from_db()
    assert (last.text is None) != (last.failure is None)


def _rate(conversation: Conversation, now: datetime) -> None:
    from manyvoices.design.dialogue import RatingsMissing

    scores: dict[str, int | None] = {"0": 1, "1": 2, "2": 3}
    try:
        operations.rate_turn(
            conversation=Conversation.objects.get(pk=conversation.pk),
            index=0,
            scores=scores,
            now=now,
        )
    except RatingsMissing:
        return  # the answer came first, so its score is asked for


def _arrive(job: Job, now: datetime) -> None:
    from manyvoices.collect.conversations.storing import store_outcome
    from manyvoices.llm import Reply

    reply = Reply("Late.", "stop", 1, 1, "v", 10.0)
    try:
        store_outcome(job=job, outcome=reply, waited_ms=10.0, now=now)
    except leases.LeaseLost:
        return


def test_a_survey_page_sent_from_many_windows_is_stored_once(participant: Participant) -> None:
    from manyvoices.collect.people.access import cookie_name

    form = {"q-familiarity": "Somewhat", "q-usecases": ["fun"], "q-self_description": "Tea."}

    def send() -> int:
        client = Client()
        from django.core.signing import get_cookie_signer

        signer = get_cookie_signer(salt=cookie_name("small") + "small")
        client.cookies[cookie_name("small")] = signer.sign(str(participant.pk))
        return client.post("/s/small/survey/1/0/", form).status_code

    assert set(at_once(send)) == {302}
    assert SurveyAnswer.objects.count() == 3
