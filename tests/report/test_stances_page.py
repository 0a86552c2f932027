"""The page of stances, in a real Chromium: it fits, loads nothing, and marks what is unstable."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from tests.evaluate.stances.scripted import believer, dice, options_in, serving, spec
from tests.report.browsing import SIZES, check_fits_and_is_accessible, in_a_browser, opened

from manyvoices.evaluate.stances.config import OpenConfig, StancesConfig
from manyvoices.evaluate.stances.instrument_files import read_instrument
from manyvoices.evaluate.stances.running import run
from manyvoices.report.pages import write_page

if TYPE_CHECKING:
    from playwright.sync_api import Browser

PEOPLE = "item,answer,count,party\n" + "".join(
    f"{item},{answer},{count},<b>{party}</b>\n"
    for item in ("rail", "unions", "leader", "couples")
    for party, counts in (("a", (20, 10, 5, 3, 2)), ("b", (2, 3, 5, 10, 20)))
    for answer, count in zip(
        ("strongly_disagree", "disagree", "neither", "agree", "strongly_agree"), counts, strict=True
    )
)


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


@in_a_browser
@pytest.mark.parametrize(("width", "scheme"), SIZES)
def test_it_fits_loads_nothing_and_axe_finds_nothing(
    browser: Browser, page_file: Path, width: int, scheme: str
) -> None:
    page, requests = opened(browser, page_file, width, scheme)
    check_fits_and_is_accessible(page, width)
    assert requests == [page_file.as_uri()]
    page.close()
