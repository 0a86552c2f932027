"""The page of a preference study, in a real Chromium: it fits, loads nothing, and says it all."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from tests.evaluate.preference.studies import BASE, folder
from tests.report.browsing import SIZES, check_fits_and_is_accessible, in_a_browser, opened

from manyvoices.evaluate.preference.config import PreferenceConfig
from manyvoices.evaluate.preference.rules import Rules
from manyvoices.evaluate.preference.study import PreferenceResult, run
from manyvoices.report.pages import write_page
from manyvoices.report.preference.wording import slug

if TYPE_CHECKING:
    from playwright.sync_api import Browser

HOSTILE = "<script>document.title='taken'</script>"


@pytest.fixture(scope="module")
def page_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A rehearsed study with a judge of a hostile name."""
    path = tmp_path_factory.mktemp("preference")
    release = folder(path / "release", raters=20, prompts=8, each=8)
    (path / "judge.jsonl").write_text(
        "".join(
            f'{{"judge":"j","model_a":"ours","model_b":"{BASE}","question_id":"prompt000{n}",'
            f'"winner":"{winner}"}}\n'
            for n, winner in enumerate(("model_a", "model_b", "tie", "model_a", "model_b"))
        )
    )
    config = PreferenceConfig(
        data=release, baseline=BASE, by=("country",), simulated=True, out=path / "out",
        judges=({"name": HOSTILE, "path": path / "judge.jsonl", "family": ("ours",)},),
        rules=Rules(resamples=50),
    )  # fmt: skip
    page = write_page("preference", run(config))
    assert page is not None
    return page


def test_every_chapter_is_there_and_names_are_no_markup(page_file: Path) -> None:
    html = page_file.read_text()
    for title in (
        "Win rates", "By category and group", "Place and length", "Do people agree?",
        "As the study grew", "What other rules would give", "What was planned",
    ):  # fmt: skip
        assert f". {title}</h2>" in html
    assert HOSTILE not in html
    assert "48.3%" in html
    assert "which chance alone could give (p 0." in html
    assert "further from one half than chance gives (p 0.0" in html
    assert "(-" not in re.sub(r"<[^>]+>", "", html.split("<body>")[1])
    assert "not people’s views" in html
    for name in ("rates", "outcomes", "by-country", "place", "agreement", "growth"):
        assert (page_file.parent / "figures" / f"{name}.svg").exists()
    assert (page_file.parent / "tables" / "rates.csv").exists()


def test_the_page_is_the_same_for_the_same_results(page_file: Path) -> None:
    before = page_file.read_bytes()
    results = json.loads((page_file.parent / "results.json").read_text())
    write_page("preference", PreferenceResult(page_file.parent, results))
    assert page_file.read_bytes() == before


def test_two_fields_never_share_a_file() -> None:
    names = ["age", "Age", "age_group", "age group", "年齢", "性別"]
    assert len({slug(name) for name in names}) == len(names)
    assert slug("age_group") == "age-group"


@in_a_browser
@pytest.mark.parametrize(("width", "scheme"), SIZES)
def test_it_fits_loads_nothing_and_axe_finds_nothing(
    browser: Browser, page_file: Path, width: int, scheme: str
) -> None:
    page, requests = opened(browser, page_file, width, scheme)
    check_fits_and_is_accessible(page, width)
    assert requests == [page_file.as_uri()]
    assert "taken" not in page.title()
    page.close()
