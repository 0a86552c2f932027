"""The pages of webhooks in a real browser: axe has no finding, nothing is wider than a phone."""

from __future__ import annotations

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.contrib.auth.models import User
from playwright.sync_api import Browser
from pytest_django.live_server_helper import LiveServer
from tests.collect.accounts.test_browser import browser, look
from tests.collect.webhooks.conftest import hook_for
from tests.collect.webhooks.test_managing import OUTSIDE, _browser, _page

from manyvoices.collect.studies.models import StudyVersion

__all__ = ["browser"]

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.mark.parametrize("width", [390, 1280])
def test_the_pages_of_webhooks_have_no_finding(
    browser: Browser, live_server: LiveServer, owner: User, orchard: StudyVersion, width: int
) -> None:
    client = _browser(owner)
    context = browser.new_context(viewport={"width": width, "height": 800})
    cookie = client.cookies["sessionid"].value
    context.add_cookies([{"name": "sessionid", "value": cookie, "url": live_server.url}])
    page = context.new_page()
    look(page, live_server.url + _page())  # before there is any
    long, _secret = hook_for(orchard.study, f"{OUTSIDE}{'with-a-long-path/' * 12}")
    client.post(_page(long), {"action": "test"})
    look(page, live_server.url + _page())
    look(page, live_server.url + _page(long))
    page.locator("details.change-hook summary").click()
    page.fill("#url", "ftp://nowhere")
    page.get_by_role("button", name="Save changes").click()
    page.locator("[data-error-summary]").wait_for()
    assert page.locator("#url").is_visible()
    assert Axe().run(page).response["violations"] == []
    context.close()
