"""Exclusive options, texts beside options, and rankings in a real browser."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.e2e.conftest import StandIn

pytestmark = pytest.mark.browser

FIELDS = "[...new FormData(document.querySelector('form[data-draft]'))]"


@pytest.fixture
def kinds(page: Any, stand_in: StandIn) -> Any:
    page.goto(f"{stand_in.base}/survey-kinds.html")
    return page


def ranked(page: Any) -> list[str]:
    """The places that the form would send."""
    return [value for name, value in page.evaluate(FIELDS) if name.startswith("q-wishes-")]


def test_none_of_these_unticks_the_others_and_is_unticked_by_them(kinds: Any) -> None:
    kinds.check("#q-tasks-0")
    kinds.check("#q-tasks-2")
    ticked = [value for name, value in kinds.evaluate(FIELDS) if name == "q-tasks"]
    assert ticked == ["none"]
    kinds.check("#q-tasks-1")
    assert not kinds.is_checked("#q-tasks-2")


def test_the_field_of_something_else_is_there_while_it_is_chosen(kinds: Any) -> None:
    field = "[name=q-tasks-3-text]"
    assert kinds.is_visible(field)
    kinds.uncheck("#q-tasks-3")
    assert not kinds.is_visible(field)
    kinds.check("#q-tasks-3")
    assert kinds.input_value(field) == "Naming my goats"


def test_a_line_without_a_place_gets_one_by_its_button_and_moves_up(kinds: Any) -> None:
    quick = kinds.locator("[data-rank-line]", has_text="That it is quick")
    up = quick.locator("[data-rank='-1']")
    up.focus()
    kinds.keyboard.press("Enter")
    assert quick.locator("select").input_value() == "3"
    kinds.keyboard.press("Enter")
    assert quick.locator("select").input_value() == "2"
    assert sorted(ranked(kinds)) == ["1", "2", "3"]
    assert kinds.locator("[data-rank-status]").text_content() == "That it is quick, place 2 of 3"


def test_the_first_line_stays_first(kinds: Any) -> None:
    first = kinds.locator("[data-rank-line]").first
    first.locator("[data-rank='-1']").click()
    assert kinds.locator("[data-rank-line] select").first.input_value() == "1"


def test_without_javascript_places_are_chosen_from_lists(chromium: Any, stand_in: StandIn) -> None:
    context = chromium.new_context(java_script_enabled=False)
    window = context.new_page()
    window.goto(f"{stand_in.base}/survey-kinds.html")
    assert window.locator("[data-rank-line] select").count() == 3
    assert not window.locator(".rank-buttons").first.is_visible()
    assert window.is_visible("[name=q-tasks-3-text]")
    context.close()
