"""Bots read the server's own pages: forms, fields, answers, and what is awaited."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st

from manyvoices.collect.conversations.models import Turn
from manyvoices.collect.people.models import Participant
from manyvoices.collect.rehearsal.pages import Field, SeenPage
from manyvoices.collect.rehearsal.reading import read_html
from manyvoices.collect.studies.models import StudyVersion
from manyvoices.collect.texts import answer_html
from manyvoices.llm import PERSONAS, ChatMessage, answer, measure

ENTRY = "/s/small/"


def slot(text: str) -> str:
    """An answer as the server shows it."""
    return (
        '<article class="slot is-answered" data-slot="0">'
        f'<div class="answer" dir="auto">{answer_html(text)}</div></article>'
    )


def read(response: object) -> SeenPage:
    return read_html(response.content.decode())  # type: ignore[attr-defined]


def fields(page: SeenPage) -> dict[str, Field]:
    return {f.name: f for form in page.forms for f in form.fields}


@pytest.fixture
def client(version: StudyVersion) -> Client:
    """A browser that has just agreed to take part."""
    client = Client()
    page = read(client.get(ENTRY))
    form = next(form for form in page.forms if "consent" in form.classes)
    client.post(ENTRY, dict(form.hidden) | {"agree": "yes", "age": "yes"})
    return client


@pytest.fixture
def talking(client: Client) -> Client:
    """The same browser after the survey, with a conversation begun and nothing answered yet."""
    answers = {"q-familiarity": "Not at all"}
    client.post("/s/small/survey/1/0/", answers)
    marks = {"q-stated_prefs-safety": "5", "q-stated_prefs-creativity": "9", "q-gender": "Male"}
    client.post("/s/small/survey/1/1/", marks)
    client.post("/s/small/talk/2/", {"number": "1", "type": "unguided"})
    client.post("/s/small/talk/2/1/", {"action": "prompt", "turn": "0", "prompt": "Hello there"})
    return client


@pytest.mark.parametrize("persona", PERSONAS)
def test_an_answer_reads_as_it_was_written(persona: str) -> None:
    for seed in range(20):
        asked = [ChatMessage("user", "Should the town close the market on Sundays?")]
        text = answer(PERSONAS[persona], asked, seed=seed).text
        assert read_html(slot(text)).slots["0"].text == text


def test_lists_of_either_kind_stay_lists_when_they_are_measured() -> None:
    text = "Some points:\n\n- one\n- two **bold** words\n\nAnd then:\n\n3. three\n4. four"
    seen = read_html(slot(text)).slots["0"].text
    assert seen == "Some points:\n\n- one\n- two bold words\n\nAnd then:\n\n3. three\n4. four"
    assert measure(seen).enumerated


@given(st.lists(st.text("abc <&>\"'é", min_size=1, max_size=30), min_size=1, max_size=4))
def test_no_answer_can_end_its_own_frame(parts: list[str]) -> None:
    page = read_html(slot("\n\n".join(parts)) + '<form><input type="hidden" name="a"></form>')
    assert len(page.slots) == 1
    assert [form.hidden for form in page.forms] == [[("a", "")]]


def test_the_invitation_has_two_boxes_and_a_button(version: StudyVersion) -> None:
    page = read(Client().get(ENTRY))
    form = next(form for form in page.forms if "consent" in form.classes)
    assert form.can_send
    assert "consent" in form.classes
    assert {f.name: f.options for f in form.fields} == {"agree": ["yes"], "age": ["yes"]}
    assert "entry" in dict(form.hidden)


def test_a_survey_page_tells_kinds_options_and_what_is_optional(client: Client) -> None:
    seen = fields(read(client.get("/s/small/survey/1/0/")))
    assert seen["q-familiarity"].kind == "radio"
    assert seen["q-familiarity"].options == ["Not at all", "Somewhat", "Very well"]
    assert not seen["q-familiarity"].optional
    assert set(seen["q-usecases"].options) == {"work", "fun", "other"}
    assert seen["q-usecases"].optional
    assert seen["q-self_description"].multiline
    assert seen["q-self_description"].max_length == 500
    assert seen["q-self_description"].question == "self_description"


def test_sliders_have_limits_and_a_box_and_no_second_control(client: Client) -> None:
    client.post("/s/small/survey/1/0/", {"q-familiarity": "Not at all"})
    seen = fields(read(client.get("/s/small/survey/1/1/")))
    scale = seen["q-stated_prefs-safety"]
    assert (scale.kind, scale.limits) == ("range", (1, 100))
    assert scale.na_name == "q-stated_prefs-safety-na"
    assert seen["q-gender"].kind == "select"
    assert seen["q-gender"].options == ["Female", "Male", "Another", "Prefer not to say"]
    assert set(seen) == {"q-stated_prefs-safety", "q-stated_prefs-creativity", "q-gender"}


def test_a_form_that_comes_back_says_which_fields_are_at_fault(client: Client) -> None:
    client.post("/s/small/survey/1/0/", {"q-familiarity": "Not at all"})
    response = client.post("/s/small/survey/1/1/", {"q-gender": "Nobody"})
    assert response.status_code == 422
    assert "q-gender" in read(response).problems


def test_answers_that_come_one_by_one_are_taken_into_the_page(
    talking: Client, answer_all: Callable[..., None]
) -> None:
    page = read(talking.get("/s/small/talk/2/1/"))
    assert page.poll_url is not None
    assert page.poll_s == 1.0
    assert {s.state for s in page.slots.values()} == {"waiting"}
    assert page.form("rate") is None

    answer_all(Turn.objects.get(), failing=frozenset({2}))
    page.take(read(talking.get(page.poll_url)))
    assert page.poll_url is None
    assert [s.state for s in page.slots.values()].count("answered") == 3
    assert page.slots["2"].state == "missing"
    form = page.form("rate")
    assert form is not None
    assert {f.slot for f in form.fields} == {"0", "1", "3"}
    assert all(f.name == f"score-{f.slot}" for f in form.fields)


def test_where_nobody_answers_only_asking_again_is_possible(
    talking: Client, answer_all: Callable[..., None]
) -> None:
    page = read(talking.get("/s/small/talk/2/1/"))
    answer_all(Turn.objects.get(), failing=frozenset(range(4)))
    assert page.poll_url is not None
    page.take(read(talking.get(page.poll_url)))
    assert page.form("rate") is None
    assert page.form("retry") is not None


def test_the_two_ways_on_from_a_reply_are_told_apart(
    talking: Client, answer_all: Callable[..., None]
) -> None:
    for index in range(2):
        turn = Turn.objects.get(index=index)
        answer_all(turn)
        keys = [u.key for u in turn.utterances.all()]
        scores = {f"score-{key}": "50" for key in keys}
        talking.post("/s/small/talk/2/1/", {"action": "rate", "turn": str(index)} | scores)
        page = read(talking.get("/s/small/talk/2/1/"))
        assert page.form("prompt") is not None
        assert (page.form("finish") is not None) is (index == 1)
        if index == 0:
            reply = {"action": "prompt", "turn": "1", "prompt": "And then?"}
            talking.post("/s/small/talk/2/1/", reply)


def test_the_last_page_shows_the_code(client: Client) -> None:
    participant = Participant.objects.get()
    participant.completed_at = participant.consented_at
    participant.save()
    page = read(client.get("/s/small/done/"))
    assert page.is_done
    assert page.completion_code == "SMALL-1"
