"""Chapters in a page: what they show, what is missing, what failed, and the files beside it."""

from __future__ import annotations

import csv
import json
import re
from pathlib import Path

import polars as pl
import pytest
from tests.analyse.releases import Plan, write_release
from tests.report.chapters import Computing, chapter, item
from tests.report.pages import Page

from manyvoices.analyse.dataset import Dataset, NotEnough
from manyvoices.analyse.resampling import Resampling
from manyvoices.analyse.settings import Settings
from manyvoices.report.canvas import Drawing
from manyvoices.report.data_table import DataTable
from manyvoices.report.drawn import draw_chapter
from manyvoices.report.making import Made, Wish, make_report, plan_report
from manyvoices.report.section import Chapter
from manyvoices.report.table_files import to_parquet
from manyvoices.schema.errors import DataError, MissingExtraError

DRAWN = Settings(resampling=Resampling(n_resamples=20))


@pytest.fixture(scope="module")
def release(tmp_path_factory: pytest.TempPathFactory) -> Path:
    plan = Plan(n_people=24, n_simulated=0)
    return write_release(tmp_path_factory.mktemp("releases") / "made-up", plan)


def make(
    path: Path, *chapters: Chapter, only: tuple[str, ...] | None = None, strict: bool = True
) -> Made:
    """Chapters alone unless `only` says otherwise: drawing the first pages takes seconds."""
    wanted = tuple(one.id for one in chapters) if only is None else only
    wish = Wish(path, DRAWN, only=wanted, strict=strict)
    return make_report(wish, plan_report(wish, chapters))


@pytest.fixture(scope="module")
def made(release: Path) -> Made:
    return make(release, chapter("first"), chapter("second"), only=())


@pytest.fixture(scope="module")
def page(made: Made) -> Page:
    return Page(made.report.html)


def test_chapters_follow_the_first_pages_and_the_method_is_last(page: Page) -> None:
    contents = [a["href"] for a in page.tags("a") if (a.get("href") or "").startswith("#")]
    assert contents == [
        *("#main", "#glance", "#people", "#scores", "#leaderboard", "#groups", "#attributes"),
        *("#first", "#second", "#method"),
    ]
    assert "7. Chapter first" in page.text
    assert re.search(r"In short: \d{3} of first\.", page.text)


def test_an_item_says_how_many_by_which_method_after_which_figure_and_how_again(
    page: Page,
) -> None:
    for words in (
        "More of first-bars than of anything else",
        "1,234 things of 56 people. Counted one by one. Interval: 95% of 40 resamples of whole",
        "Answers PRISM, Figure 5.",
        "Files: figures/first-bars.svg and .png , tables/first-bars.csv and .parquet . Made by",
        "manyvoices report made-up --out report --only first --resamples 20 --seed 0",
        "A note on it.",
        "Something could not be counted.",
    ):
        assert words in page.text, words


def test_tables_have_headers_captions_and_a_region_of_their_own(made: Made, page: Page) -> None:
    regions = [a["aria-label"] for a in page.tags("div") if a.get("role") == "region"]
    assert len(regions) == len(set(regions))
    assert "Table: More of first-bars than of anything else" in regions
    assert all(a.get("scope") in ("col", "row", "rowgroup") for a in page.tags("th"))
    assert "Things of first-bars" in page.text
    assert "row 1 <b>" in page.text
    html = made.report.html
    part = html[html.index('id="item-first-long"') :]
    assert part.index("<details><summary>The table, 40 rows</summary>") < part.index("<table>")


def test_a_short_table_without_a_figure_is_open(release: Path) -> None:
    alone = item("only-few", 4, drawn=False)
    html = make(release, chapter("only", Computing(), alone), only=("only",)).report.html
    assert "<details>" not in html
    assert "row 3" in html


def test_heads_of_rows_group_them(release: Path) -> None:
    rows = (("Age", ""), ("18-24", "3"), ("Gender", ""), ("Female", "4"))
    table = DataTable("only-few", "People", ("Answer", "N"), rows, heads=frozenset((0, 2)))
    made = make(
        release,
        chapter("only", Computing(), item("only-few", drawn=False, table=table)),
        only=("only",),
    )
    assert made.report.html.count('<th scope="rowgroup" colspan="2">') == 2
    assert made.report.html.count("<tbody>") >= 3


def test_every_chapter_figure_has_words_and_nothing_is_loaded(page: Page) -> None:
    shown = [a for a in page.tags("svg") if "Bars of" in (a.get("aria-label") or "")]
    assert len(shown) == 4
    for tag, attributes in page.elements:
        assert tag not in ("script", "link", "iframe", "img", "object", "embed", "base", "form")
        for name in ("href", "xlink:href", "src"):
            link = attributes.get(name) or "#"
            assert link.startswith(("#", "data:image/png;base64,")) or tag == "a", (tag, link)
    assert all(t.startswith("#") for t in re.findall(r"url\(([^)]+)\)", page.styles))


def test_ids_are_unique_and_the_contents_lead_somewhere(page: Page) -> None:
    ids = [attributes["id"] for _, attributes in page.elements if "id" in attributes]
    assert len(ids) == len(set(ids))
    links = {a["href"] for a in page.tags("a") if (a.get("href") or "").startswith("#")}
    assert {link[1:] for link in links if link} <= set(ids)


