"""A participant's whole way over HTTP: consent, survey, conversations, feedback, code."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.http import HttpResponse
from django.test import Client
from django.utils import timezone

from manyvoices.collect.conversations.models import Conversation, Turn
from manyvoices.collect.people import operations as people
from manyvoices.collect.people.models import Participant
from manyvoices.collect.studies.models import StudyVersion
from manyvoices.collect.surveys.models import SurveyAnswer

pytestmark = pytest.mark.django_db
Answer = Callable[..., None]
PAGE_1 = {"q-familiarity": "Somewhat", "q-usecases": ["fun"], "q-self_description": "I like tea."}
PAGE_2 = {"q-stated_prefs-safety": "80", "q-stated_prefs-creativity-na": "1", "q-gender": "Female"}


@pytest.fixture
def browser(version: StudyVersion) -> Client:
    return Client()


def _entry(browser: Client) -> str:
    found = re.search(r'name="entry" value="([^"]+)"', browser.get("/s/small/").content.decode())
    assert found is not None
    return found[1]


def _consent(browser: Client, **fields: str) -> HttpResponse:
    form = {"agree": "1", "age": "1", "entry": _entry(browser)} | fields
    return browser.post("/s/small/", form)


def _choose(browser: Client) -> None:
    """Consent, survey, and a conversation that waits for its opening."""
    _consent(browser)
    browser.post("/s/small/survey/1/0/", PAGE_1)
    browser.post("/s/small/survey/1/1/", PAGE_2)
    browser.post("/s/small/talk/2/", {"type": "unguided", "number": 1})


def _ask(browser: Client) -> None:
    """All that, and an opening that has been sent."""
    _choose(browser)
    browser.post("/s/small/talk/2/1/", {"action": "prompt", "turn": 0, "prompt": "Hello"})


def _at(browser: Client) -> str:
    """Where the study sends this browser next."""
    return browser.get("/s/small/next/").headers["Location"]


def _talk(browser: Client, number: int, answer_all: Answer, *, type_name: str) -> None:
    place = f"/s/small/talk/2/{number}/"
    browser.post("/s/small/talk/2/", {"type": type_name, "number": number})
    for index in range(2):
        browser.post(place, {"action": "prompt", "turn": index, "prompt": f"Question {index}"})
        turn = Turn.objects.get(conversation__number=number, index=index)
        answer_all(turn)
        scores = {f"score-{u.key}": 20 + int(u.key) for u in turn.utterances.all()}
        browser.post(place, {"action": "rate", "turn": index} | scores)
    browser.post(place, {"action": "finish", "turn": 2})
    browser.post(f"{place}attributes/", {"performance-fluency": "60", "choice-safety-na": "1"})
    browser.post(f"{place}feedback/", {"feedback": "Shorter, please."})


def test_the_whole_way_leads_to_the_completion_code(browser: Client, answer_all: Answer) -> None:
    assert _consent(browser).status_code == 302
    browser.post("/s/small/survey/1/0/", PAGE_1)
    browser.post("/s/small/survey/1/1/", PAGE_2)
    _talk(browser, 1, answer_all, type_name="unguided")
    assert b"SMALL-1" not in browser.get("/s/small/done/", follow=True).content
    _talk(browser, 2, answer_all, type_name="values guided")
    assert _at(browser) == "/s/small/done/"
    assert b"SMALL-1" in browser.get("/s/small/done/").content
    assert Participant.objects.get().completed_at is not None


def test_every_row_carries_the_consent_it_was_given_under(
    browser: Client, version: StudyVersion, answer_all: Answer
) -> None:
    _consent(browser)
    browser.post("/s/small/survey/1/0/", PAGE_1)
    browser.post("/s/small/survey/1/1/", PAGE_2)
    _talk(browser, 1, answer_all, type_name="unguided")
    wording = version.spec.consent.version
    rows = [*Participant.objects.all(), *SurveyAnswer.objects.all(), *Conversation.objects.all()]
    assert {row.consent_version for row in rows} == {wording}


def test_without_both_ticks_nobody_becomes_a_participant(browser: Client) -> None:
    response = browser.post("/s/small/", {"agree": "1", "entry": _entry(browser)})
    assert response.status_code == 422
    assert Participant.objects.count() == 0


def test_posting_the_consent_form_twice_makes_one_participant(browser: Client) -> None:
    entry = _entry(browser)
    form = {"agree": "1", "age": "1", "entry": entry}
    browser.post("/s/small/", form)
    Client().post("/s/small/", form)
    assert Participant.objects.count() == 1


def test_the_same_recruited_person_in_another_browser_is_the_same_participant(
    browser: Client,
) -> None:
    _consent(browser, external_id="5f1")
    other = Client()
    _consent(other, external_id="5f1")
    other.post("/s/small/survey/1/0/", PAGE_1)
    assert Participant.objects.count() == 1
    assert _at(browser) == "/s/small/survey/1/1/"


def test_posting_a_survey_page_twice_stores_it_once_and_the_first_counts(browser: Client) -> None:
    _consent(browser)
    browser.post("/s/small/survey/1/0/", PAGE_1)
    again = browser.post("/s/small/survey/1/0/", PAGE_1 | {"q-self_description": "Coffee."})
    assert again.headers["Location"] == "/s/small/next/"
    assert SurveyAnswer.objects.get(question="self_description").value == "I like tea."


def test_the_order_in_which_options_were_shown_is_stored(browser: Client) -> None:
    _consent(browser)
    browser.post("/s/small/survey/1/0/", PAGE_1)
    order = SurveyAnswer.objects.get(question="usecases").order
    assert sorted(order) == ["fun", "other", "work"]
    assert order[-1] == "other"


def test_a_slider_left_untouched_is_sent_back_and_one_that_does_not_apply_is_not_a_number(
    browser: Client,
) -> None:
    _consent(browser)
    browser.post("/s/small/survey/1/0/", PAGE_1)
    refused = browser.post("/s/small/survey/1/1/", {"q-gender": "Male"})
    assert refused.status_code == 422
    browser.post("/s/small/survey/1/1/", PAGE_2)
    value = SurveyAnswer.objects.get(question="stated_prefs").value
    assert value == {"safety": 80, "creativity": "not_applicable"}


def test_a_question_that_was_not_shown_has_no_row(browser: Client) -> None:
    _consent(browser)
    browser.post("/s/small/survey/1/0/", {"q-familiarity": "Not at all", "q-usecases": "work"})
    assert set(SurveyAnswer.objects.values_list("question", flat=True)) == {
        "familiarity",
        "self_description",
    }


def test_nobody_can_jump_ahead(browser: Client) -> None:
    _consent(browser)
    for ahead in ("survey/1/1/", "talk/2/", "talk/2/1/", "talk/2/1/feedback/", "done/"):
        response = browser.get(f"/s/small/{ahead}", follow=True)
        assert response.redirect_chain[-1][0] == "/s/small/survey/1/0/", ahead


def test_pages_of_no_study_and_no_stage_are_not_found_or_lead_back(browser: Client) -> None:
    assert browser.get("/s/nothing/").status_code == 404
    _consent(browser)
    response = browser.get("/s/small/survey/9/9/", follow=True)
    assert response.redirect_chain[-1][0] == "/s/small/survey/1/0/"


def test_what_is_typed_comes_back_after_a_reload(browser: Client) -> None:
    _consent(browser)
    fields = {"q-self_description": ["half a sen"], "q-familiarity": ["Somewhat"]}
    saved = browser.post(
        "/s/small/draft/survey-1-0/", {"fields": fields}, content_type="application/json"
    )
    assert saved.status_code == 200
    page = browser.get("/s/small/survey/1/0/").content.decode()
    assert "half a sen" in page
    assert re.search(r'value="Somewhat"[^>]*checked', page)


@pytest.mark.parametrize("body", ["", "[]", '{"fields": 3}', "{", "\xff"])
def test_a_draft_that_is_no_form_is_refused_in_words(browser: Client, body: str) -> None:
    _consent(browser)
    response = browser.post("/s/small/draft/survey-1-0/", body, content_type="application/json")
    assert response.status_code == 400
    assert "error" in response.json()


def test_waiting_shows_what_is_there_and_never_a_models_name(
    browser: Client, version: StudyVersion, answer_all: Answer
) -> None:
    _ask(browser)
    turn = Turn.objects.get()
    first = turn.utterances.get(position=1)
    first.text, first.settled_at = "I am here.", timezone.now()
    first.save()
    page = browser.get("/s/small/talk/2/1/").content.decode()
    assert "I am here." in page
    assert "have=1" in page
    polled = browser.get("/s/small/talk/2/1/progress/?have=").content.decode()
    assert "I am here." in polled
    assert "I am here." not in browser.get("/s/small/talk/2/1/progress/?have=1").content.decode()
    for model in version.spec.models:
        assert model.id not in page + polled


def test_after_the_deadline_the_answers_that_came_can_be_rated(
    browser: Client, answer_all: Answer
) -> None:
    _ask(browser)
    turn = Turn.objects.get()
    for u in turn.utterances.filter(position__lt=3):
        u.text, u.settled_at = "Here.", timezone.now()
        u.save()
    turn.deadline_at = timezone.now() - timedelta(seconds=1)
    turn.save()
    rated = {"action": "rate", "turn": 0, "score-0": 5, "score-1": 90, "score-2": 7}
    assert browser.post("/s/small/talk/2/1/", rated).status_code == 302
    last = turn.utterances.get(position=3)
    assert (last.score, last.failure) == (None, "timeout")
    assert turn.utterances.get(chosen=True).position == 1


def test_an_unrated_answer_is_asked_for_and_the_scores_given_stay(
    browser: Client, answer_all: Answer
) -> None:
    _ask(browser)
    answer_all(Turn.objects.get())
    response = browser.post(
        "/s/small/talk/2/1/", {"action": "rate", "turn": 0, "score-0": 31, "score-1": "x"}
    )
    assert response.status_code == 422
    assert 'value="31"' in response.content.decode()


def test_an_empty_message_is_not_sent(browser: Client) -> None:
    _choose(browser)
    place = "/s/small/talk/2/1/"
    response = browser.post(place, {"action": "prompt", "turn": 0, "prompt": "  \n "})
    assert response.status_code == 422
    assert Turn.objects.count() == 0


@pytest.mark.parametrize("form", [{}, {"action": "rate"}, {"action": "x", "turn": "0"}])
def test_a_form_that_makes_no_sense_leads_back_to_where_the_participant_is(
    browser: Client, form: dict[str, str]
) -> None:
    _choose(browser)
    assert browser.post("/s/small/talk/2/1/", form).headers["Location"] == "/s/small/next/"


def test_the_personal_link_continues_on_another_device(browser: Client) -> None:
    _consent(browser)
    browser.post("/s/small/survey/1/0/", PAGE_1)
    key = Participant.objects.get().resume_key
    other = Client()
    other.get(f"/s/small/resume/{key}/")
    assert _at(other) == "/s/small/survey/1/1/"
    assert Client().get("/s/small/resume/wrong/").status_code == 404


def test_only_a_signed_token_marks_a_participant_as_simulated(browser: Client) -> None:
    _consent(browser, rehearsal="forged")
    _consent(Client(), rehearsal=people.rehearsal_token("small"))
    assert sorted(Participant.objects.values_list("simulated", flat=True)) == [False, True]


def test_a_closed_study_says_so_and_lets_people_finish(
    browser: Client, version: StudyVersion
) -> None:
    _consent(browser)
    version.study.is_open = False
    version.study.save()
    assert Client().get("/s/small/").status_code == 410
    assert browser.get("/s/small/survey/1/0/").status_code == 200


def test_no_page_asks_another_server_for_anything(browser: Client) -> None:
    response = browser.get("/s/small/")
    assert "default-src 'self'" in response.headers["Content-Security-Policy"]
    for link in re.findall(r'(?:src|href)="(https?:[^"]+)"', response.content.decode()):
        pytest.fail(f"a page of ours names {link}")


def test_a_page_that_is_sent_without_its_token_is_refused(version: StudyVersion) -> None:
    strict = Client(enforce_csrf_checks=True)
    assert strict.post("/s/small/", {"agree": "1", "age": "1"}).status_code == 403


def test_a_page_travels_compressed(browser: Client) -> None:
    response = browser.get("/s/small/", headers={"Accept-Encoding": "gzip"})
    assert response.headers["Content-Encoding"] == "gzip"
