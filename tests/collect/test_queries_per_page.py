"""A page costs as many queries for the last turn of a long conversation as for the first."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from django.core.signing import get_cookie_signer
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from manyvoices.collect.conversations import operations
from manyvoices.collect.people.access import cookie_name
from manyvoices.collect.people.models import Participant
from manyvoices.collect.surveys.models import SurveyPage

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)


@pytest.fixture
def browser(participant: Participant) -> Client:
    client = Client()
    signer = get_cookie_signer(salt=cookie_name("small") + "small")
    client.cookies[cookie_name("small")] = signer.sign(str(participant.pk))
    for page in (0, 1):
        SurveyPage.objects.create(participant=participant, stage=1, page=page, sent_at=NOW)
    return client


def _queries(browser: Client, path: str) -> int:
    browser.get(path)
    with CaptureQueriesContext(connection) as captured:
        assert browser.get(path).status_code == 200
    return len(captured)


def test_the_rating_and_reply_pages_cost_the_same_in_every_turn(
    browser: Client, participant: Participant, answer_all: Callable[..., None]
) -> None:
    conversation = operations.start_conversation(
        participant=participant, stage=2, number=1, type_name="unguided", now=NOW
    )
    place = "/s/small/talk/2/1/"
    rating, reply, polling = [], [], []
    for index in range(3):
        turn = operations.send_prompt(conversation=conversation, index=index, text="x", now=NOW)
        answer_all(turn)
        rating.append(_queries(browser, place))
        polling.append(_queries(browser, f"{place}progress/?have="))
        scores = {u.key: 50 for u in turn.utterances.all()}
        operations.rate_turn(conversation=conversation, index=index, scores=scores, now=NOW)
        reply.append(_queries(browser, place))
    assert len(set(rating)) == len(set(reply)) == len(set(polling)) == 1
    assert max(rating + reply) <= 9
    assert polling[0] <= 5


def test_a_poll_without_news_is_two_small_queries_and_no_page(
    browser: Client, participant: Participant
) -> None:
    conversation = operations.start_conversation(
        participant=participant, stage=2, number=1, type_name="unguided", now=timezone.now()
    )
    operations.send_prompt(conversation=conversation, index=0, text="x", now=timezone.now())
    with CaptureQueriesContext(connection) as captured:
        answer = browser.get("/s/small/talk/2/1/progress/?have=")
    assert (answer.status_code, answer.content) == (204, b"")
    assert "HX-Refresh" not in answer
    assert len(captured) <= 2
    first = conversation.turns.get().utterances.get(position=0)
    first.text, first.settled_at = "Here.", timezone.now()
    first.save()
    assert b"Here." in browser.get("/s/small/talk/2/1/progress/?have=").content
    assert browser.get("/s/small/talk/2/1/progress/?have=0").status_code == 204
