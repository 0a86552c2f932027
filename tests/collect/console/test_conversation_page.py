"""One conversation as its participant saw it, and the facts beside it."""

from __future__ import annotations

from collections.abc import Callable

from django.test import Client
from django.urls import reverse

from manyvoices.collect.console.contexts_conversation import ConversationPage
from manyvoices.collect.conversations import operations
from manyvoices.collect.conversations.models import Conversation, Turn, Utterance
from manyvoices.collect.people.models import Participant

Talk = Callable[..., Conversation]


def shown(client: Client, conversation: Conversation) -> tuple[ConversationPage, str]:
    url = reverse("console:conversation", args=["small", conversation.pk])
    response = client.get(url)
    assert response.status_code == 200
    return response.context["page"], response.content.decode()


def test_answers_stand_in_the_places_in_which_they_were_shown(
    staff_client: Client, participant: Participant, talk: Talk
) -> None:
    conversation = talk(participant, 1)
    page, _html = shown(staff_client, conversation)
    opening = Utterance.objects.filter(turn__conversation=conversation, turn__index=0)
    names = list(opening.order_by("position").values_list("responder", flat=True))
    assert [answer.label for answer in page.turns[0].answers] == [
        "Answer A",
        "Answer B",
        "Answer C",
        "Answer D",
    ]
    assert [answer.facts[0] for answer in page.turns[0].answers] == [("Model", n) for n in names]


def test_scores_the_winner_and_its_later_answers_are_shown(
    staff_client: Client, participant: Participant, talk: Talk
) -> None:
    page, _html = shown(staff_client, talk(participant, 1))
    opening = page.turns[0]
    assert [answer.score.value for answer in opening.answers if answer.score] == [10, 20, 30, 40]
    assert [answer.chosen for answer in opening.answers] == [False, False, False, True]
    winner = opening.answers[3].facts[0]
    assert [answer.facts[0] for answer in page.turns[1].answers] == [winner, winner]


def test_a_tie_is_marked_with_all_who_shared_it(
    staff_client: Client, participant: Participant, talk: Talk
) -> None:
    scores = {"0": 50, "1": 70, "2": 70, "3": 10}
    page, html = shown(staff_client, talk(participant, 1, scores=scores))
    assert page.turns[0].tied == ["Answer B", "Answer C"]
    assert sum(answer.chosen for answer in page.turns[0].answers) == 1
    assert "A tie: Answer B, Answer C were rated equally." in html


def test_an_answer_that_did_not_come_says_why(
    staff_client: Client, participant: Participant, talk: Talk
) -> None:
    page, html = shown(staff_client, talk(participant, 1, failing=frozenset({2})))
    missing = page.turns[0].answers[2]
    assert (missing.state, missing.score) == ("missing", None)
    assert missing.trouble == "did not answer in time"
    assert "This answer did not arrive." in html


def test_an_attempt_in_which_nobody_answered_stays_on_record(
    staff_client: Client,
    participant: Participant,
    answer_all: Callable[..., None],
    rate: Callable[..., Turn],
) -> None:
    now = participant.consented_at
    conversation = operations.start_conversation(
        participant=participant, stage=2, number=1, type_name="unguided", now=now
    )
    turn = operations.send_prompt(conversation=conversation, index=0, text="Hello", now=now)
    answer_all(turn, failing=frozenset(range(4)))
    rate(operations.ask_again(conversation=conversation, index=0, now=now))
    page, html = shown(staff_client, conversation)
    assert [len(attempt) for attempt in page.turns[0].earlier] == [4]
    assert [answer.state for answer in page.turns[0].answers] == ["answered"] * 4
    assert "Attempt 1: nobody answered" in html


def test_statements_are_shown_with_what_was_left_out(
    staff_client: Client, participant: Participant, talk: Talk
) -> None:
    page, html = shown(staff_client, talk(participant, 1))
    found = {
        (block.opener, s.label): s.score.value if s.score else s.words
        for block in page.blocks
        for s in block.statements
    }
    assert found == {
        ("This response", "was well written"): 80,
        ("This response", "was safe"): "does not apply",
        ("I chose this response because it", "was well written"): "left untouched",
        ("I chose this response because it", "was safe"): 20,
    }
    assert "Listen more." in html


def test_what_people_and_models_write_never_becomes_markup(
    staff_client: Client, participant: Participant, talk: Talk
) -> None:
    conversation = talk(participant, 1)
    evil = "<script>alert(1)</script><img src=x onerror=alert(2)>"
    Turn.objects.update(prompt=evil)
    Utterance.objects.update(text=evil, model_version=evil)
    Conversation.objects.update(open_feedback=evil)
    _page, html = shown(staff_client, conversation)
    assert "<script>alert" not in html
    assert "<img" not in html


def test_a_conversation_that_has_just_begun_has_a_page(
    staff_client: Client, participant: Participant
) -> None:
    conversation = operations.start_conversation(
        participant=participant,
        stage=2,
        number=1,
        type_name="values guided",
        now=participant.consented_at,
    )
    page, html = shown(staff_client, conversation)
    assert page.type_label == "About values"
    assert "has not written anything yet" in html


def test_what_was_taken_back_is_not_shown(
    staff_client: Client, participant: Participant, talk: Talk
) -> None:
    conversation = talk(participant, 1)
    participant.withdrawn_at = participant.consented_at
    participant.save()
    url = reverse("console:conversation", args=["small", conversation.pk])
    assert staff_client.get(url).status_code == 404
