"""A participant with a keyboard and nothing else, in a real Chromium, from consent to the code."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.collect.pages_preview import chromium as find_chromium
from tests.serving import ASSETS, Server

pytestmark = [pytest.mark.browser, pytest.mark.slow]
SMALL = ASSETS / "studies" / "small"
MOST_TABS = 120


@pytest.fixture
def slow_study(tmp_path: Path) -> Path:
    """The small study with models that take their time, so that there is waiting to be seen."""
    folder = tmp_path / "study"
    folder.mkdir()
    for source in SMALL.iterdir():
        (folder / source.name).write_text(source.read_text())
    models = (folder / "models.yaml").read_text()
    (folder / "models.yaml").write_text(models.replace("}", ", extra: {delay_s: [0.3, 2.0]}}"))
    return folder / "study.yaml"


@pytest.fixture
def page() -> Iterator[Any]:
    path = find_chromium()
    if path is None:
        pytest.skip("no Chromium: install one or name it in CHROMIUM")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=path, args=["--no-sandbox"])
        # Without motion: axe would measure the contrast of a colour half-way through its change.
        window = browser.new_page(viewport={"width": 390, "height": 844}, reduced_motion="reduce")
        foreign: list[str] = []
        window.on("request", lambda r: foreign.append(r.url) if "127.0.0.1" not in r.url else None)
        problems: list[str] = []
        window.on("pageerror", lambda error: problems.append(str(error)))
        window.on("console", lambda m: problems.append(m.text) if _is_problem(m) else None)
        yield window
        browser.close()
    assert foreign == []
    assert problems == []


def _is_problem(message: Any) -> bool:
    """Chromium also logs that a form came back with status 422: that is meant here."""
    return message.type in {"error", "warning"} and "status of 422" not in message.text


class Keyboard:
    """Tab, Space, Enter, arrows and letters: all that this participant has."""

    def __init__(self, page: Any) -> None:
        self.page = page
        self.seen: list[str] = []

    def to(self, selector: str) -> None:
        """Press Tab until the element that `selector` names has the focus."""
        focused = f"document.activeElement && document.activeElement.matches({selector!r})"
        for _ in range(MOST_TABS):
            if self.page.evaluate(focused):
                return
            self.page.keyboard.press("Tab")
        pytest.fail(f"no way by Tab to {selector} on {self.page.url}")

    def press(self, selector: str, *keys: str) -> None:
        self.to(selector)
        for key in keys:
            self.page.keyboard.press(key)

    def write(self, selector: str, text: str) -> None:
        self.to(selector)
        self.page.keyboard.type(text)

    def send(self, selector: str = "main form button.primary") -> None:
        """Press Enter on a button, and wait for the page after it."""
        self.to(selector)
        with self.page.expect_navigation():
            self.page.keyboard.press("Enter")

    def check(self, title: str) -> None:
        """The page is the one expected, says so, and axe has nothing against it."""
        from axe_playwright_python.sync_playwright import Axe

        assert re.search(title, self.page.title()), self.page.title()
        self.seen.append(self.page.title())
        found = Axe().run(self.page).response["violations"]
        assert [(v["id"], v["nodes"][0]["html"]) for v in found] == [], self.page.url


def _sliders(page: Any) -> list[str]:
    names: list[str] = page.eval_on_selector_all(
        "input[type=range]", "sliders => sliders.map(s => s.id)"
    )
    return names


def _rate_all(keys: Keyboard, n: int) -> None:
    page = keys.page
    page.wait_for_selector("[data-rate-submit]")
    page.locator("[data-vas]:not([data-ready])").first.wait_for(state="detached")
    ids = _sliders(page)
    assert len(ids) == n
    for number, slider in enumerate(ids):
        keys.press(f"#{slider}", "ArrowRight", *["PageUp"] * number)


def _talk(keys: Keyboard, page: Any, place: str, number: int) -> None:
    keys.check("conversation")
    keys.press("input[type=radio]:not(:disabled)", "Space")
    keys.send()
    keys.check("")
    keys.write("textarea", "How do bees find their way home?")
    keys.send()
    keys.check("Rate")
    if number == 1:
        _reload_while_waiting(keys, page)
    _rate_all(keys, 4)
    if number == 1:
        _reload_after_rating(keys, page)
    keys.check("Rate")
    keys.send("[data-rate-submit]")
    keys.check("")
    keys.write("textarea", "And how do they tell each other?")
    if number == 1:
        _reload_while_writing(page)
    keys.send("main form button.primary")
    _rate_all(keys, 2)
    keys.send("[data-rate-submit]")
    keys.check("")
    keys.send("button[form=finish-form]")
    keys.check("")
    ids = _sliders(page)
    keys.press(f"#{ids[0]}", "ArrowLeft")
    keys.press(f"#{ids[1]}-na", "Space")
    keys.send()
    keys.check("")
    keys.write("textarea", "It was fine, only long.")
    keys.send()


def _reload_while_waiting(keys: Keyboard, page: Any) -> None:
    page.reload()
    assert "How do bees find their way home?" in page.inner_text("main")


def _saved(page: Any) -> None:
    from playwright.sync_api import expect

    expect(page.locator("[data-draft-status]").first).to_contain_text(
        re.compile(r"\d"), timeout=120_000
    )


def _reload_after_rating(keys: Keyboard, page: Any) -> None:
    """Four sliders were moved and not sent: after a reload they stand where they stood."""
    before = page.eval_on_selector_all("input[type=range]", "s => s.map(x => x.value)")
    _saved(page)
    page.reload()
    after = page.eval_on_selector_all("input[type=range]", "s => s.map(x => x.value)")
    assert after == before
    assert page.eval_on_selector_all(".vas.untouched", "s => s.length") == 0


def _reload_while_writing(page: Any) -> None:
    _saved(page)
    page.reload()
    assert page.input_value("textarea") == "And how do they tell each other?"


def test_by_keyboard_alone_from_consent_to_the_completion_code(
    page: Any, make_server: Callable[[Path], Server], slow_study: Path
) -> None:
    server = make_server(slow_study)
    keys = Keyboard(page)
    page.goto(f"{server.url}/")
    keys.check("manyvoices")
    page.goto(f"{server.url}/s/small/")
    keys.check("Before you start")
    keys.press("#agree", "Space")
    keys.press("#age", "Space")
    keys.send()
    keys.check("page 1 of 2")
    keys.press("input[name=q-familiarity]", "Space", "ArrowDown")
    keys.press("input[name=q-usecases]", "Space")
    keys.write("[name=q-self_description]", "I keep bees.")
    keys.send()
    keys.check("page 2 of 2")
    keys.send()
    keys.check("page 2 of 2")  # nothing was filled in: the errors are as accessible as the form
    keys.press("#q-stated_prefs-safety", "ArrowRight", "End")
    keys.press("#q-stated_prefs-creativity-na", "Space")
    keys.to("select")
    page.keyboard.type("Fem")
    keys.send()
    for number in (1, 2):
        _talk(keys, page, server.url, number)
    keys.check("Finished")
    assert page.inner_text("#completion-code") == "SMALL-1"
    assert len(keys.seen) > 15
