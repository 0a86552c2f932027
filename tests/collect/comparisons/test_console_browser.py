"""The console's pages of comparisons in a real browser: axe finds nothing in either scheme."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings
from django.test import Client
from playwright.sync_api import Browser, sync_playwright
from pytest_django.live_server_helper import LiveServer
from tests.collect import pages_preview
from tests.collect.comparisons.conftest import MODELS, NOW, Publish, judge_next, make_person

from manyvoices.collect.comparisons.models import Look

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
PLACE = "/console/studies/pairs/comparisons/"
WIDE = "document.documentElement.scrollWidth > document.documentElement.clientWidth"
PICTURES = os.environ.get("MANYVOICES_CONSOLE_SHOTS")
"""A folder: where pictures of every page go, to be looked at."""


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    path = pages_preview.chromium()
    if path is None:
        pytest.skip("no Chromium: install one or name it in CHROMIUM")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture
def places(publish: Publish) -> list[str]:
    """A study with votes of every kind, one set aside, and a look of the stopping rule."""
    version = publish(models=MODELS, side_by_side=3, n_prompts=4, count=4)
    person = make_person(version)
    row = judge_next(person, order=[[2], [0, 1]], reason_text="Because it is **shorter**.")
    judge_next(person, seconds=1, order=[[0], [1], [2]])
    judge_next(make_person(version, simulated=True), order=[[0], [1], [2]])
    Look.objects.create(
        study=version.study, stage=1, first=MODELS[0], second=MODELS[1], n=41, decision="a",
        low=0.52, high=0.71, at=NOW,
    )  # fmt: skip
    assert row is not None
    return [PLACE, f"{PLACE}?aside=1", f"{PLACE}{row.pk}/", "/console/studies/pairs/"]


def test_axe_finds_nothing_and_nothing_is_too_wide(
    browser: Browser, live_server: LiveServer, places: list[str], staff_client: Client
) -> None:
    session = staff_client.cookies[settings.SESSION_COOKIE_NAME].value
    for width in (390, 1280):
        context = browser.new_context(viewport={"width": width, "height": 844})
        context.add_cookies(
            [{"name": settings.SESSION_COOKIE_NAME, "value": session, "url": live_server.url}]
        )
        page = context.new_page()
        heard = pages_preview.listen(page)
        for number, place in enumerate(places):
            page.goto(live_server.url + place)
            assert page.locator("h1").count() == 1
            for scheme in ("light", "dark"):
                page.emulate_media(color_scheme=scheme, reduced_motion="reduce")  # type: ignore[arg-type]
                assert pages_preview.axe_findings(page) == [], f"{place} {width} {scheme}"
                if PICTURES:
                    name = f"comparisons-{number}-{width}-{scheme}.png"
                    page.screenshot(path=Path(PICTURES) / name, full_page=True)
            assert not page.evaluate(WIDE), place
        assert heard == []
        context.close()
