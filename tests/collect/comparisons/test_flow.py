"""What raters see and send: one comparison after the other, each stored once."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.utils import timezone
from tests.collect.comparisons.conftest import MODELS, Publish, browser_of, make_person

from manyvoices.collect.comparisons.models import Comparison, ComparisonsOver, SideAnswer
from manyvoices.collect.jobs.models import Job
from manyvoices.collect.people.models import Draft, Participant

pytestmark = pytest.mark.django_db
PLACE = "/s/pairs/compare/1/"


def test_a_rater_comes_through_from_the_first_page_to_the_code(publish: Publish) -> None:
    person = make_person(publish(count=3))
    browser = browser_of(person)
    assert browser.get("/s/pairs/next/").url == PLACE
    page = browser.get(PLACE).content.decode()
    assert "Comparison 1 of 3" in page
    assert "Step 1 of 3" in page
    assert browser.post(PLACE, {"number": "1"}).url == f"{PLACE}1/"
    for number, said in enumerate(("0", "tie", "1"), start=1):
        page = browser.get(f"{PLACE}{number}/").content.decode()
        assert f"Comparison {number} of 3" in page
        assert "<strong>style" in page
        answer = browser.post(f"{PLACE}{number}/", {"action": "judge", "verdict": said})
        last = number == 3
        assert answer.url == ("/s/pairs/next/" if last else f"{PLACE}{number + 1}/")
    assert "PAIRS-1" in browser.get("/s/pairs/next/", follow=True).content.decode()
    rows = Comparison.objects.order_by("number")
    assert [row.verdict for row in rows] == ["choice", "tie", "choice"]
    assert [row.order for row in rows] == [[[0], [1]], None, [[1], [0]]]
    assert all(row.shown_at and row.judged_at and row.revealed_at is None for row in rows)
    assert {row.prompt_id for row in rows} == {"p0", "p1", "p2"}


def test_the_same_form_twice_is_stored_once_and_a_stale_one_leads_on(publish: Publish) -> None:
    person = make_person(publish(count=2))
    browser = browser_of(person)
    for _ in range(2):
        browser.post(PLACE, {"number": "1"})
    browser.post(f"{PLACE}1/", {"action": "judge", "verdict": "0"})
    again = browser.post(f"{PLACE}1/", {"action": "judge", "verdict": "1"})
    assert again.url == "/s/pairs/next/"
    first = Comparison.objects.get(number=1)
    assert first.order == [[0], [1]]
    assert Comparison.objects.count() == 2
    assert browser.post(PLACE, {"number": "7"}).url == "/s/pairs/next/"
    assert browser.get(f"{PLACE}9/").url == "/s/pairs/next/"
    assert browser.post(f"{PLACE}2/", {"action": "nonsense"}).url == "/s/pairs/next/"
    assert browser.get("/s/pairs/compare/0/").url == "/s/pairs/next/"
    assert browser.get(f"{PLACE}1/names/").url == "/s/pairs/next/"


def test_a_form_without_a_verdict_comes_back_with_what_was_written(publish: Publish) -> None:
    reasons = {"tags": [{"id": "clear", "label": "Clearer"}], "text": "required"}
    person = make_person(publish(reasons=reasons))
    browser = browser_of(person)
    browser.post(PLACE, {"number": "1"})
    answer = browser.post(f"{PLACE}1/", {"action": "judge", "reason": "clear"})
    page = answer.content.decode()
    assert answer.status_code == 422
    assert 'href="#verdict-0"' in page
    assert 'href="#reason-text"' in page
    assert re.search(r'value="clear" checked', page)
    browser.post(
        f"{PLACE}1/",
        {"action": "judge", "verdict": "1", "reason": ["clear", "unknown"], "reason-text": "So."},
    )
    row = Comparison.objects.get(number=1)
    assert (row.reasons, row.reason_text) == (["clear"], "So.")


def test_whoever_cannot_judge_owes_no_reason(publish: Publish) -> None:
    person = make_person(publish(reasons={"text": "required"}))
    browser = browser_of(person)
    browser.post(PLACE, {"number": "1"})
    browser.post(f"{PLACE}1/", {"action": "judge", "verdict": "cannot_judge"})
    assert Comparison.objects.get(number=1).verdict == "cannot_judge"


def test_what_the_stage_does_not_offer_is_neither_shown_nor_taken(publish: Publish) -> None:
    person = make_person(publish(tie=False, all_bad=False, cannot_judge=False))
    browser = browser_of(person)
    browser.post(PLACE, {"number": "1"})
    page = browser.get(f"{PLACE}1/").content.decode()
    assert "equally good" not in page
    assert "Both are bad" not in page
    answer = browser.post(f"{PLACE}1/", {"action": "judge", "verdict": "tie"})
    assert answer.status_code == 422


def test_three_answers_are_put_in_order_and_ties_count_by_the_order_alone(
    publish: Publish,
) -> None:
    person = make_person(publish(models=MODELS, side_by_side=3))
    browser = browser_of(person)
    browser.post(PLACE, {"number": "1"})
    page = browser.get(f"{PLACE}1/").content.decode()
    assert page.count('class="rank-card"') == 3
    form = {"action": "judge", "moved": "1", "place-0": "5", "place-1": "1", "place-2": ""}
    assert browser.post(f"{PLACE}1/", form).status_code == 422
    form |= {"place-2": "5"}
    browser.post(f"{PLACE}1/", form)
    assert Comparison.objects.get(number=1).order == [[1], [0, 2]]
    browser.post(f"{PLACE}2/", form | {"place-0": "1", "place-1": "1", "place-2": "1"})
    assert Comparison.objects.get(number=2).verdict == "tie"
    unmoved = form | {"moved": "0", "place-0": "1", "place-1": "2", "place-2": "3"}
    assert browser.post(f"{PLACE}3/", unmoved).status_code == 422
    browser.post(f"{PLACE}3/", unmoved | {"asked-back": "1"})
    assert Comparison.objects.get(number=3).order == [[0], [1], [2]]


def test_answers_in_one_place_are_refused_where_there_are_no_ties(publish: Publish) -> None:
    person = make_person(publish(models=MODELS, side_by_side=3, tie=False))
    browser = browser_of(person)
    browser.post(PLACE, {"number": "1"})
    form = {"action": "judge", "moved": "1", "place-0": "1", "place-1": "1", "place-2": "2"}
    answer = browser.post(f"{PLACE}1/", form)
    assert (answer.status_code, 'href="#order"' in answer.content.decode()) == (422, True)


def test_a_draft_comes_back_and_is_forgotten_once_sent(publish: Publish) -> None:
    person = make_person(publish(reasons={"text": "optional"}))
    browser = browser_of(person)
    browser.post(PLACE, {"number": "1"})
    saved = browser.post(
        "/s/pairs/draft/compare-1-1/",
        '{"fields": {"verdict": ["1"], "reason-text": ["half a thought"]}}',
        content_type="application/json",
    )
    assert saved.status_code == 200
    page = browser.get(f"{PLACE}1/").content.decode()
    assert "half a thought" in page
    assert re.search(r'value="1" data-digit="2" checked', page)
    browser.post(f"{PLACE}1/", {"action": "judge", "verdict": "1"})
    assert not Draft.objects.exists()


def test_names_are_told_after_the_verdict_and_only_where_the_study_tells(publish: Publish) -> None:
    person = make_person(publish(count=2, reveal="after_verdict"))
    browser = browser_of(person)
    browser.post(PLACE, {"number": "1"})
    assert browser.get(f"{PLACE}1/names/").url == "/s/pairs/next/"
    assert not any(m in browser.get(f"{PLACE}1/").content.decode() for m in MODELS)
    answer = browser.post(f"{PLACE}1/", {"action": "judge", "verdict": "0"})
    assert answer.url == f"{PLACE}1/names/"
    page = browser.get(answer.url).content.decode()
    assert all(m in page for m in MODELS[:2])
    assert "Go on to the next comparison" in page
    row = Comparison.objects.get(number=1)
    assert row.revealed_at == row.judged_at
    assert browser.get("/s/pairs/next/").url == PLACE


def test_once_nothing_is_left_the_study_goes_on(publish: Publish) -> None:
    person = make_person(publish(n_prompts=2, count=5))
    browser = browser_of(person)
    browser.post(PLACE, {"number": "1"})
    browser.post(f"{PLACE}1/", {"action": "judge", "verdict": "0"})
    answer = browser.post(f"{PLACE}2/", {"action": "judge", "verdict": "0"})
    assert answer.url == "/s/pairs/next/"
    assert ComparisonsOver.objects.get().because == "nothing_left"
    assert "PAIRS-1" in browser.get("/s/pairs/next/", follow=True).content.decode()


def _answer(comparison: Comparison, **failing: str) -> None:
    """Settle every side as the runner would; `failing`: ``side0="timeout"``."""
    from manyvoices.collect.comparisons import operations, queries

    rule = queries.stage_spec(comparison.participant, comparison.stage)
    exchange = comparison.exchanges.get()
    for answer in exchange.answers.all():
        failure = failing.get(f"side{answer.position}")
        answer.text = None if failure else f"Live {answer.position}."
        answer.failure, answer.settled_at = failure, timezone.now()
        answer.save()
        comparison.refresh_from_db()
        operations.after_settling(comparison, exchange, rule, now=timezone.now())


def test_live_answers_are_awaited_and_shown_together(publish: Publish) -> None:
    person = make_person(publish(source="live"))
    browser = browser_of(person)
    browser.post(PLACE, {"number": "1"})
    assert Job.objects.filter(kind="side_answer").count() == 2
    assert set(Job.objects.values_list("key", flat=True)) == {
        str(key) for key in SideAnswer.objects.values_list("pk", flat=True)
    }
    page = browser.get(f"{PLACE}1/").content.decode()
    assert "0 of 2 answers are here" in page
    first = SideAnswer.objects.get(position=0)
    first.text, first.settled_at = "Early bird.", timezone.now()
    first.save()
    poll = browser.get(f"{PLACE}1/progress/?have=0")
    assert "1 of 2" in poll.content.decode()
    assert "Early bird" not in poll.content.decode()
    assert browser.get(f"{PLACE}1/progress/?have=1").status_code == 204
    stale = browser.post(f"{PLACE}1/", {"action": "judge", "verdict": "0"})
    assert stale.url == "/s/pairs/next/"
    assert Comparison.objects.get().verdict is None
    _answer(Comparison.objects.get())
    poll = browser.get(f"{PLACE}1/progress/?have=1")
    assert poll.headers["HX-Refresh"] == "true"
    assert "Live 0." in browser.get(f"{PLACE}1/").content.decode()


def test_a_failed_side_is_told_kindly_and_does_not_eat_into_the_count(publish: Publish) -> None:
    person = make_person(publish(source="live", count=2, n_prompts=6))
    browser = browser_of(person)
    browser.post(PLACE, {"number": "1"})
    _answer(Comparison.objects.get(number=1), side1="timeout")
    assert Comparison.objects.get(number=1).verdict == "failed"
    assert browser.get(f"{PLACE}1/progress/?have=0").headers["HX-Refresh"] == "true"
    page = browser.get(f"{PLACE}1/", follow=True).content.decode()
    assert "does not count" in page
    assert "Comparison 1 of 2" in page
    assert browser.post(PLACE, {"number": "2"}).url == f"{PLACE}2/"
    _answer(Comparison.objects.get(number=2))
    assert "Comparison 1 of 2" in browser.get(f"{PLACE}2/").content.decode()


def test_three_failures_in_a_row_end_the_stage(publish: Publish) -> None:
    person = make_person(publish(source="live", count=5, n_prompts=9))
    browser = browser_of(person)
    for number in (1, 2, 3):
        browser.post(PLACE, {"number": str(number)})
        _answer(Comparison.objects.get(number=number), side0="empty")
    assert ComparisonsOver.objects.get().because == "failures"
    assert "PAIRS-1" in browser.get("/s/pairs/next/", follow=True).content.decode()


def test_answers_that_never_come_can_be_left_behind(publish: Publish) -> None:
    person = make_person(publish(source="live"))
    browser = browser_of(person)
    browser.post(PLACE, {"number": "1"})
    early = browser.post(f"{PLACE}1/", {"action": "give_up"})
    assert early.url == "/s/pairs/next/"
    assert Comparison.objects.get().verdict is None
    comparison = Comparison.objects.get()
    comparison.exchanges.update(deadline_at=timezone.now() - timedelta(seconds=1))
    assert browser.get(f"{PLACE}1/progress/?have=0").headers["HX-Refresh"] == "true"
    assert "Not all of the answers arrived" in browser.get(f"{PLACE}1/").content.decode()
    browser.post(f"{PLACE}1/", {"action": "give_up"})
    assert Comparison.objects.get().verdict == "failed"
    assert set(SideAnswer.objects.values_list("failure", flat=True)) == {"timeout"}
    assert set(Job.objects.values_list("state", flat=True)) == {"failed"}


def test_no_page_form_header_or_draft_names_a_model_before_the_verdict(publish: Publish) -> None:
    guidance = "Read **both**."
    version = publish(
        models=MODELS, side_by_side=3, source="live", guidance=guidance, count=2, n_prompts=5
    )
    person = make_person(version)
    browser = browser_of(person)
    seen = []

    def keep(answer: object) -> None:
        headers = "\n".join(f"{k}: {v}" for k, v in answer.headers.items())  # type: ignore[attr-defined]
        seen.append(headers + answer.content.decode() + str(browser.cookies))  # type: ignore[attr-defined]

    keep(browser.get(PLACE))
    keep(browser.post(PLACE, {"number": "1"}))
    keep(browser.get(f"{PLACE}1/"))
    keep(browser.get(f"{PLACE}1/progress/?have=9"))
    _answer(Comparison.objects.get(number=1))
    keep(browser.get(f"{PLACE}1/"))
    keep(browser.post(f"{PLACE}1/", {"action": "judge"}))
    form = {"action": "judge", "moved": "1", "place-0": "1", "place-1": "2", "place-2": "3"}
    keep(browser.post(f"{PLACE}1/", form))
    _answer(Comparison.objects.get(number=2), side0="timeout")
    keep(browser.get(f"{PLACE}2/", follow=True))
    keep(browser.get("/s/pairs/my-data/"))
    keep(browser.get("/s/pairs/my-data/download/"))
    assert len(seen) == 10
    assert "Question" in "".join(seen)
    assert not re.search("zqalpha|zqbravo|zqcharlie|brief|scripted", "".join(seen))


def test_a_person_of_another_study_gets_their_own_invitation(publish: Publish) -> None:
    publish()
    from django.test import Client

    assert Client().get(PLACE).url == "/s/pairs/"
    assert not Participant.objects.exists()
