"""The last place of a quota in Chromium, by keyboard: one waits, one erases, the first goes on."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.collect.pages_preview import chromium as find_chromium
from tests.serving import ASSETS, Server, Visitor

pytestmark = [pytest.mark.browser, pytest.mark.slow]
SMALL = ASSETS / "studies" / "small"
PAGE_1 = {"q-familiarity": "Somewhat", "q-usecases": ["fun"], "q-self_description": "I like tea."}
PAGE_2 = {"q-stated_prefs-safety": "80", "q-stated_prefs-creativity-na": "1", "q-gender": "Female"}


@pytest.fixture
def one_place(tmp_path: Path) -> Path:
    """The small study, for one woman."""
    folder = tmp_path / "study"
    folder.mkdir()
    for source in SMALL.iterdir():
        (folder / source.name).write_text(source.read_text())
    text = (folder / "study.yaml").read_text()
    old = "completion_code: SMALL-1}"
    assert old in text
    quotas = "completion_code: SMALL-1, quotas: {gender: {Female: 1}}}"
    (folder / "study.yaml").write_text(text.replace(old, quotas))
    return folder / "study.yaml"


@pytest.fixture
def page() -> Iterator[Any]:
    path = find_chromium()
    if path is None:
        pytest.skip("no Chromium: install one or name it in CHROMIUM")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=path, args=["--no-sandbox"])
        context = browser.new_context(
            viewport={"width": 390, "height": 844}, reduced_motion="reduce", locale="en-GB"
        )
        window = context.new_page()
        problems: list[str] = []
        window.on("request", lambda r: problems.append(r.url) if "127.0.0.1" not in r.url else None)
        window.on("pageerror", lambda error: problems.append(str(error)))
        yield window
        browser.close()
    assert problems == []


def _axe(page: Any) -> None:
    from axe_playwright_python.sync_playwright import Axe

    found = Axe().run(page).response["violations"]
    assert [(v["id"], v["nodes"][0]["html"]) for v in found] == [], page.url


def _to(page: Any, selector: str) -> None:
    focused = f"document.activeElement && document.activeElement.matches({selector!r})"
    for _ in range(60):
        if page.evaluate(focused):
            return
        page.keyboard.press("Tab")
    pytest.fail(f"no way by Tab to {selector} on {page.url}")


def _enter(page: Any, selector: str) -> None:
    _to(page, selector)
    with page.expect_navigation():
        page.keyboard.press("Enter")


def _answer_survey(person: Visitor) -> None:
    person.get("/s/small/")
    person.post("/s/small/", {"agree": "1", "age": "1", "entry": person.hidden("entry")})
    person.post("/s/small/survey/1/0/", PAGE_1)
    person.post("/s/small/survey/1/1/", PAGE_2)


def _hand_over(person: Visitor, page: Any, server: Server) -> None:
    """Let the browser go on as the visitor."""
    cookies = [
        {"name": c.name, "value": (c.value or "").strip('"'), "url": server.url}
        for c in person.cookies
        if c.name.startswith("mv-")
    ]
    page.context.add_cookies(cookies)
    page.goto(f"{server.url}/s/small/")


def test_whoever_waits_gets_the_place_of_whoever_erases(
    one_place: Path, make_server: Callable[[Path], Server], page: Any
) -> None:
    server = make_server(one_place)
    inside, waiting = Visitor(server.url), Visitor(server.url)
    _answer_survey(inside)
    assert inside.path == "/s/small/talk/2/"
    _answer_survey(waiting)
    assert waiting.path == "/s/small/waiting/"

    _hand_over(waiting, page, server)
    assert page.url.endswith("/waiting/")
    _axe(page)
    _enter(page, "main a.button.primary")
    assert page.url.endswith("/waiting/")

    other = page.context.browser.new_context(locale="en-GB", reduced_motion="reduce").new_page()
    _hand_over(inside, other, server)
    _enter(other, "footer a[href$='my-data/']")
    _axe(other)
    assert "5 survey answers" in other.inner_text("main")
    _enter(other, "main form button[type=submit]")
    assert other.evaluate("document.activeElement.matches('[data-error-summary]')")
    _axe(other)
    _to(other, "#sure")
    other.keyboard.press("Space")
    _enter(other, "main form button[type=submit]")
    assert "Everything is erased" in other.title()
    _axe(other)
    other.goto(f"{server.url}/s/small/next/")
    assert other.url.endswith("/s/small/")

    # Nobody touches the waiting page: it finds the place by itself.
    page.wait_for_url("**/talk/2/")
