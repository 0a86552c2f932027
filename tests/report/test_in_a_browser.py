"""The page in a real Chromium: no accessibility finding, no request, nothing wider than a phone."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from tests.analyse.releases import Plan, write_release
from tests.report.browsing import SIZES, check_fits_and_is_accessible, needs_chromium, opened
from tests.report.chapters import Computing, chapter, item
from tests.report.pages import analysed, reported

from manyvoices.analyse.dataset import NotEnough
from manyvoices.report import Report
from manyvoices.report.data_table import DataTable
from manyvoices.report.making import Wish, make_report, plan_report

if TYPE_CHECKING:
    from playwright.sync_api import Browser


pytestmark = needs_chromium


@pytest.fixture(scope="module")
def files(report: Report, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """An ordinary report, an empty one, one of many models with long names, one with chapters."""
    folder = tmp_path_factory.mktemp("reports")
    long_names = {f"a-model-with-a-rather-long-name-{n:02d}": 40.0 + n for n in range(21)}
    plans = {"empty": Plan(n_people=0), "long": Plan(n_people=60, qualities=long_names)}
    reports = {"ordinary": report} | {n: reported(analysed(plan)) for n, plan in plans.items()}
    reports["chapters"] = _with_chapters(folder)
    return {name: made.write(folder / name)[0] for name, made in reports.items()}


def _with_chapters(folder: Path) -> Report:
    """What a chapter can hold: figures, long, wide and grouped tables, notes, a fault."""
    header = tuple(f"A rather long heading {i}" for i in range(12))
    rows = (("A head", *("",) * 11), *((f"row {r}", *("1,234",) * 11) for r in range(5)))
    wide = DataTable("made-wide", "A wide table", header, rows, heads=frozenset((0,)))
    words = (("one", "word after word " * 30), ("two", "another " * 60))
    texts = DataTable("made-texts", "A table of texts", ("Which", "Text"), words)
    made = chapter(
        "made", Computing(), item("made-bars"), item("made-long", 60, drawn=False),
        item("made-wide", drawn=False, table=wide, title="A wide one"),
        item("made-texts", drawn=False, table=texts, title="Texts"),
    )  # fmt: skip
    poor = chapter("poor", Computing(error=NotEnough("nobody wrote a prompt")))
    bad = chapter("bad", Computing(error=KeyError("colour")))
    release = write_release(folder / "release", Plan(n_people=20))
    wish = Wish(release, only=("glance", "made", "poor", "bad"))
    return make_report(wish, plan_report(wish, [made, poor, bad])).report


@pytest.mark.parametrize("name", ["ordinary", "empty", "long", "chapters"])
@pytest.mark.parametrize(("width", "scheme"), SIZES)
def test_the_page_has_no_accessibility_finding_and_fits(
    browser: Browser, files: dict[str, Path], name: str, width: int, scheme: str
) -> None:
    page, requests = opened(browser, files[name], width, scheme)
    check_fits_and_is_accessible(page, width)
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


def test_a_wide_table_scrolls_by_keyboard_in_a_region_of_its_own(
    browser: Browser, files: dict[str, Path]
) -> None:
    page, _ = opened(browser, files["chapters"], 390, "light")
    region = page.get_by_role("region", name="Table: A wide one")
    region.focus()
    assert region.evaluate("e => document.activeElement === e")
    assert region.evaluate("e => e.scrollWidth > e.clientWidth")
    page.keyboard.press("ArrowRight")
    page.wait_for_function("e => e.scrollLeft > 0", arg=region.element_handle())
    page.close()


def test_the_contents_lead_to_each_chapter(browser: Browser, files: dict[str, Path]) -> None:
    page, _ = opened(browser, files["chapters"], 1280, "light")
    for name in ("Chapter made", "Chapter bad"):
        page.get_by_role("navigation", name="Contents").get_by_role("link", name=name).click()
        place = page.get_by_role("heading", name=name).bounding_box()
        assert place is not None
        assert -5 < place["y"] < 900
    page.close()
