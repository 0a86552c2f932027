"""The slider has no value until somebody gives it one, whichever way they do it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from tests.e2e.patience import open_without_time, until, until_page

if TYPE_CHECKING:
    from tests.e2e.conftest import StandIn

pytestmark = pytest.mark.browser

FACTS = "#q-values-facts"


def fields(page: Any) -> dict[str, str]:
    """What the page's form would send."""
    return dict(
        page.evaluate(
            "Object.fromEntries(new FormData(document.querySelector('form[data-draft]')))"
        )
    )


def state(page: Any, selector: str) -> dict[str, Any]:
    return dict(
        page.eval_on_selector(
            selector,
            """range => {
                const vas = range.closest("[data-vas]");
                const style = (part) => getComputedStyle(vas.querySelector(part));
                const visible = (part) => style(part).visibility === "visible";
                return {
                    value: Number(range.value),
                    name: range.getAttribute("name"),
                    words: range.getAttribute("aria-valuetext"),
                    disabled: range.disabled,
                    untouched: vas.classList.contains("untouched"),
                    note: visible(".vas-note"),
                    clear: visible(".vas-clear"),
                    height: vas.getBoundingClientRect().height,
                };
            }""",
        )
    )


@pytest.fixture
def survey(page: Any, stand_in: StandIn) -> Any:
    page.goto(f"{stand_in.base}/survey.html")
    page.wait_for_selector(f"{FACTS} >> xpath=ancestor::*[@data-ready]")
    return page


def track(page: Any, selector: str) -> Any:
    return page.locator(f"[data-vas-track]:has({selector})")


def click_at(page: Any, selector: str, share: float) -> None:
    """Press the mouse at `share` of the line, from its low end to its high end."""
    track(page, selector).scroll_into_view_if_needed()
    box = track(page, selector).bounding_box()
    x = box["x"] + 13 + share * (box["width"] - 26)
    page.mouse.click(x, box["y"] + box["height"] / 2)


def test_an_untouched_slider_sends_nothing(survey: Any) -> None:
    assert "q-values-facts" not in fields(survey)
    before = state(survey, FACTS)
    assert before["untouched"]
    assert before["name"] is None
    assert before["words"] == "not rated yet"
    assert before["note"]
    assert not before["clear"]


def test_tabbing_over_a_slider_does_not_rate_it(survey: Any) -> None:
    survey.focus(FACTS)
    survey.keyboard.press("Tab")
    survey.keyboard.press("Shift+Tab")
    assert state(survey, FACTS)["untouched"]


@pytest.mark.parametrize(
    "key", ["ArrowRight", "ArrowLeft", "ArrowUp", "ArrowDown", "PageUp", "PageDown", "Enter", " "]
)
def test_the_first_key_puts_the_mark_in_the_middle(survey: Any, key: str) -> None:
    survey.focus(FACTS)
    survey.keyboard.press(key)
    after = state(survey, FACTS)
    assert fields(survey)["q-values-facts"] == "51"
    assert after["words"] == "in the middle between Not at all important and Very important"
    assert not after["note"]
    assert after["clear"]


@pytest.mark.parametrize(
    ("key", "value", "words"),
    [
        ("Home", "1", "all the way at Not at all important"),
        ("End", "100", "all the way at Very important"),
    ],
)
def test_home_and_end_go_to_the_ends_at_once(survey: Any, key: str, value: str, words: str) -> None:
    survey.focus(FACTS)
    survey.keyboard.press(key)
    assert fields(survey)["q-values-facts"] == value
    assert state(survey, FACTS)["words"] == words


def test_arrows_take_small_steps_and_page_keys_large_ones(survey: Any) -> None:
    survey.focus(FACTS)
    for key in ("ArrowRight", "ArrowRight", "ArrowRight"):
        survey.keyboard.press(key)
    small = state(survey, FACTS)["value"]
    survey.keyboard.press("PageUp")
    assert small == 53
    assert state(survey, FACTS)["value"] >= small + 5


def test_a_click_exactly_on_the_middle_counts(survey: Any) -> None:
    click_at(survey, FACTS, 0.5)
    assert not state(survey, FACTS)["untouched"]
    assert fields(survey)["q-values-facts"] in {"50", "51"}


