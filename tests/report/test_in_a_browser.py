"""The page in a real Chromium: no accessibility finding, no request, nothing wider than a phone."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from tests.analyse.releases import Plan
from tests.report.pages import analysed, reported

from manyvoices.report import Report

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

CHROMIUM = (
    os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
)

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="no chromium on the path, and CHROMIUM is not set"),
]

SIZES = [(1280, "light"), (1280, "dark"), (390, "light"), (390, "dark")]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    playwright = pytest.importorskip("playwright.sync_api")
    with playwright.sync_playwright() as started:
        found = started.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield found
        found.close()


@pytest.fixture(scope="module")
def files(report: Report, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """An ordinary report, an empty one, and one of many models with long names."""
    folder = tmp_path_factory.mktemp("reports")
    long_names = {f"a-model-with-a-rather-long-name-{n:02d}": 40.0 + n for n in range(21)}
    plans = {"empty": Plan(n_people=0), "long": Plan(n_people=60, qualities=long_names)}
    reports = {"ordinary": report} | {n: reported(analysed(plan)) for n, plan in plans.items()}
    return {name: made.write(folder / name)[0] for name, made in reports.items()}


def opened(browser: Browser, file: Path, width: int, scheme: str) -> tuple[Page, list[str]]:
    requests: list[str] = []
    page = browser.new_page(
        viewport={"width": width, "height": 900},
        color_scheme="dark" if scheme == "dark" else "light",
    )
    page.on("request", lambda request: requests.append(request.url))
    page.goto(file.as_uri())
    return page, requests


@pytest.mark.parametrize("name", ["ordinary", "empty", "long"])
@pytest.mark.parametrize(("width", "scheme"), SIZES)
def test_the_page_has_no_accessibility_finding_and_fits(
    browser: Browser, files: dict[str, Path], name: str, width: int, scheme: str
) -> None:
    axe = pytest.importorskip("axe_playwright_python.sync_playwright").Axe()
    page, requests = opened(browser, files[name], width, scheme)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.evaluate("document.querySelectorAll('details').forEach(d => d.open = true)")
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    found = axe.run(page)
    assert found.violations_count == 0, found.generate_report()
    assert requests == [files[name].as_uri()]
    page.close()


def test_a_phone_sees_the_narrow_drawings_and_a_desk_the_wide_ones(
    browser: Browser, files: dict[str, Path]
) -> None:
    for width, shown, hidden in ((390, "narrow", "wide"), (1280, "wide", "narrow")):
        page, _ = opened(browser, files["ordinary"], width, "light")
        assert page.locator(f"figure svg.{shown}").first.is_visible()
        assert not page.locator(f"figure svg.{hidden}").first.is_visible()
        page.close()


def test_print_is_dark_on_light_and_opens_the_tables(
    browser: Browser, files: dict[str, Path]
) -> None:
    page, _ = opened(browser, files["ordinary"], 1280, "dark")
    page.emulate_media(media="print", color_scheme="dark")
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    height = "document.querySelector('details table').getBoundingClientRect().height"
    assert page.evaluate(height) > 50
    page.close()
