"""What people type is kept, and they can see that it is."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest
from tests.e2e.patience import open_without_time, until, until_page, until_sent

if TYPE_CHECKING:
    from tests.e2e.conftest import StandIn

pytestmark = pytest.mark.browser


@pytest.fixture
def survey(page: Any, stand_in: StandIn) -> Any:
    page.goto(f"{stand_in.base}/survey.html")
    return page


@pytest.fixture
def still(page: Any, stand_in: StandIn) -> Any:
    """The survey in a window whose time stands still."""
    open_without_time(page, f"{stand_in.base}/survey.html")
    return page


def copies(page: Any) -> int:
    """Copies of drafts that lie in the browser."""
    return int(page.evaluate("localStorage.length"))


def status(page: Any) -> Any:
    return page.locator("[data-draft-status]")


def test_typing_is_saved_and_the_time_is_shown(survey: Any, stand_in: StandIn) -> None:
    survey.fill("#q-ideal", "It should listen.")
    until_page(survey, "document.querySelector('[data-draft-status]').textContent")
    assert stand_in.drafts[-1]["q-ideal"] == ["It should listen."]
    assert stand_in.drafts[-1]["q-why"] == ["Work"]
    assert "csrfmiddlewaretoken" not in stand_in.drafts[-1]
    assert stand_in.tokens[-1]
    assert survey.locator("[data-draft-status]").text_content().startswith("Saved ")
    assert status(survey).get_attribute("role") == "status"


def test_quick_changes_are_saved_together(still: Any, stand_in: StandIn) -> None:
    still.locator("#q-ideal").press_sequentially("word by ")
    still.clock.run_for(700)
    still.locator("#q-ideal").press_sequentially("word")
    still.clock.run_for(700)
    assert stand_in.drafts == []
    still.clock.run_for(200)
    until(lambda: bool(stand_in.drafts))
    assert [draft["q-ideal"] for draft in stand_in.drafts] == [["word by word"]]


def test_what_the_server_has_does_not_stay_in_the_browser(still: Any, stand_in: StandIn) -> None:
    still.fill("#q-ideal", "Something personal")
    assert copies(still) == 1
    still.clock.run_for(1000)
    until_page(still, "localStorage.length === 0")
    assert stand_in.drafts


def test_a_failed_save_is_said_tried_again_and_then_forgotten(
    survey: Any, stand_in: StandIn
) -> None:
    stand_in.draft_status = 500
    survey.fill("#q-ideal", "Is this lost?")
    survey.get_by_text("Not saved yet, trying again").wait_for()
    stand_in.draft_status = 200
    survey.get_by_text(re.compile("^Saved ")).wait_for()
    assert stand_in.drafts[-1]["q-ideal"] == ["Is this lost?"]


def test_what_was_not_saved_comes_back_after_a_reload(survey: Any, stand_in: StandIn) -> None:
    stand_in.draft_status = 500
    survey.fill("#q-ideal", "Half a thought")
    survey.check("#q-use-3")
    survey.focus("#q-values-facts")
    survey.keyboard.press("End")
    survey.uncheck("#q-values-safe-na")
    survey.get_by_text("Not saved yet").wait_for()
    survey.on("dialog", lambda dialog: dialog.accept())
    survey.goto(f"{stand_in.base}/survey.html")
    stand_in.draft_status = 200
    assert survey.input_value("#q-ideal") == "Half a thought"
    assert survey.is_checked("#q-use-3")
    assert survey.input_value("#q-values-facts") == "100"
    assert not survey.is_checked("#q-values-safe-na")
    assert survey.locator("#q-else").is_visible()
    until(lambda: bool(stand_in.drafts))
    assert stand_in.drafts[-1]["q-values-facts"] == ["100"]


def test_leaving_asks_only_while_something_is_not_saved(survey: Any, stand_in: StandIn) -> None:
    asked: list[str] = []
    survey.on("dialog", lambda dialog: (asked.append(dialog.type), dialog.accept()))
    survey.locator("#q-ideal").press_sequentially("a")
    until_page(survey, "localStorage.length === 0")
    survey.goto(f"{stand_in.base}/survey.html")
    assert asked == []
    stand_in.draft_status = 500
    survey.locator("#q-ideal").press_sequentially("b")
    survey.goto(f"{stand_in.base}/choose.html")
    assert asked == ["beforeunload"]


def test_sending_the_form_asks_nothing_and_sends_once(survey: Any, stand_in: StandIn) -> None:
    asked: list[str] = []
    survey.on("dialog", lambda dialog: (asked.append(dialog.type), dialog.accept()))
    survey.fill("#q-ideal", "Straight on")
    survey.evaluate("""() => {
        const button = document.querySelector("button.primary");
        button.click();
        button.click();
    }""")
    until(lambda: bool(stand_in.forms))
    until_sent(survey)
    assert asked == []
    assert [form["q-ideal"] for form in stand_in.forms] == [["Straight on"]]


def test_hiding_the_window_saves_at_once(still: Any, stand_in: StandIn) -> None:
    still.fill("#q-ideal", "The bus is here")
    still.evaluate("""() => {
        Object.defineProperty(document, "visibilityState", { value: "hidden" });
        document.dispatchEvent(new Event("visibilitychange"));
    }""")
    until(lambda: bool(stand_in.drafts))
    assert stand_in.drafts[-1]["q-ideal"] == ["The bus is here"]


def test_questions_appear_with_the_answer_that_they_hang_on(survey: Any) -> None:
    assert survey.locator("#q-else").is_hidden()
    assert survey.locator("#q-why-0").is_visible()
    survey.check("#q-use-3")
    assert survey.locator("#q-else").is_visible()
    assert survey.locator("#q-why-0").is_hidden()
    survey.check("#q-use-0")
    assert survey.locator("#q-else").is_hidden()


def test_too_long_a_text_is_said_and_kept_whole(survey: Any) -> None:
    survey.fill("#q-ideal", "x" * 580)
    assert survey.get_by_text("20 characters left").is_visible()
    survey.fill("#q-ideal", "x" * 612)
    assert survey.get_by_text("12 characters too many").is_visible()
    assert len(survey.input_value("#q-ideal")) == 612


def test_errors_take_the_focus_and_lead_to_their_field(page: Any, stand_in: StandIn) -> None:
    page.goto(f"{stand_in.base}/survey-errors.html")
    until_page(page, "document.activeElement.matches('[data-error-summary]')")
    page.locator("[data-error-summary] a").nth(1).click()
    assert page.evaluate("document.activeElement.id") == "q-country"


def test_finishing_asks_before_a_reply_is_dropped(page: Any, stand_in: StandIn) -> None:
    page.goto(f"{stand_in.base}/reply.html")
    page.fill("#prompt", "One more thing")
    page.once("dialog", lambda dialog: dialog.dismiss())
    page.get_by_role("button", name="Finish this conversation").click()
    assert stand_in.forms == []
    page.once("dialog", lambda dialog: dialog.accept())
    page.get_by_role("button", name="Finish this conversation").click()
    until_sent(page)
    assert stand_in.forms[-1]["action"] == ["finish"]
