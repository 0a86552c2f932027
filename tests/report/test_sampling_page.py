"""The page that compares sampling reports: whole without JavaScript, quick to read with it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from tests.evaluate.sampling.samples import plain_report
from tests.real_data import needs_real_data, real
from tests.report.browsing import SIZES, check_fits_and_is_accessible, needs_chromium, opened

from manyvoices.evaluate.sampling import SamplingConfig, run
from manyvoices.report.pages import write_page

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

ARABIC = "الشاي الأخضر خيار جيد في المساء، لكنه يحتوي على الكافيين."
HOSTILE = "</script><script>document.title='taken'</script><img src=x onerror=alert(1)>"


def made(folder: Path, *documents: dict[str, Any]) -> Path:
    paths = []
    for number, document in enumerate(documents):
        paths.append(folder / f"{number}.json")
        paths[-1].write_text(json.dumps(document))
    found = run(SamplingConfig(reports=tuple(paths), resamples=20, out=folder / "out"))
    page = write_page("sampling", found)
    assert page is not None
    return page


@pytest.fixture(scope="module")
def page_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two models, three prompts, one of them right to left, one hostile."""
    one, two = plain_report("a/one", 3), plain_report("b/two", 3)
    one["prompts"][1]["results"][0]["outputs"] = [ARABIC, HOSTILE]
    two["prompts"][2]["results"][0]["outputs"] = ["word " * 400, "short"]
    del two["prompts"][0]["results"][1]
    return made(tmp_path_factory.mktemp("sampling"), one, two)


def test_every_output_stands_in_the_page_and_none_is_markup(page_file: Path) -> None:
    html = page_file.read_text()
    assert ARABIC in html
    assert HOSTILE not in html
    assert html.count('class="p"') == 3
    assert html.count("<b>empty</b>") == 5
    assert html.count("not asked") == 1


def test_the_same_reports_give_the_same_bytes(tmp_path: Path) -> None:
    first = made(tmp_path, plain_report("a/one", 3)).read_bytes()
    assert made(tmp_path, plain_report("a/one", 3)).read_bytes() == first


def test_a_kind_without_a_page_gets_none(tmp_path: Path) -> None:
    assert write_page("reward", None) is None


class TestInABrowser:
    pytestmark = needs_chromium

    @pytest.fixture
    def page(self, browser: Browser, page_file: Path) -> Iterator[Page]:
        page = browser.new_page(viewport={"width": 1280, "height": 900})
        page.goto(page_file.as_uri())
        yield page
        page.close()

    @pytest.mark.parametrize(("width", "scheme"), SIZES)
    def test_no_accessibility_finding_no_request_and_nothing_wider_than_the_screen(
        self, browser: Browser, page_file: Path, width: int, scheme: str
    ) -> None:
        page, requests = opened(browser, page_file, width, scheme)
        check_fits_and_is_accessible(page, width)
        assert requests == [page_file.as_uri()]
        page.close()

    def test_keys_turn_the_pages_and_can_be_switched_off(self, page: Page) -> None:
        assert page.locator("#place").inner_text() == "Prompt 1 of 3"
        page.keyboard.press("j")
        page.keyboard.press("j")
        page.keyboard.press("k")
        assert page.locator("#place").inner_text() == "Prompt 2 of 3"
        assert page.locator(".p:visible").count() == 1
        page.get_by_label("Keys").uncheck()
        page.keyboard.press("j")
        assert page.locator("#place").inner_text() == "Prompt 2 of 3"

    def test_a_link_leads_to_the_same_view(self, page: Page, browser: Browser) -> None:
        page.get_by_label("two").uncheck()
        page.get_by_label("greedy").uncheck()
        page.get_by_role("button", name="Next").click()
        address = page.url
        assert address.endswith("#p2&m=0&s=0")
        other = browser.new_page()
        other.goto(address)
        assert other.locator("#place").inner_text() == "Prompt 2 of 3"
        assert other.locator(".a:visible").count() == 1
        other.close()

    def test_search_speaks_of_what_is_shown(self, page: Page) -> None:
        page.keyboard.press("/")
        page.keyboard.type("SHORT")
        assert page.locator("#place").inner_text() == "Prompt 1 of 1 (of 3)"
        page.get_by_label("two").uncheck()
        assert page.locator("#place").inner_text() == "No prompt fits"
        assert page.locator(".p:visible").count() == 0

    def test_outputs_are_filtered_by_length_and_by_being_there(self, page: Page) -> None:
        page.get_by_label("Words from").fill("300")
        assert page.locator("#place").inner_text() == "Prompt 1 of 1 (of 3)"
        page.get_by_label("Words from").fill("")
        page.get_by_label("An output is missing").check()
        page.get_by_label("one").uncheck()
        assert page.locator("#place").inner_text() == "Prompt 2 of 2 (of 3)"

    def test_a_text_from_right_to_left_runs_so(self, page: Page) -> None:
        page.goto(re.sub("#.*", "", page.url) + "#p2")
        text = page.get_by_text(ARABIC[:20])
        assert text.evaluate("e => getComputedStyle(e).direction") == "rtl"
        assert page.title() != "taken"

    def test_on_a_phone_columns_scroll_side_by_side(
        self, browser: Browser, page_file: Path
    ) -> None:
        page = browser.new_page(viewport={"width": 390, "height": 800})
        page.goto(page_file.as_uri())
        grid = page.get_by_role("region", name="Answers to prompt 1")
        assert grid.evaluate("e => e.scrollWidth > e.clientWidth")
        page.close()

    def test_without_javascript_every_prompt_can_be_opened_and_linked_to(
        self, browser: Browser, page_file: Path
    ) -> None:
        context = browser.new_context(java_script_enabled=False)
        page = context.new_page()
        page.goto(page_file.as_uri() + "#p2")
        assert page.locator(".p:visible").count() == 3
        assert page.get_by_text(ARABIC[:20]).is_visible()
        page.locator(".p summary").nth(2).click()
        assert page.get_by_text("word word").is_visible()
        assert not page.get_by_role("button", name="Next").is_visible()
        context.close()


@needs_real_data
def test_the_three_published_reports_make_one_page_below_a_megabyte(tmp_path: Path) -> None:
    name = "oasst/2023-03-01_theblackcat102_pythia-{}-deduped-sft_sampling.json"
    paths = tuple(real(name.format(size)) for size in ("1b", "3b", "12b"))
    found = run(SamplingConfig(reports=paths, resamples=20, out=tmp_path))
    page = write_page("sampling", found)
    assert page is not None
    html = page.read_text()
    assert len(html.encode()) < 1_000_000
    assert html.count('class="o"') == 2100