def test_a_click_puts_the_mark_under_the_pointer(survey: Any) -> None:
    click_at(survey, FACTS, 0.25)
    after = state(survey, FACTS)
    assert abs(after["value"] - 26) <= 1
    assert after["words"] == (
        "between Not at all important and Very important, nearer Not at all important"
    )


def test_taking_hold_of_the_mark_does_not_move_it(survey: Any) -> None:
    click_at(survey, FACTS, 0.25)
    value = state(survey, FACTS)["value"]
    click_at(survey, FACTS, 0.27)
    assert state(survey, FACTS)["value"] == value


def test_dragging_past_the_end_stops_at_the_end(survey: Any) -> None:
    track(survey, FACTS).scroll_into_view_if_needed()
    box = track(survey, FACTS).bounding_box()
    survey.mouse.move(box["x"] + 100, box["y"] + 20)
    survey.mouse.down()
    survey.mouse.move(box["x"] + 200, box["y"] + 20)
    survey.mouse.move(box["x"] + box["width"] + 300, box["y"] + 90)
    survey.mouse.up()
    assert fields(survey)["q-values-facts"] == "100"


def test_clear_takes_the_rating_back(survey: Any) -> None:
    height = state(survey, FACTS)["height"]
    click_at(survey, FACTS, 0.8)
    survey.locator(f"[data-vas]:has({FACTS}) [data-vas-clear]").click()
    after = state(survey, FACTS)
    assert "q-values-facts" not in fields(survey)
    assert after["untouched"]
    assert after["words"] == "not rated yet"
    assert after["height"] == height
    assert survey.evaluate("document.activeElement.id") == "q-values-facts"


def test_does_not_apply_puts_the_slider_away_and_gives_it_back(survey: Any) -> None:
    click_at(survey, FACTS, 0.8)
    value = fields(survey)["q-values-facts"]
    survey.check(f"{FACTS}-na")
    away = state(survey, FACTS)
    sent = fields(survey)
    assert "q-values-facts" not in sent
    assert sent["q-values-facts-na"] == "1"
    assert away["disabled"]
    assert away["words"] == "does not apply"
    click_at(survey, FACTS, 0.1)
    survey.uncheck(f"{FACTS}-na")
    assert fields(survey)["q-values-facts"] == value
    assert "q-values-facts-na" not in fields(survey)


def test_an_untouched_slider_is_still_untouched_after_does_not_apply(survey: Any) -> None:
    survey.check(f"{FACTS}-na")
    survey.uncheck(f"{FACTS}-na")
    assert state(survey, FACTS)["untouched"]
    assert "q-values-facts" not in fields(survey)


def test_a_value_from_the_server_is_there_and_is_sent(survey: Any) -> None:
    assert fields(survey)["q-values-warm"] == "72"
    assert not state(survey, "#q-values-warm")["untouched"]


def test_right_to_left_mirrors_the_scale(page: Any, stand_in: StandIn) -> None:
    page.goto(f"{stand_in.base}/turn-arabic.html")
    click_at(page, "#score-0", 0.25)
    assert abs(state(page, "#score-0")["value"] - 75) <= 2
    page.focus("#score-0")
    before = state(page, "#score-0")["value"]
    page.keyboard.press("ArrowLeft")
    assert state(page, "#score-0")["value"] == before + 1


def swipe(page: Any, start: tuple[float, float], end: tuple[float, float]) -> None:
    """A finger from `start` to `end`, in ten steps."""
    touch = page.context.new_cdp_session(page)
    points = [
        (start[0] + (end[0] - start[0]) * k / 10, start[1] + (end[1] - start[1]) * k / 10)
        for k in range(11)
    ]
    for index, (x, y) in enumerate(points):
        kind = "touchMove" if index else "touchStart"
        touch.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": [{"x": x, "y": y}]})
        page.wait_for_timeout(16)
    touch.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
    page.wait_for_timeout(100)


