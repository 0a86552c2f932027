"""Ten conversations or ten thousand: every page asks the database equally often."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.core.signing import get_cookie_signer
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from manyvoices.collect.conversations import operations
from manyvoices.collect.conversations.models import Conversation, Turn, Utterance
from manyvoices.collect.people import journey
from manyvoices.collect.people.access import cookie_name
from manyvoices.collect.people.models import Participant
from manyvoices.collect.studies.models import StudyVersion
from manyvoices.collect.surveys.models import SurveyAnswer, SurveyPage

pytestmark = pytest.mark.django_db
PER_PERSON = 2
PLACE = "/s/small/talk/2/1/"
MODELS = ("brief", "careful", "cheerful", "essayist")


def crowd(version: StudyVersion, n_conversations: int, now: object) -> None:
    """People with finished conversations, in bulk: rows as the operations leave them."""
    people = [
        Participant(
            id=uuid.uuid4(),
            study=version.study,
            version=version,
            consent_version=version.spec.consent.version,
            consented_at=now,
            completed_at=now,
        )
        for _ in range(n_conversations // PER_PERSON)
    ]
    talks = [
        Conversation(
            participant=person,
            stage=2,
            number=number,
            type=("unguided", "values guided")[number - 1],
            seed=number,
            consent_version=person.consent_version,
            started_at=now,
            ended_at=now,
            attributes_at=now,
            finished_at=now,
            open_feedback="Listen more.",
        )
        for person in people
        for number in range(1, PER_PERSON + 1)
    ]
    turns = [
        Turn(
            conversation=talk,
            index=0,
            prompt="Hello",
            seed=1,
            created_at=now,
            deadline_at=now,
            rated_at=now,
        )
        for talk in talks
    ]
    Participant.objects.bulk_create(people)
    SurveyPage.objects.bulk_create(
        SurveyPage(participant=p, stage=1, page=page, sent_at=now)
        for p in people
        for page in (0, 1)
    )
    SurveyAnswer.objects.bulk_create(
        SurveyAnswer(
            participant=p,
            survey="survey",
            question="gender",
            kind="single",
            value="Female",
            consent_version=p.consent_version,
            answered_at=now,
        )
        for p in people
    )
    Conversation.objects.bulk_create(talks)
    Turn.objects.bulk_create(turns)
    Utterance.objects.bulk_create(
        Utterance(
            turn=turn,
            position=position,
            responder=MODELS[position],
            text="Here." if position else None,
            failure=None if position else "timeout",
            score=50 + position if position else None,
            chosen=position == 1,
            settled_at=now,
            latency_ms=100.0,
        )
        for turn in turns
        for position in (0, 1)
    )


def n_statements(client: Client, url: str) -> int:
    answer = client.get(url)
    assert answer.status_code in {200, 302}, url
    with CaptureQueriesContext(connection) as captured:
        assert client.get(url).status_code == answer.status_code
    return len(captured)


@pytest.fixture
def pages(
    version: StudyVersion,
    staff_client: Client,
    make_participant: Callable[..., Participant],
    answer_all: Callable[..., None],
) -> dict[str, tuple[Client, str]]:
    """Every page, by name: who opens it, and where it is."""
    now = make_participant().consented_at

    def browser(participant: Participant, pages_done: int = 2) -> Client:
        client = Client()
        signer = get_cookie_signer(salt=cookie_name("small") + "small")
        client.cookies[cookie_name("small")] = signer.sign(str(participant.pk))
        for page in range(pages_done):
            SurveyPage.objects.create(participant=participant, stage=1, page=page, sent_at=now)
        return client

    def talk(n_rated: int, *, then: str = "") -> tuple[Client, Conversation]:
        participant = make_participant()
        client = browser(participant)
        found = operations.start_conversation(
            participant=participant, stage=2, number=1, type_name="unguided", now=now
        )
        for index in range(n_rated + bool(then)):
            turn = operations.send_prompt(conversation=found, index=index, text="Hi", now=now)
            if index < n_rated or then == "rate":
                answer_all(turn)
            if index < n_rated:
                scores = {u.key: 40 + u.position for u in turn.utterances.all()}
                operations.rate_turn(conversation=found, index=index, scores=scores, now=now)
        return client, found

    def after(*, attributes: bool) -> Client:
        client, found = talk(2)
        operations.end_conversation(conversation=found, now=now)
        if attributes:
            operations.store_attributes(conversation=found, blocks={}, now=now)
        return client

    everything = make_participant()
    done = browser(everything)
    for number, kind in enumerate(next(version.spec.conversation_stages())[1].types, start=1):
        everything.conversations.create(
            stage=2,
            number=number,
            type=kind,
            seed=number,
            consent_version="x",
            started_at=now,
            finished_at=now,
        )
    journey.complete_if_done(participant=everything, now=now + timedelta(minutes=9))
    opened, _ = talk(0)
    waiting, _ = talk(1, then="wait")
    rating, _ = talk(1, then="rate")
    replying, seen = talk(2)
    console = {
        name: (staff_client, reverse(f"console:{name}", args=["small"]))
        for name in ("study", "people", "conversations", "failures")
    }
    return {
        "home": (Client(), "/"),
        "invitation": (Client(), "/s/small/"),
        "survey 1": (browser(make_participant(), 0), "/s/small/survey/1/0/"),
        "survey 2": (browser(make_participant(), 1), "/s/small/survey/1/1/"),
        "the way on": (browser(make_participant()), "/s/small/next/"),
        "choose": (browser(make_participant()), "/s/small/talk/2/"),
        "opening": (opened, PLACE),
        "waiting": (waiting, PLACE),
        "poll": (waiting, f"{PLACE}progress/?have="),
        "rating": (rating, PLACE),
        "reply": (replying, PLACE),
        "attributes": (after(attributes=False), f"{PLACE}attributes/"),
        "feedback": (after(attributes=True), f"{PLACE}feedback/"),
        "done": (done, "/s/small/done/"),
        "studies": (staff_client, reverse("console:studies")),
        "one conversation": (
            staff_client,
            reverse("console:conversation", args=["small", seen.pk]),
        ),
        **console,
    }


def test_every_page_costs_the_same_statements_at_ten_and_at_ten_thousand_conversations(
    pages: dict[str, tuple[Client, str]], version: StudyVersion, participant: Participant
) -> None:
    crowd(version, 10, participant.consented_at)
    few = {name: n_statements(client, url) for name, (client, url) in pages.items()}
    crowd(version, 9_990, participant.consented_at)
    assert Conversation.objects.count() >= 10_000
    many = {name: n_statements(client, url) for name, (client, url) in pages.items()}
    assert many == few
    talking = ("opening", "waiting", "poll", "rating", "reply", "attributes", "feedback")
    assert max(many[name] for name in talking) <= 8
