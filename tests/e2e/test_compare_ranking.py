"""Several answers put in order in a real Chromium: by keys and buttons, with what a comparison
leaves out of the ranking of tree tasks."""

from __future__ import annotations

from typing import Any

import pytest
from tests.e2e.conftest import StandIn

pytestmark = pytest.mark.browser


def _open(page: Any, stand_in: StandIn, name: str = "compare-rank") -> None:
    page.goto(f"{stand_in.base}/{name}.html")
    page.locator("[data-rank-summary]").wait_for()


def _send(page: Any, stand_in: StandIn) -> dict[str, list[str]]:
    with page.expect_navigation():
        page.get_by_role("button", name="Save and go on").click()
    return stand_in.forms[-1]


def _places(form: dict[str, list[str]]) -> list[str]:
    return [form[f"place-{side}"][-1] for side in range(3)]


def test_keys_put_answers_in_order_and_none_can_be_left_out(page: Any, stand_in: StandIn) -> None:
    _open(page, stand_in)
    first = page.locator('[data-reply="0"] button[data-rank-move="1"]')
    first.focus()
    page.keyboard.press("3")
    page.keyboard.press("0")
    page.keyboard.press("=")
    form = _send(page, stand_in)
    assert _places(form) == ["2", "1", "2"]
    assert form["moved"] == ["1"]


def test_buttons_do_the_same_and_say_so(page: Any, stand_in: StandIn) -> None:
    _open(page, stand_in)
    page.get_by_role("button", name="Answer C: one place better").click()
    assert "Answer C is now second" in page.locator("[data-rank-status]").text_content()
    assert "A, C, B" in page.locator("[data-rank-summary]").text_content()
    assert _places(_send(page, stand_in)) == ["1", "3", "2"]


def test_an_order_that_nobody_made_is_asked_back_but_not_where_nobody_judges(
    page: Any, stand_in: StandIn
) -> None:
    _open(page, stand_in)
    page.get_by_role("button", name="Save and go on").click()
    page.get_by_text("is this the order you mean").wait_for()
    assert stand_in.forms == []
    _open(page, stand_in)
    page.get_by_label("I cannot judge this").check()
    assert _send(page, stand_in)["cannot-judge"] == ["1"]
