"""The leaderboard's page: small, whole without JavaScript, sorted and picked with it."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from tests.evaluate.leaderboard.made import write_battles
from tests.report.browsing import SIZES, check_fits_and_is_accessible, in_a_browser, opened

from manyvoices.evaluate.leaderboard import Settings, make_leaderboard
from manyvoices.report.pages.leaderboard import write

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

HOSTILE = "<img src=x onerror=alert(1)>"
NOW = dt.datetime(2026, 11, 21, 12, 0, tzinfo=dt.UTC)


@pytest.fixture(scope="module")
def page_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Twenty models, three languages, two categories, two runs; one model's name is hostile."""
    folder = tmp_path_factory.mktemp("board")
    strengths = {f"organisation/a-model-of-some-name-{n:02d}": n / 12 for n in range(19)}
    strengths[HOSTILE] = 0.0
    for run, n in enumerate((40, 80)):
        data = write_battles(
            folder / "battles.jsonl",
            people={"en": n, "de": 30, "ar": 12},
            per_person=40,
            strengths=strengths,
            texts=run == 1,
        )
        now = NOW + dt.timedelta(days=run)
        made = make_leaderboard(data, folder / "out", Settings(resamples=100), now=now)
    return write(made.results, made.out)


@pytest.fixture
def page(browser: Browser, page_file: Path) -> Iterator[Page]:
    page = browser.new_page(viewport={"width": 1280, "height": 900})
    page.goto(page_file.as_uri())
    yield page
    page.close()


def models(page: Page) -> list[str]:
    return page.locator("#b0 tbody th").all_inner_texts()


def test_a_page_of_twenty_models_and_its_files_stay_below_150_kilobytes(page_file: Path) -> None:
    sent = [page_file, *(page_file.with_name(f"leaderboard.{kind}") for kind in ("css", "js"))]
    assert sum(path.stat().st_size for path in sent) < 150_000


def test_nothing_inline_stands_in_the_page_and_no_person_does(page_file: Path) -> None:
    html = page_file.read_text()
    assert not re.search(r"<script(?! src=)|<style|\sstyle=|\son\w+=", html.replace("onerror", ""))
    assert HOSTILE not in html
    assert "secret-" not in html
    assert "Private words" not in html


def test_the_same_results_give_the_same_bytes(page_file: Path, tmp_path: Path) -> None:
    import json

    results = json.loads((page_file.parent / "leaderboard.json").read_text())
    again = write(results, tmp_path)
    assert again.read_bytes() == page_file.read_bytes()


def test_a_board_without_any_rating_says_so(tmp_path: Path) -> None:
    data = write_battles(tmp_path / "b.jsonl", strengths={"ash": 50.0, "birch": -50.0})
    lines = [x for x in data.read_text().splitlines() if '"tie"' not in x]
    data.write_text("\n".join(lines) + "\n")
    made = make_leaderboard(data, tmp_path, Settings(resamples=100), now=NOW)
    assert "No model is ranked." in write(made.results, tmp_path).read_text()


@in_a_browser
@pytest.mark.parametrize(("width", "scheme"), SIZES)
def test_no_accessibility_finding_and_nothing_wider_than_the_screen(
    browser: Browser, page_file: Path, width: int, scheme: str
) -> None:
    page, _ = opened(browser, page_file, width, scheme)
    check_fits_and_is_accessible(page, width)
    page.close()


@in_a_browser
def test_headings_sort_and_the_third_click_brings_the_first_order_back(page: Page) -> None:
    first = models(page)
    button = page.locator("#b0").get_by_role("button", name="Model")
    button.click()
    # As the browser compares names, which is not byte by byte.
    assert models(page)[1:] == sorted(models(page)[1:])
    button.click()
    assert models(page)[0] == "organisation/a-model-of-some-name-18"
    heading = page.locator("#b0 thead th").nth(1)
    assert heading.get_attribute("aria-sort") == "descending"
    button.click()
    assert models(page) == first
    assert heading.get_attribute("aria-sort") is None


@in_a_browser
def test_a_board_is_picked_and_linked_to(page: Page, browser: Browser) -> None:
    assert page.locator(".board:visible").count() == 1
    page.get_by_label("Preferences of").select_option(label="language: de")
    assert page.get_by_role("heading", name="language: de").is_visible()
    assert page.locator("#said").inner_text().startswith("30 people")
    other = browser.new_page()
    other.goto(page.url)
    assert other.get_by_role("heading", name="language: de").is_visible()
    other.close()


@in_a_browser
def test_without_javascript_every_board_stands_in_the_page(
    browser: Browser, page_file: Path
) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(page_file.as_uri())
    boards = page.locator(".board").count()
    assert page.locator(".board:visible").count() == boards > 4
    assert not page.get_by_label("Preferences of").is_visible()
    page.get_by_role("link", name="language: de").click()
    assert page.url.endswith("#b2")
    context.close()


@in_a_browser
def test_dots_stand_under_the_numbers_of_the_axis(page: Page) -> None:
    left = "e => e.getBoundingClientRect().left"
    axis = page.locator("#b0 .axis").evaluate(left)
    assert page.locator("#b0 tbody .plot").first.evaluate(left) == pytest.approx(axis, abs=1)


def test_long_names_may_break_after_a_slash_and_stay_text(page_file: Path) -> None:
    html = page_file.read_text()
    assert "organisation/<wbr>a-model-of-some-name-17" in html
    assert "&lt;img src=x onerror=alert(1)&gt;" in html