def test_files_hold_every_figure_and_table_and_an_index_of_them(made: Made, tmp_path: Path) -> None:
    made.report.write(tmp_path)
    index = json.loads((tmp_path / "report.json").read_text())
    first = next(one for one in index["chapters"] if one["id"] == "first")
    assert [one["id"] for one in first["items"]] == ["first-bars", "first-long"]
    assert first["items"][0]["source"] == "PRISM, Figure 5"
    listed = {f for one in index["chapters"] for i in one["items"] for f in i["files"]}
    there = {p.relative_to(tmp_path).as_posix() for p in tmp_path.rglob("*.*") if p.is_file()}
    assert listed == there - {"report.html", "report.json"}
    rows = list(csv.reader((tmp_path / "tables" / "first-long.csv").open()))
    assert rows[0] == ["Thing", "N", "Share", ""]
    assert len(rows) == 41


def test_parquet_has_numbers_where_the_page_has_plain_numbers() -> None:
    header = ("Thing", "N", "Mean", "Share", "Code", "")
    rows = (("a", "1,200", "−0.5", "12%", "007", "–"), ("b", "3", "–", "1%", "010", ""))
    frame = pl.read_parquet(to_parquet(DataTable("t", "T", header, rows)))
    assert frame.schema["N"] == pl.Int64
    assert frame["N"].to_list() == [1200, 3]
    assert frame["Mean"].to_list() == [-0.5, None]
    assert frame.schema["Share"] == frame.schema["Code"] == pl.String
    assert frame.columns[-1] == "column 6"


def test_the_same_input_gives_the_same_bytes(release: Path, made: Made) -> None:
    again = make(release, chapter("first"), chapter("second"), only=())
    assert dict(again.report.files()) == dict(made.report.files())


def test_what_a_release_lacks_and_what_is_not_installed_are_notes_in_their_place(
    release: Path,
) -> None:
    made = make(
        release,
        chapter("poor", Computing(error=NotEnough("nobody wrote a prompt"))),
        chapter("bare", Computing(error=MissingExtraError("the chapter on topics", "topics"))),
        chapter("good"),
    )
    text = Page(made.report.html).text
    assert "1. Chapter poor Nobody wrote a prompt. 2. Chapter bare" in text
    assert "pip install 'manyvoices[topics]'" in text
    assert [run.state for run in made.runs] == ["note", "note", "shown"]
    assert not made.faults


def test_a_chapter_that_fails_is_raised_where_strict_and_else_stands_in_its_place(
    release: Path,
) -> None:
    bad, good = chapter("bad", Computing(error=KeyError("colour"))), chapter("good")
    with pytest.raises(KeyError, match="colour"):
        make(release, bad, good)
    made = make(release, bad, good, strict=False)
    text = Page(made.report.html).text
    assert "This chapter failed" in text
    assert "KeyError: 'colour'" in text
    assert "The program failed in “Chapter bad”" in text
    assert "More of good-bars than of anything else" in text
    assert [run.id for run in made.faults] == ["bad"]
    assert "Traceback" in made.faults[0].trace


def test_only_asks_for_first_pages_and_chapters_by_id(release: Path) -> None:
    counted, other = Computing(), Computing()
    made = make(
        release, chapter("first", counted), chapter("second", other), only=("first", "leaderboard")
    )
    contents = [
        a["href"]
        for a in Page(made.report.html).tags("a")
        if (a.get("href") or "").startswith("#") and a["href"] != "#main"
    ]
    assert contents == ["#leaderboard", "#first", "#method"]
    assert (len(counted.calls), len(other.calls)) == (1, 0)
    assert isinstance(counted.calls[0], Dataset)
    names = {picture.name for picture in made.report.pictures}
    assert names == {"leaderboard", "first-bars"}


def test_an_id_that_a_page_and_a_chapter_share_asks_for_both(release: Path) -> None:
    made = make(release, chapter("people"), only=("people",))
    ids = [a["id"] for a in Page(made.report.html).tags("h2") if "id" in a]
    assert ids == ["short-title", "people", "more-people", "method"]


def test_an_unknown_id_is_a_fault_that_names_those_there_are(release: Path) -> None:
    with pytest.raises(DataError, match=r"'shoes', expected one of glance, people, .*, first"):
        make(release, chapter("first"), only=("shoes",))
    with pytest.raises(DataError, match="'grown', which no native has, expected one of"):
        make(release, chapter("first"), chapter("grown", takes="trees"), only=("grown",))
    with pytest.raises(DataError, match="--compare OTHER_RELEASE"):
        make(release, chapter("comparison"), only=("comparison",))


def test_two_items_that_would_write_one_file_are_refused(release: Path) -> None:
    with pytest.raises(ValueError, match="two files would be called leaderboard"):
        make(
            release,
            chapter("rivals", Computing(), item("leaderboard")),
            only=("leaderboard", "rivals"),
        )


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        ({"name": "Bad name"}, "small letters"),
        ({"title": ""}, "title is empty"),
        ({"n": " "}, "n is empty"),
        ({"method": ""}, "method is empty"),
        ({"drawing": None, "table": None}, "neither a figure nor a table"),
        (
            {"table": DataTable("x", "X", ("a", "b"), (("1",),))},
            "not as many cells as the header",
        ),
    ],
)
def test_an_item_that_lacks_what_its_reader_needs_is_refused(
    changes: dict[str, object], fault: str
) -> None:
    one = chapter("x", Computing(), item(**{"name": "x-one"} | changes))
    with pytest.raises(ValueError, match=fault):
        draw_chapter(one, one.render(Computing()("", DRAWN)))


def test_a_figure_without_words_is_refused() -> None:
    good = item("x-one").drawing
    assert good is not None
    mute = Drawing(good.name, "", "", "", good.draw)
    one = chapter("x", Computing(), item("x-one", drawing=mute))
    with pytest.raises(ValueError, match="words for those who cannot see it"):
        draw_chapter(one, one.render(Computing()("", DRAWN)))
