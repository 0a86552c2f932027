"""Every chapter there is, on small data of every kind: none fails, and the page keeps its rules."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from tests.analyse.releases import Plan, write_release
from tests.real_data import needs_real_data
from tests.report.pages import Page

from manyvoices.analyse.resampling import Resampling
from manyvoices.analyse.settings import Settings
from manyvoices.report import sections
from manyvoices.report.making import Made, Wish, make_report, plan_report

SETTINGS = Settings(resampling=Resampling(n_resamples=20), stability_seeds=0)
SOURCES = Path(sections.__file__).parent
TREE = {
    "message_tree_id": "t",
    "tree_state": "ready_for_export",
    "prompt": {
        **{"message_id": "t", "text": "Why?", "role": "prompter", "lang": "en"},
        "replies": [
            {"message_id": "a", "parent_id": "t", "text": "So.", "role": "assistant",
             "lang": "en", "replies": []},
        ],
    },
}  # fmt: skip


def make(path: Path, *only: str, settings: Settings = SETTINGS) -> Made:
    wish = Wish(path, settings, only=only, strict=True)
    return make_report(wish, plan_report(wish))


def test_every_module_with_a_chapter_is_in_the_report() -> None:
    found = {
        path.stem
        for path in SOURCES.glob("*.py")
        if re.search(r"^CHAPTER\b", path.read_text(), re.MULTILINE)
    }
    assert found == set(sections.NAMES)
    chapters = sections.chapters()
    assert len({chapter.id for chapter in chapters}) == len(chapters)
    assert len({chapter.title for chapter in chapters}) == len(chapters)


@pytest.mark.parametrize("n_people", [0, 1, 24])
def test_no_chapter_fails_on_a_small_release(tmp_path: Path, n_people: int) -> None:
    release = write_release(tmp_path / "made-up", Plan(n_people=n_people))
    study = [one.id for one in sections.chapters() if one.takes == "study"]
    made = make(release, *(one for one in study if one != "comparison"))
    assert {run.state for run in made.runs} <= {"shown", "note"}
    check_page(made)


def test_trees_and_ratings_have_their_chapters(tmp_path: Path) -> None:
    trees = tmp_path / "some.trees.jsonl"
    trees.write_text(json.dumps(TREE) + "\n")
    check_page(make(trees))
    rated = tmp_path / "rated.csv"
    rows = [f"{i},r{r},{(i + r) % 5 + 1},{'fm'[r % 2]}" for i in range(12) for r in range(6)]
    rated.write_text("item,rater,rating,gender\n" + "\n".join(rows) + "\n")
    made = make(rated)
    assert made.runs
    check_page(made)


@needs_real_data
def test_prisms_form_goes_through_the_chapters_that_need_no_model(tmp_path: Path) -> None:
    from benchmarks.synthetic_prism import write_synthetic

    write_synthetic(tmp_path / "prism", share=0.02)
    made = make(tmp_path / "prism", "people", "scores", "open-questions")
    assert {run.state for run in made.runs} == {"shown"}
    check_page(made)


def check_page(made: Made) -> None:
    """What holds for any page."""
    page = Page(made.report.html)
    ids = [attributes["id"] for _, attributes in page.elements if "id" in attributes]
    assert len(ids) == len(set(ids))
    regions = [a["aria-label"] for a in page.tags("div") if a.get("role") == "region"]
    assert len(regions) == len(set(regions))
    for tag, attributes in page.elements:
        assert tag not in ("script", "link", "iframe", "img", "object", "embed", "form")
        for name in ("src", "href", "xlink:href"):
            link = attributes.get(name) or "#"
            assert link.startswith(("#", "data:image/png;base64,")) or tag == "a", (tag, link)
    for drawing in (a for a in page.tags("svg") if a.get("class") in ("wide", "narrow")):
        assert len(drawing.get("aria-label") or "") > 20
    for run in made.runs:
        for item in run.drawn.items if run.drawn else ():
            assert item.name.startswith(run.id), (run.id, item.name)
    assert "nan" not in page.text.lower().split()
