"""The account's pages in a real browser: axe has no finding, nothing is wider than a phone."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone
from playwright.sync_api import Browser, Page, sync_playwright
from pytest_django.live_server_helper import LiveServer
from tests.collect import pages_preview

from manyvoices.collect.accounts import links
from manyvoices.collect.accounts.changing import Purpose, new_token
from manyvoices.collect.accounts.keys import create_key

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
PAGES = ("/account/", "/account/keys/", "/account/delete/")


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    path = pages_preview.chromium()
    if path is None:
        pytest.skip("no Chromium: install one or name it in CHROMIUM")
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        yield started
        started.close()


def look(page: Page, url: str) -> None:
    page.goto(url)
    for scheme in ("light", "dark"):
        page.emulate_media(
            color_scheme="dark" if scheme == "dark" else "light", reduced_motion="reduce"
        )
        faults = Axe().run(page).response["violations"]
        assert not faults, [(f["id"], f["nodes"][0]["html"][:160]) for f in faults]
        if folder := os.environ.get("SCREENSHOTS"):
            width = page.viewport_size["width"] if page.viewport_size else 0
            name = f"{url.split('/', 3)[3].strip('/').replace('/', '-')[:50]}-{width}-{scheme}.png"
            page.screenshot(path=f"{folder}/{name}", full_page=True)
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), url


@pytest.mark.parametrize("width", [390, 1280])
def test_the_pages_of_an_account_have_no_finding(
    browser: Browser, live_server: LiveServer, width: int
) -> None:
    user = User.objects.create_user("ada@example.org", "ada@example.org", "a long enough secret")
    create_key(user=user, name="my program", scopes=("tasks",), now=timezone.now())
    client = Client()
    client.force_login(user)
    context = browser.new_context(viewport={"width": width, "height": 800})
    page = context.new_page()
    look(page, live_server.url + "/account/sign-in/")
    cookie = client.cookies["sessionid"].value
    context.add_cookies([{"name": "sessionid", "value": cookie, "url": live_server.url}])
    for address in PAGES:
        look(page, live_server.url + address)
        assert page.url.endswith(address)
    for purpose, address in ((Purpose.ADDRESS, "countess@example.org"), (Purpose.DELETE, "")):
        token = new_token(user=user, purpose=purpose, now=timezone.now(), address=address)
        look(page, f"{live_server.url}/account/{purpose.value}/{token}/")
        look(page, f"{live_server.url}/account/{purpose.value}/none-of-ours/")
    context.close()


def test_the_buttons_behind_links_in_mails_work(browser: Browser, live_server: LiveServer) -> None:
    """What a test client cannot see: whether a browser says where these forms come from."""
    context = browser.new_context(locale="en")
    page = context.new_page()
    token = links.new_link(address="ada@example.org", now=timezone.now())
    page.goto(f"{live_server.url}/account/sign-in/{token}/")
    page.locator("main form button").click()
    page.wait_for_url("**/account/")
    user = User.objects.get(email="ada@example.org")
    for purpose, address in ((Purpose.ADDRESS, "countess@example.org"), (Purpose.DELETE, "")):
        token = new_token(user=user, purpose=purpose, now=timezone.now(), address=address)
        page.goto(f"{live_server.url}/account/{purpose.value}/{token}/")
        page.locator("main form button").click()
        page.wait_for_load_state()
        if purpose is Purpose.ADDRESS:
            page.wait_for_url("**/account/")
            user.refresh_from_db()
            assert user.email == address
    page.locator("main h1").wait_for()
    assert not User.objects.filter(pk=user.pk).exists()
    context.close()
