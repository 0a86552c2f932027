"""An arena as people go through it: write, read, write on, judge, learn the names, end."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from tests.collect.comparisons.arena_studies import (
    ARENA,
    NAMES,
    publish,
    take_part,
)
from tests.collect.comparisons.conftest import browser_of

from manyvoices.collect.accounts.limits import RATES
from manyvoices.collect.comparisons import operations, queries
from manyvoices.collect.comparisons.models import Comparison, ComparisonsOver, SideAnswer
from manyvoices.collect.jobs.models import Job
from manyvoices.collect.people.models import Draft, Participant

pytestmark = pytest.mark.django_db
PLACE = "/s/arena/compare/1/"
FIRST = f"{PLACE}1/"


def answer(
    comparison: Comparison, *, failing: frozenset[int] = frozenset(), says: str = ""
) -> None:
    """Let every side answer the last message at once, as the runner would store it."""
    exchange = comparison.exchanges.order_by("-index")[0]
    now = timezone.now()
    for side in SideAnswer.objects.filter(exchange=exchange, attempt=exchange.attempt):
        if side.position in failing:
            side.failure = "http_error"
        else:
            side.text = f"Place {side.position} on message {exchange.index}."
        side.settled_at = now
        side.save()
        Job.objects.filter(key=str(side.pk)).update(state=Job.State.DONE, finished_at=now)
    rule = queries.stage_spec(comparison.participant, comparison.stage)
    operations.after_settling(comparison, exchange, rule, now=now)


@pytest.fixture
def person(db: None, tmp_path: Path) -> Participant:
    return take_part(publish(tmp_path))


@pytest.fixture
def browser(person: Participant) -> Client:
    client = browser_of(person)
    client.post(PLACE, {"number": "1"})
    return client


@pytest.fixture
def comparison(browser: Client, person: Participant) -> Comparison:
    return person.comparisons.get(number=1)


def send(browser: Client, text: str = "Why is the sky blue?", turn: int = 0) -> str:
    fields = {"action": "message", "turn": turn, "prompt": text}
    return browser.post(FIRST, fields).content.decode()


def page(browser: Client, path: str = FIRST) -> str:
    return browser.get(path).content.decode()


def test_a_person_talks_votes_learns_the_names_and_ends(
    browser: Client, comparison: Comparison, person: Participant
) -> None:
    assert "Write a message of your own" in page(browser)
    send(browser)
    assert "0 of 2 answers are here" in page(browser)
    answer(comparison)
    shown = page(browser)
    assert "Place 0 on message 0." in shown
    assert "Place 1 on message 0." in shown
    assert "Answer A is better" in shown
    assert 'name="prompt"' in shown
    send(browser, "And at night?", turn=1)
    answer(comparison)
    assert "Place 1 on message 0." in page(browser)
    assert "Place 1 on message 1." in page(browser)
    reply = browser.post(FIRST, {"action": "judge", "verdict": "1"})
    assert reply.url == f"{FIRST}names/"
    comparison.refresh_from_db()
    names = page(browser, f"{FIRST}names/")
    assert all(model in names for model in comparison.models)
    assert comparison.order == [[1], [0]]
    assert comparison.revealed_at == comparison.judged_at
    assert comparison.evidence["prompts_alike"] == 1
    browser.post(PLACE, {"number": "2"})
    second = f"{PLACE}2/"
    browser.post(second, {"action": "message", "turn": 0, "prompt": "Hello"})
    answer(person.comparisons.get(number=2))
    browser.post(second, {"action": "judge", "verdict": "tie"})
    assert "I have compared enough" in page(browser, f"{second}names/")
    browser.post(PLACE, {"action": "end"})
    assert ComparisonsOver.objects.get().because == "ended"
    assert "ARENA-1" in browser.get("/s/arena/next/", follow=True).content.decode()


def test_beyond_the_count_people_may_go_on_as_far_as_the_study_says(
    browser: Client, person: Participant
) -> None:
    for number in (1, 2, 3):
        browser.post(PLACE, {"number": str(number)})
        place = f"{PLACE}{number}/"
        browser.post(place, {"action": "message", "turn": 0, "prompt": f"Hello {number}"})
        answer(person.comparisons.get(number=number))
        browser.post(place, {"action": "judge", "verdict": "0"})
    assert "compared enough" not in page(browser, f"{PLACE}3/names/")
    assert "ARENA-1" in browser.get("/s/arena/next/", follow=True).content.decode()


def test_nobody_can_end_before_the_count(browser: Client, comparison: Comparison) -> None:
    browser.post(PLACE, {"action": "end"})
    assert not ComparisonsOver.objects.exists()


@pytest.mark.parametrize("after_message", [False, True])
def test_no_name_leaves_the_server_before_the_verdict(
    browser: Client, comparison: Comparison, after_message: bool
) -> None:
    """Pages, polls, forms with errors, drafts, headers and cookies, at every step."""
    seen = [browser.get("/s/arena/next/"), browser.get(PLACE), browser.get(FIRST)]
    seen.append(browser.post(FIRST, {"action": "message", "turn": 0, "prompt": " "}))
    seen.append(
        browser.post(
            "/s/arena/draft/arena-1-1-0/",
            b'{"fields": {"prompt": ["Hello"]}}',
            content_type="application/json",
        )
    )
    if after_message:
        seen.append(browser.post(FIRST, {"action": "message", "turn": 0, "prompt": "Hi"}))
        seen += [browser.get(FIRST), browser.get(f"{FIRST}progress/?have=9")]
        answer(comparison, failing=frozenset({1}))
        seen += [browser.get(FIRST), browser.post(FIRST, {"action": "again"})]
        answer(comparison)
        seen += [browser.get(f"{FIRST}progress/?have=0"), browser.get(FIRST)]
        seen.append(browser.post(FIRST, {"action": "judge"}))
    seen.append(browser.get(f"{FIRST}names/"))
    seen.append(browser.get("/s/arena/my-data/"))
    for response in seen:
        told = f"{response.content.decode()}{dict(response.headers)}{response.cookies}"
        for name in NAMES:
            assert name[:7] not in told, response.request["PATH_INFO"]
    told = str({k: v.value for k, v in browser.cookies.items()})
    assert not any(name in told for name in NAMES)


def test_an_answer_is_shown_only_beside_the_others(browser: Client, comparison: Comparison) -> None:
    send(browser)
    side = SideAnswer.objects.get(position=0)
    side.text, side.settled_at = "I was quick.", timezone.now()
    side.save()
    shown = page(browser)
    assert "1 of 2 answers are here" in shown
    assert "I was quick" not in shown
    assert "I was quick" not in page(browser, f"{FIRST}progress/?have=0")


def test_a_failed_side_never_counts_and_the_message_can_be_asked_again(
    browser: Client, comparison: Comparison
) -> None:
    send(browser)
    answer(comparison, failing=frozenset({0}))
    shown = page(browser)
    assert "Not all of the answers arrived" in shown
    assert "Place 1" not in shown
    assert 'name="verdict"' not in shown
    browser.post(FIRST, {"action": "judge", "verdict": "1"})
    comparison.refresh_from_db()
    assert comparison.verdict is None
    browser.post(FIRST, {"action": "again"})
    assert comparison.exchanges.get().attempt == 2
    answer(comparison)
    browser.post(FIRST, {"action": "judge", "verdict": "1"})
    comparison.refresh_from_db()
    assert comparison.verdict == "choice"


def test_a_comparison_that_is_left_out_takes_the_words_along(
    browser: Client, comparison: Comparison, person: Participant
) -> None:
    send(browser, "A long and careful question")
    answer(comparison, failing=frozenset({0, 1}))
    browser.post(FIRST, {"action": "give_up"})
    comparison.refresh_from_db()
    assert comparison.verdict == "failed"
    browser.post(PLACE, {"number": "2"})
    shown = page(browser, f"{PLACE}2/")
    assert "A long and careful question" in shown
    assert "Comparison 1 of 2" in shown


def test_an_answer_that_never_comes_is_given_up_after_its_time(
    browser: Client, comparison: Comparison
) -> None:
    send(browser)
    browser.post(FIRST, {"action": "give_up"})
    comparison.refresh_from_db()
    assert comparison.verdict is None, "nothing can be left out that is still awaited"
    comparison.exchanges.update(deadline_at=timezone.now() - timedelta(seconds=1))
    assert "Not all of the answers arrived" in page(browser)
    assert browser.get(f"{FIRST}progress/?have=0").headers["HX-Refresh"] == "true"
    browser.post(FIRST, {"action": "again"})
    assert set(SideAnswer.objects.filter(attempt=1).values_list("failure", flat=True)) == {
        "timeout"
    }
    assert SideAnswer.objects.filter(attempt=2, settled_at=None).count() == 2


def test_a_later_message_that_fails_cannot_be_judged_by_the_earlier_ones(
    browser: Client, comparison: Comparison
) -> None:
    send(browser)
    answer(comparison)
    send(browser, "And then?", turn=1)
    answer(comparison, failing=frozenset({1}))
    assert "Place 0 on message 0." in page(browser)
    assert "Place 0 on message 1." not in page(browser)
    browser.post(FIRST, {"action": "judge", "verdict": "0"})
    comparison.refresh_from_db()
    assert comparison.verdict is None


def test_the_same_message_twice_is_stored_and_asked_once(
    browser: Client, comparison: Comparison
) -> None:
    for text in ("First", "Second"):
        send(browser, text)
    assert [e.prompt for e in comparison.exchanges.all()] == ["First"]
    assert SideAnswer.objects.count() == Job.objects.count() == 2


def test_no_message_is_taken_while_answers_are_awaited_nor_beyond_the_most(
    browser: Client, comparison: Comparison
) -> None:
    send(browser)
    send(browser, "Too early", turn=1)
    assert comparison.exchanges.count() == 1
    for turn in (1, 2):
        answer(comparison)
        send(browser, f"Message {turn}", turn=turn)
    answer(comparison)
    assert 'name="prompt"' not in page(browser)
    send(browser, "One too many", turn=3)
    assert comparison.exchanges.count() == 3


def test_where_more_turns_are_asked_for_the_verdict_waits_for_them(
    db: None, tmp_path: Path
) -> None:
    person = take_part(publish(tmp_path, ARENA.replace("[1, 3]", "[2, 3]")))
    browser = browser_of(person)
    browser.post(PLACE, {"number": "1"})
    comparison = person.comparisons.get()
    send(browser)
    answer(comparison)
    shown = page(browser)
    assert "Please write 1 more message before you judge." in shown
    assert 'name="verdict"' not in shown
    browser.post(FIRST, {"action": "judge", "verdict": "0"})
    comparison.refresh_from_db()
    assert comparison.verdict is None
    send(browser, "And now?", turn=1)
    answer(comparison)
    assert 'name="verdict"' in page(browser)


def test_word_limits_hold_and_what_was_written_stays(db: None, tmp_path: Path) -> None:
    person = take_part(publish(tmp_path, ARENA + "messages: {min_words: 3, max_words: 5}\n"))
    browser = browser_of(person)
    browser.post(PLACE, {"number": "1"})
    reply = browser.post(FIRST, {"action": "message", "turn": 0, "prompt": "Too short"})
    shown = reply.content.decode()
    assert reply.status_code == 422
    assert "Too short" in shown
    assert 'href="#prompt"' in shown
    assert "Please write at least 3 words." in shown
    assert not person.comparisons.get().exchanges.exists()


def test_a_draft_comes_back_and_goes_once_it_is_sent(
    browser: Client, comparison: Comparison, person: Participant
) -> None:
    url = re.search(r'data-draft="([^"]+)"', page(browser))
    assert url is not None
    browser.post(url[1], b'{"fields": {"prompt": ["Half a"]}}', content_type="application/json")
    assert "Half a" in page(browser)
    send(browser)
    assert not Draft.objects.exists()


def test_what_was_ticked_before_further_answers_is_no_verdict_on_them(
    browser: Client, comparison: Comparison, person: Participant
) -> None:
    send(browser)
    answer(comparison)
    Draft.objects.create(
        participant=person,
        form="compare-1-1",
        fields={"verdict": ["1"]},
        saved_at=datetime.now(UTC),
    )
    assert "checked" in page(browser)
    send(browser, "Go on", turn=1)
    answer(comparison)
    assert "checked" not in page(browser)


def test_a_verdict_form_with_a_fault_keeps_the_talk_on_the_page(
    browser: Client, comparison: Comparison
) -> None:
    send(browser)
    answer(comparison)
    reply = browser.post(FIRST, {"action": "judge"})
    shown = reply.content.decode()
    assert reply.status_code == 422
    assert "Please say which answer is better." in shown
    assert "Place 1 on message 0." in shown
    assert 'name="prompt"' in shown


def test_a_study_may_keep_the_names_to_itself(db: None, tmp_path: Path) -> None:
    person = take_part(publish(tmp_path, ARENA + "reveal: never\n"))
    browser = browser_of(person)
    browser.post(PLACE, {"number": "1"})
    send(browser)
    answer(person.comparisons.get())
    reply = browser.post(FIRST, {"action": "judge", "verdict": "0"}, follow=True)
    told = [reply, browser.get(f"{FIRST}names/", follow=True), browser.get("/s/arena/my-data/")]
    assert not any(name in one.content.decode() for one in told for name in NAMES)
    assert person.comparisons.get(number=1).revealed_at is None


def test_three_models_are_put_in_an_order(db: None, tmp_path: Path) -> None:
    person = take_part(publish(tmp_path, ARENA + "side_by_side: 3\n"))
    browser = browser_of(person)
    browser.post(PLACE, {"number": "1"})
    comparison = person.comparisons.get()
    send(browser)
    answer(comparison)
    shown = page(browser)
    assert shown.count("Place 2 on message 0.") == 1
    fields = {"action": "judge", "place-0": "2", "place-1": "1", "place-2": "2", "moved": "1"}
    browser.post(FIRST, fields)
    comparison.refresh_from_db()
    assert comparison.order == [[1], [0, 2]]


def test_a_form_of_a_comparison_that_is_over_leads_on(
    browser: Client, comparison: Comparison
) -> None:
    send(browser)
    answer(comparison)
    browser.post(FIRST, {"action": "judge", "verdict": "0"})
    for fields in (
        {"action": "message", "turn": 1, "prompt": "More"},
        {"action": "again"},
        {"action": "judge", "verdict": "1"},
    ):
        assert browser.post(FIRST, fields).status_code == 302
    comparison.refresh_from_db()
    assert comparison.order == [[0], [1]]
    assert comparison.exchanges.count() == 1


@pytest.mark.parametrize("turn", ["", "x", "-1", "²", "99"])
def test_a_message_that_names_no_turn_is_not_taken(
    browser: Client, comparison: Comparison, turn: str
) -> None:
    reply = browser.post(FIRST, {"action": "message", "turn": turn, "prompt": "Hello"})
    assert reply.status_code == 302
    assert not comparison.exchanges.exists()


def test_a_program_that_writes_without_end_is_slowed_down(
    browser: Client, comparison: Comparison
) -> None:
    fields = {"action": "message", "turn": 0, "prompt": "Hello"}
    for _ in range(RATES["arena_message"].burst):
        assert browser.post(FIRST, fields).status_code == 302
    slowed = browser.post(FIRST, fields)
    assert slowed.status_code == 429
    assert int(slowed.headers["Retry-After"]) > 0


def test_one_person_cannot_see_or_write_into_another_persons_talk(
    browser: Client, comparison: Comparison, person: Participant
) -> None:
    send(browser, "My secret")
    other = browser_of(take_part(person.version))
    assert other.get(FIRST).status_code == 302
    assert other.post(FIRST, {"action": "message", "turn": 1, "prompt": "x"}).status_code == 302
    assert comparison.exchanges.count() == 1


def test_a_poll_without_news_costs_two_queries_and_a_page_the_same_in_every_turn(
    browser: Client, comparison: Comparison
) -> None:
    polls, news, waiting, reading = [], [], [], []
    for turn in range(3):
        send(browser, f"Message {turn}", turn=turn)
        with CaptureQueriesContext(connection) as captured:
            assert browser.get(f"{FIRST}progress/?have=0").status_code == 204
        polls.append(len(captured))
        with CaptureQueriesContext(connection) as captured:
            assert browser.get(f"{FIRST}progress/?have=9").status_code == 200
        news.append(len(captured))
        waiting.append(_queries(browser))
        answer(comparison)
        reading.append(_queries(browser))
    assert set(polls) == {2}, "as many as a poll of a conversation"
    assert max(news) <= 5, "as many as a conversation's with news, test_queries_per_page"
    assert len(set(waiting)) == 1
    assert len(set(reading[:2])) == 1, "the last page has no box to write in"
    assert max(waiting + reading) <= 9


def _queries(browser: Client) -> int:
    with CaptureQueriesContext(connection) as captured:
        assert browser.get(FIRST).status_code == 200
    return len(captured)
