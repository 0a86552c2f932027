"""The page of stances, in a real Chromium: it fits, loads nothing, and marks what is unstable."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from tests.evaluate.stances.scripted import believer, dice, options_in, serving, spec

from manyvoices.evaluate.stances.config import OpenConfig, StancesConfig
from manyvoices.evaluate.stances.instrument_files import read_instrument
from manyvoices.evaluate.stances.running import run
from manyvoices.report.pages import write_page

if TYPE_CHECKING:
    from playwright.sync_api import Browser

CHROMIUM = (
    os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
)
PEOPLE = "item,answer,count,party\n" + "".join(
    f"{item},{answer},{count},<b>{party}</b>\n"
    for item in ("rail", "unions", "leader", "couples")
    for party, counts in (("a", (20, 10, 5, 3, 2)), ("b", (2, 3, 5, 10, 20)))
    for answer, count in zip(
        ("strongly_disagree", "disagree", "neither", "agree", "strongly_agree"), counts, strict=True
    )
)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    playwright = pytest.importorskip("playwright.sync_api")
    with playwright.sync_playwright() as started:
        found = started.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield found
        found.close()


@pytest.fixture(scope="module")
def page_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A firm model, one by dice, and two groups of people with a name that looks like markup."""
    folder = tmp_path_factory.mktemp("stances")
    (folder / "people.csv").write_text(PEOPLE)
    instrument = read_instrument("builtin:two-axes")
    views = {i.id: {"economic": -0.5, "social": 1.0}[a] * w
             for i in instrument.items for a, w in i.weights.items()}  # fmt: skip

    def by_dice(said: str, rng: object) -> str:
        return dice(said, rng) if options_in(said) else "I agree."  # type: ignore[arg-type]

    with serving({"firm": believer(views, instrument), "dice": by_dice}) as url:
        config = StancesConfig(
            models=(spec("firm", url), spec("dice", url)),
            items=("rail", "unions", "leader", "couples"), open=OpenConfig(), cells=6,
            resamples=60, human={"path": folder / "people.csv", "by": ("party",)},
            out=folder / "out",
        )  # fmt: skip
        page = write_page("stances", run(config))
    assert page is not None
    return page


def test_every_chapter_is_there_and_names_are_no_markup(page_file: Path) -> None:
    html = page_file.read_text()
    for title in ("Where models stand", "Do answers keep their side?", "How far from people",
                  "What the form of the question does", "What became of the askings"):  # fmt: skip
        assert f". {title}</h2>" in html
    assert "<b>a</b>" not in html
    assert "dice (forced) has no place" in html
    assert "unstable, " in html
    assert "Not validated" in html
    for name in ("positions", "items", "stable-share", "habits", "distances"):
        assert (page_file.parent / "figures" / f"{name}.svg").exists()


@pytest.mark.browser
@pytest.mark.skipif(CHROMIUM is None, reason="no chromium on the path, and CHROMIUM is not set")
@pytest.mark.parametrize(("width", "scheme"), [(1280, "light"), (390, "dark")])
def test_it_fits_loads_nothing_and_axe_finds_nothing(
    browser: Browser, page_file: Path, width: int, scheme: str
) -> None:
    axe = pytest.importorskip("axe_playwright_python.sync_playwright").Axe()
    requests: list[str] = []
    dark = "dark" if scheme == "dark" else "light"
    page = browser.new_page(viewport={"width": width, "height": 900}, color_scheme=dark)
    page.on("request", lambda request: requests.append(request.url))
    page.goto(page_file.as_uri())
    page.evaluate("document.querySelectorAll('details').forEach(d => d.open = true)")
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    found = axe.run(page)
    assert found.violations_count == 0, found.generate_report()
    assert requests == [page_file.as_uri()]
    page.close()