@pytest.fixture
def on_phone(phone: Any, stand_in: StandIn) -> Any:
    phone.goto(f"{stand_in.base}/survey.html")
    phone.wait_for_selector(f"{FACTS} >> xpath=ancestor::*[@data-ready]")
    track(phone, FACTS).scroll_into_view_if_needed()
    return phone


def middle_of_track(page: Any) -> tuple[float, float]:
    box = track(page, FACTS).bounding_box()
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


def test_scrolling_the_page_from_the_track_rates_nothing(on_phone: Any) -> None:
    x, y = middle_of_track(on_phone)
    before = on_phone.evaluate("scrollY")
    swipe(on_phone, (x, y), (x + 6, y - 200))
    until_page(on_phone, f"scrollY > {before}")
    assert state(on_phone, FACTS)["untouched"]
    assert "q-values-facts" not in fields(on_phone)


def test_a_finger_moving_sideways_puts_the_mark(on_phone: Any) -> None:
    x, y = middle_of_track(on_phone)
    swipe(on_phone, (x, y), (x + 90, y + 4))
    until(lambda: state(on_phone, FACTS)["value"] > 70)
    assert not state(on_phone, FACTS)["untouched"]


def test_a_tap_puts_the_mark(on_phone: Any) -> None:
    x, y = middle_of_track(on_phone)
    on_phone.touchscreen.tap(x - 80, y)
    until(lambda: state(on_phone, FACTS)["value"] < 35)
    assert fields(on_phone)["q-values-facts"] == str(state(on_phone, FACTS)["value"])


def test_without_javascript_a_list_of_words_stands_in(chromium: Any, stand_in: StandIn) -> None:
    context = chromium.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{stand_in.base}/survey.html")
    choice = page.locator("select[name=q-values-facts]")
    assert choice.input_value() == ""
    choice.select_option(label="very near Very important")
    assert page.locator("select[name=q-values-warm]").input_value() == "72"
    assert page.locator(FACTS).is_hidden()
    assert page.locator("#q-else").is_visible()
    page.locator("button[type=submit]").click()
    until(lambda: bool(stand_in.forms))
    assert stand_in.forms[-1]["q-values-facts"] == ["88"]
    assert stand_in.forms[-1]["q-values-safe-na"] == ["1"]
    context.close()


def trace(page: Any, name: str) -> dict[str, Any] | None:
    """What the form would send of how the slider was used."""
    text = fields(page).get(f"{name}-trace")
    return None if text is None else dict(json.loads(text))


def test_an_untouched_slider_tells_nothing_of_itself(survey: Any) -> None:
    assert "q-values-facts-trace" not in fields(survey)


def test_the_trace_says_where_when_how_often_and_with_what(survey: Any) -> None:
    click_at(survey, FACTS, 0.25)
    first = trace(survey, "q-values-facts")
    click_at(survey, FACTS, 0.75)
    after = trace(survey, "q-values-facts")
    assert first is not None
    assert after is not None
    assert abs(first["start"] - 26) <= 1
    assert first["first_touch_ms"] > 0
    assert first["n_changes"] == 0
    assert first["input_kind"] == "mouse"
    assert after["start"] == first["start"]
    assert after["first_touch_ms"] == first["first_touch_ms"]
    assert after["n_changes"] == 1


def test_keys_that_follow_each_other_at_once_are_one_move(page: Any, stand_in: StandIn) -> None:
    open_without_time(page, f"{stand_in.base}/survey.html")
    page.focus(FACTS)
    for n_changes, pause_ms in ((0, 900), (1, 1100)):
        for _ in range(3):
            page.keyboard.press("ArrowRight")
        page.clock.run_for(pause_ms)
        page.keyboard.press("ArrowRight")
        told = trace(page, "q-values-facts")
        assert told is not None
        assert (told["start"], told["n_changes"], told["input_kind"]) == (51, n_changes, "keyboard")


def test_unticking_does_not_apply_brings_the_mark_back(survey: Any) -> None:
    click_at(survey, FACTS, 0.25)
    value = fields(survey)["q-values-facts"]
    survey.check(f"{FACTS}-na")
    assert "q-values-facts" not in fields(survey)
    survey.uncheck(f"{FACTS}-na")
    assert fields(survey)["q-values-facts"] == value
