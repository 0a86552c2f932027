"""Signing in, in a real browser, with OpenID services that other people wrote.

Needs ``MANYVOICES_TEST_OIDC``, the folder of a virtual environment that holds them
(`real_services`), and a Chromium. Our server runs as people start it, in a process of its own.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright
from tests.collect import pages_preview
from tests.collect.accounts.real_services import PATIENCE_S, SERVICES, RealService

from manyvoices.collect.server.run import ServerProcess, kept_port

PAGE_MS = 100_000
PROGRAMS = Path(os.environ.get("MANYVOICES_TEST_OIDC", "")) / "bin"
pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(
        "MANYVOICES_TEST_OIDC" not in os.environ,
        reason="MANYVOICES_TEST_OIDC names no environment with an OpenID service",
    ),
]
REFUSED = "did not work. Nothing changed."


@dataclass
class Place:
    """Our server, the service beside it, and the mails that ours has sent."""

    url: str
    service: RealService
    mails: Path
    browser: Browser

    def visitor(self) -> Page:
        """A browser that neither of the two knows."""
        page = self.browser.new_context(locale="en").new_page()
        page.set_default_timeout(PAGE_MS)
        return page

    def towards(self, page: Page, next_url: str = "") -> None:
        """Set out for the service from the page that signs in."""
        page.goto(f"{self.url}/account/sign-in/?next={next_url}")
        page.get_by_role("button", name="Go on to A university").click()
        page.wait_for_url(f"{self.service.url}/**")

    def entered(self, name: str) -> Page:
        """A browser of somebody who signed in with the service."""
        page = self.visitor()
        self.towards(page)
        self.service.agree(page, name)
        page.wait_for_url(f"{self.url}/account/")
        return page

    def by_mail(self, address: str) -> Page:
        """A browser of somebody who signed in by a link."""
        page = self.visitor()
        page.goto(f"{self.url}/account/sign-in/")
        page.locator("#address").fill(address)
        page.get_by_role("button", name="Send me a link").click()
        page.wait_for_url("**/send/")
        last = max(self.mails.iterdir(), key=lambda path: path.stat().st_mtime_ns).read_text()
        found = re.search(r"http://\S+", last.replace("=\n", ""))
        assert found is not None
        page.goto(found.group())
        page.locator("main form button").click()
        page.wait_for_url(f"{self.url}/account/")
        return page

    def connected(self, page: Page, name: str) -> None:
        """From the account's page: let the service open it."""
        page.get_by_role("button", name="Go on to A university").click()
        page.wait_for_url(f"{self.service.url}/**")
        self.service.agree(page, name)
        page.wait_for_url(f"{self.url}/account/")


@pytest.fixture(scope="module", params=SERVICES, ids=lambda kind: kind.program)
def place(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Place]:
    kind, chromium = request.param, pages_preview.chromium()
    if not kind.is_in(PROGRAMS):
        pytest.skip(f"no {kind.program} in the environment that MANYVOICES_TEST_OIDC names")
    if chromium is None:
        pytest.skip("no Chromium: install one or name it in CHROMIUM")
    folder = tmp_path_factory.mktemp(kind.program)
    with ExitStack() as stack:
        port, other = (stack.enter_context(kept_port()) for _ in range(2))
        url, service = f"http://127.0.0.1:{port}", kind(PROGRAMS, folder, other)
        stack.callback(service.stop)
        service.start(f"{url}/account/with/oidc/real/login/callback/")
        (folder / "mails").mkdir()
        known = {"MANYVOICES_OIDC": json.dumps(service.named)}
        known |= {"MANYVOICES_EMAIL": f"file:{folder / 'mails'}"}
        words = ["--db", f"sqlite:///{folder / 'ours.sqlite3'}", "--port", str(port)]
        log = stack.enter_context((folder / "ours.log").open("wb"))
        server = ServerProcess(
            [*words, "--data", str(folder / "data")], url=url, env={**os.environ, **known}, log=log
        )
        stack.callback(server.stop)
        server.wait_until_ready(PATIENCE_S)
        playwright = stack.enter_context(sync_playwright())
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        stack.callback(browser.close)
        yield Place(url, service, folder / "mails", browser)


def whose(page: Page) -> str:
    """The line of the account's page that says whose it is."""
    return page.locator("main > h1 + p, main > .notice ~ h1 + p").first.inner_text()


def test_somebody_new_gets_an_account_and_the_same_one_again(place: Place) -> None:
    place.service.know("ada", "ada@university.example")
    page = place.visitor()
    place.towards(page, "/account/keys/")
    place.service.agree(page, "ada")
    page.wait_for_url(f"{place.url}/account/keys/")
    page.goto(f"{place.url}/account/")
    first = whose(page)
    assert first == "ada@university.example" if place.service.confirms else "@" not in first
    assert whose(place.entered("ada")) == first


def test_whoever_changes_their_address_at_the_service_keeps_their_account(place: Place) -> None:
    place.service.know("ada", "ada@university.example")
    before = whose(place.entered("ada"))
    place.service.know("ada", "countess@university.example")
    assert whose(place.entered("ada")) == before


def test_an_account_by_mail_and_the_service_become_one_and_part_again(place: Place) -> None:
    page = place.by_mail("bea@home.example")
    place.service.know("bea", "bea@university.example")
    place.connected(page, "bea")
    expect(page.get_by_text("opens this account from now on")).to_be_visible()
    again = place.entered("bea")
    assert whose(again) == "bea@home.example"
    again.get_by_role("button", name="Part it from this account").click()
    expect(again.get_by_text("does not open this account any more")).to_be_visible()
    assert whose(place.entered("bea")) != "bea@home.example"


def test_what_opens_another_account_is_not_taken_from_it(place: Place) -> None:
    place.service.know("ada", "ada@university.example")
    theirs = whose(place.entered("ada"))
    page = place.by_mail("cleo@home.example")
    place.connected(page, "ada")
    expect(page.get_by_text("you already open another account")).to_be_visible()
    assert whose(place.entered("ada")) == theirs


def test_an_address_opens_an_account_only_if_the_service_has_confirmed_it(place: Place) -> None:
    place.by_mail("ada@elsewhere.example")
    name = "dora" if place.service.confirms else "ada"
    place.service.know(name, "ada@elsewhere.example")
    is_same = whose(place.entered(name)) == "ada@elsewhere.example"
    assert is_same is place.service.confirms


def test_whoever_cancels_is_back_where_they_were_and_nothing_changed(place: Place) -> None:
    place.service.know("eve", "eve@university.example") if place.service.confirms else None
    page = place.visitor()
    place.towards(page)
    place.service.cancel(page, "eve")
    page.wait_for_url(f"{place.url}/account/sign-in/")
    expect(page.get_by_text(REFUSED)).to_be_visible()
    page = place.by_mail("eve@home.example")
    page.get_by_role("button", name="Go on to A university").click()
    page.wait_for_url(f"{place.service.url}/**")
    place.service.cancel(page, "eve")
    page.wait_for_url(f"{place.url}/account/")
    expect(page.get_by_text(REFUSED)).to_be_visible()
    expect(page.get_by_role("button", name="Part it from this account")).to_have_count(0)
