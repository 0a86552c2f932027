"""The console in a real browser: axe finds nothing, nothing is too wide, no style is blocked."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.contrib.auth.models import User
from django.urls import reverse
from playwright.sync_api import Browser, Page, sync_playwright
from pytest_django.live_server_helper import LiveServer

from manyvoices.collect.conversations.models import Conversation
from manyvoices.collect.people.models import Participant

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path="/usr/bin/chromium", args=["--no-sandbox"]
        )
        yield browser
        browser.close()


@pytest.fixture
def urls(
    alice: User, walk: Callable[..., Participant], talk: Callable[..., Conversation]
) -> list[str]:
    walk(pages=2, conversations=2)
    walk(pages=1, simulated=True)
    tied = {"0": 60, "1": 60}
    conversation = talk(walk(), 1, failing=frozenset({2, 3}), scores=tied)
    names = ("study", "people", "conversations", "failures", "quality", "tables", "roles", "audit")
    return [
        reverse("console:studies"),
        *(reverse(f"console:{name}", args=["small"]) for name in names),
        reverse("console:conversation", args=["small", conversation.pk]),
        reverse("console:people", args=["small"]) + "?done=survey-1-0&who=simulated",
    ]


def _log_in(page: Page, base: str) -> None:
    page.goto(base + reverse("console:studies"))
    page.get_by_label("Name").fill("alice")
    page.get_by_label("Password").fill("correct horse battery")
    page.get_by_role("button", name="Log in").click()
    page.wait_for_url(base + reverse("console:studies"))


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 1280])
def test_every_page_passes_axe_and_fits_its_window(
    browser: Browser, live_server: LiveServer, urls: list[str], scheme: str, width: int
) -> None:
    context = browser.new_context(
        viewport={"width": width, "height": 900},
        color_scheme="dark" if scheme == "dark" else "light",
    )
    page = context.new_page()
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    page.goto(live_server.url + reverse("console:login"))
    found = {"login": Axe().run(page).response["violations"]}
    _log_in(page, live_server.url)
    for url in urls:
        page.goto(live_server.url + url)
        found[url] = Axe().run(page).response["violations"]
        wider = page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
        assert wider <= 0, url
    context.close()
    assert {url: faults for url, faults in found.items() if faults} == {}
    assert said == []


def test_a_list_is_narrowed_by_keyboard_alone(
    browser: Browser, live_server: LiveServer, urls: list[str]
) -> None:
    page = browser.new_page()
    _log_in(page, live_server.url)
    page.goto(live_server.url + urls[2])
    page.get_by_label("Who").focus()
    page.keyboard.press("s")
    for _ in range(3):
        page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.wait_for_url("**who=simulated**")
    assert page.locator("table.rows tbody tr").count() == 1
    page.close()
