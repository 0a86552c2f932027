"""The chapters on open questions, choices and raters: whole, drawn at both widths, and honest."""

from __future__ import annotations

import pickle
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest
from tests.analyse.releases import Plan, write_release
from tests.real_data import needs_real_data, real

from manyvoices.analyse import NotEnough, Resampling, Settings, read_dataset
from manyvoices.report.drawn import draw_chapter
from manyvoices.report.open_tables import people_needed, probability
from manyvoices.report.section import Chapter, Section
from manyvoices.report.sections import multiverse, open_questions, raters

FEW = Settings(resampling=Resampling(n_resamples=40), min_group=8)


@pytest.fixture(scope="module")
def dataset(tmp_path_factory: pytest.TempPathFactory):
    return read_dataset(
        write_release(tmp_path_factory.mktemp("open") / "release", Plan(n_people=50))
    )


def made(chapter: Chapter, material: object) -> Section:
    found = chapter.compute(material, FEW)
    again = pickle.loads(pickle.dumps(found))
    section = chapter.render(again)
    drawn = draw_chapter(chapter, section)
    for item in drawn.items:
        assert item.name.startswith(chapter.id)
        if item.picture is not None:
            for text in (item.picture.wide, item.picture.narrow):
                ET.fromstring(text)
    return section


def test_open_questions_are_answered_with_figures_and_tables(dataset) -> None:
    section = made(open_questions.CHAPTER, dataset)
    names = [item.name for item in section.items]
    assert names == [
        "open-questions-variance", "open-questions-fixed-context", "open-questions-groups",
        "open-questions-fields", "open-questions-power", "open-questions-group-power",
    ]  # fmt: skip
    variance = section.items[0]
    assert variance.table is not None
    assert "Gao & Owen" in variance.method
    power = section.items[4]
    assert power.table is not None
    assert {row[-1] for row in power.table.rows} == {"replayed", "extrapolated"}
    assert any("bots of a rehearsal" in note for note in power.notes)
    assert "seen together" in section.lead


def test_what_cannot_be_answered_is_a_note_and_the_rest_stands(tmp_path: Path) -> None:
    few = read_dataset(write_release(tmp_path / "few", Plan(n_people=6, p_failed=0)))
    section = made(open_questions.CHAPTER, few)
    assert section.items[0].name == "open-questions-variance"
    assert any("two groups of 8" in note for note in section.notes)
    assert any("10 people" in note for note in section.notes)


def test_a_release_that_answers_nothing_says_why(tmp_path: Path) -> None:
    one = read_dataset(write_release(tmp_path / "one", Plan(n_people=1)))
    with pytest.raises(NotEnough, match="two people"):
        open_questions.CHAPTER.compute(one, FEW)
    with pytest.raises(NotEnough):
        multiverse.CHAPTER.compute(one, FEW)


def test_the_multiverse_shows_the_curve_the_conclusions_and_the_choices(dataset) -> None:
    section = made(multiverse.CHAPTER, dataset)
    assert [item.name for item in section.items] == [
        "multiverse-orders", "multiverse-conclusions", "multiverse-choices", "multiverse-groups",
    ]  # fmt: skip
    assert "alder" in section.lead
    conclusions = section.items[1].table
    assert conclusions is not None
    assert conclusions.rows[0][0] == "alder leads"
    assert section.notes


@needs_real_data
def test_raters_of_a_real_table_make_a_chapter() -> None:
    section = made(raters.CHAPTER, real("raters/popquorn_offensiveness.csv"))
    assert [item.name for item in section.items] == [
        "raters-groups", "raters-variance", "raters-agreement",
    ]  # fmt: skip
    assert raters.CHAPTER.takes == "ratings"
    assert "13,036 ratings of 1,500 items by 262 raters" in section.lead


def test_numbers_of_people_have_the_digits_that_bear() -> None:
    assert people_needed(2485.9) == "2,500"
    assert people_needed(96) == "96"
    assert people_needed(float("inf")) == "no number"
    assert people_needed(1e9) == "over 10,000,000"
    assert probability(0.0341) == ".034"
    assert probability(0.0001) == "<.001"
    assert probability(float("nan")) == "–"
