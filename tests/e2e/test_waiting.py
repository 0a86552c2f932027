"""Waiting for answers is honest, and rating can begin before all are here."""

from __future__ import annotations

import gzip
from typing import TYPE_CHECKING, Any

import pytest
from django.template.loader import render_to_string
from tests.collect.page_samples import WAITING, polls
from tests.e2e.patience import until, until_page, until_sent

if TYPE_CHECKING:
    from tests.e2e.conftest import StandIn

pytestmark = pytest.mark.browser


def answers() -> list[str]:
    """The two polls: one more answer is here; all have settled, one of them without an answer."""
    return [
        render_to_string("conversations/_progress.html", {"page": page}).replace(
            "/s/garden/talk/1/2", ""
        )
        for page in polls()
    ]


@pytest.fixture
def waiting(page: Any, stand_in: StandIn) -> Any:
    """The waiting page, whose server has nothing new yet."""
    stand_in.polls = [render_to_string("parts/waiting.html", {"page": WAITING})]
    page.goto(f"{stand_in.base}/waiting.html")
    return page


def put_mark(page: Any, key: str) -> None:
    page.wait_for_selector(f"#score-{key} >> xpath=ancestor::*[@data-ready]")
    page.focus(f"#score-{key}")
    page.keyboard.press("End")


def test_answers_arrive_and_marks_and_focus_stay(waiting: Any, stand_in: StandIn) -> None:
    put_mark(waiting, "0")
    stand_in.polls = answers()[:1]
    waiting.locator("#score-1").wait_for()
    assert waiting.evaluate("document.activeElement.id") == "score-0"
    assert waiting.input_value("#score-0") == "100"
    waiting.locator("[data-waiting-status]", has_text="3 of 4 answers are here.").wait_for()
    assert waiting.locator("[data-waiting-status]").get_attribute("role") == "status"
    put_mark(waiting, "1")
    assert waiting.eval_on_selector("#score-1", "range => range.name") == "score-1"


def test_a_poll_without_news_leaves_the_page_alone(waiting: Any, stand_in: StandIn) -> None:
    waiting.evaluate("window.before = document.getElementById('waiting')")
    polled = stand_in.n_polls
    until(lambda: stand_in.n_polls >= polled + 2)
    assert waiting.evaluate("window.before === document.getElementById('waiting')")


def test_when_all_are_settled_the_button_says_what_is_missing(
    waiting: Any, stand_in: StandIn
) -> None:
    assert waiting.locator("[data-rate-submit]").count() == 0
    put_mark(waiting, "0")
    stand_in.polls = answers()
    button = waiting.locator("[data-rate-submit]")
    waiting.locator("[data-rate-submit]", has_text="Rate 2 more answers").wait_for()
    polled = stand_in.n_polls
    button.click()
    until_page(waiting, "document.activeElement.id === 'score-1'")
    assert stand_in.forms == []
    put_mark(waiting, "1")
    assert button.text_content() == "Rate 1 more answer"
    put_mark(waiting, "3")
    assert button.text_content() == "Send my ratings"
    button.click()
    until_sent(waiting)
    sent = stand_in.forms[-1]
    scores = [name for name in sent if name.startswith("score") and not name.endswith("-trace")]
    assert {name: sent[name] for name in scores} == {
        "score-0": ["100"],
        "score-1": ["100"],
        "score-3": ["100"],
    }
    assert sent["action"] == ["rate"]
    assert stand_in.n_polls == polled, "nothing is waited for any more"


def test_a_lost_connection_is_said_and_taken_back(waiting: Any, stand_in: StandIn) -> None:
    waiting.context.set_offline(True)
    waiting.locator("[data-offline-note]").wait_for()
    waiting.context.set_offline(False)
    waiting.locator("[data-offline-note]").wait_for(state="detached")


def test_a_turn_that_is_over_elsewhere_shows_the_whole_new_page(
    waiting: Any, stand_in: StandIn
) -> None:
    with waiting.expect_navigation():
        stand_in.polls = ["<!doctype html><title>Another page</title><main>Reply here</main>"]
    assert waiting.get_by_text("Reply here").count() == 0


def test_nobody_answered_offers_to_ask_again(page: Any, stand_in: StandIn) -> None:
    page.goto(f"{stand_in.base}/turn-failed.html")
    page.get_by_role("button", name="Ask again").click()
    until_sent(page)
    assert stand_in.forms[-1]["action"] == ["retry"]


def test_a_waiting_page_weighs_less_than_fifty_kilobytes(page: Any, stand_in: StandIn) -> None:
    """The heaviest page, as it travels: the server compresses pages and static files alike."""
    stand_in.polls = answers()[:1]
    bodies: dict[str, bytes] = {}
    came: list[Any] = []
    page.on("response", lambda response: came.append(response))
    page.goto(f"{stand_in.base}/waiting.html", wait_until="networkidle")
    for answer in came:
        bodies[answer.url.split("/")[-1]] = answer.body()
    assert {"waiting.html", "htmx-2.min.js", "base.css", "slider.js", "draft.js"} <= set(bodies)
    assert sum(len(gzip.compress(body)) for body in bodies.values()) < 50_000
