"""The chapter on scores and attributes: titles say what the numbers say, figures draw twice."""

from __future__ import annotations

import pytest
from tests.analyse.releases import Plan, write_release

from manyvoices.analyse.dataset_reading import read_dataset
from manyvoices.analyse.resampling import Resampling
from manyvoices.analyse.settings import Settings
from manyvoices.report.canvas import NARROW, WIDE
from manyvoices.report.section import Item, Section
from manyvoices.report.sections.scores import CHAPTER


@pytest.fixture(scope="module")
def section(tmp_path_factory: pytest.TempPathFactory) -> Section:
    plan = Plan(n_people=90, n_turns=3)
    dataset = read_dataset(write_release(tmp_path_factory.mktemp("made-up"), plan))
    found = CHAPTER.compute(dataset, Settings(resampling=Resampling(n_resamples=40)))
    return CHAPTER.render(found)


def items(section: Section) -> dict[str, Item]:
    return {item.name: item for item in section.items}


def test_figures_nine_to_fifteen_are_all_answered(section: Section) -> None:
    answered = {item.source for item in section.items}
    assert answered == {f"PRISM, Figure {number}" for number in range(9, 16)}


def test_every_item_says_how_many_and_how_and_its_parts_have_its_name(section: Section) -> None:
    for item in section.items:
        assert item.n
        assert item.method
        assert item.name.startswith("scores-")
        assert item.drawing is not None
        assert item.drawing.name == item.name
        assert item.drawing.alt
        if item.table is not None:
            assert item.table.name == item.name
            assert {len(row) for row in item.table.rows} == {len(item.table.header)}


def test_the_three_correlations_stand_beside_each_other_under_their_names(section: Section) -> None:
    table = items(section)["scores-correlations"].table
    assert table is not None
    assert table.header[2:] == ("Between people", "Within people", "Pooled (PRISM's figure)")
    stated = [row for row in table.rows if "stated" in row[0] or "stated" in row[1]]
    assert stated
    assert all(row[3] == "–" for row in stated)


def test_every_figure_is_drawn_for_a_page_and_for_a_phone(section: Section) -> None:
    for item in section.items:
        assert item.drawing is not None
        for width in (WIDE, NARROW):
            figure = item.drawing.draw(width)
            assert figure.get_size_inches()[0] == width


def test_a_study_without_follow_ups_or_groups_still_has_a_chapter(tmp_path) -> None:
    dataset = read_dataset(write_release(tmp_path, Plan(n_people=12, n_turns=1)))
    found = CHAPTER.render(CHAPTER.compute(dataset, Settings(resampling=Resampling(n_resamples=0))))
    assert "scores-groups" not in items(found)
    assert any("no group" in note for note in found.notes)
    assert "later ones" not in items(found)["scores-persons"].title
