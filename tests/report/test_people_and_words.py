"""Both chapters as sections: every item has its numbers, its method and words for its figure."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.analyse.releases import write_release
from tests.real_data import needs_real_data, real

from manyvoices.analyse.dataset_reading import read_dataset
from manyvoices.analyse.settings import Settings
from manyvoices.report.canvas import NARROW, WIDE, render
from manyvoices.report.section import Section
from manyvoices.report.sections import people, words


def checked(section: Section) -> Section:
    names = [item.name for item in section.items]
    assert len(names) == len(set(names))
    for item in section.items:
        assert item.title
        assert item.n
        assert item.method
        assert "nan" not in item.title.lower().split()
        assert item.drawing or item.table
        if item.drawing is not None:
            assert item.drawing.name == item.name
            assert item.drawing.alt
            for width in (WIDE, NARROW):
                assert item.drawing.draw(width).get_figwidth() == pytest.approx(width)
        if item.table is not None:
            assert item.table.name == item.name
            widths = {len(row) for row in item.table.rows}
            assert widths <= {len(item.table.header)}
    return section


@pytest.fixture(scope="module")
def native(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_release(tmp_path_factory.mktemp("native"))


@pytest.mark.parametrize("chapter", [people.CHAPTER, words.CHAPTER], ids=lambda one: one.id)
def test_any_study_gets_the_chapter(native: Path, chapter: people.Chapter) -> None:
    found = chapter.compute(read_dataset(native), Settings())
    assert checked(chapter.render(found)).items


@needs_real_data
def test_prisms_tables_and_figures_are_all_answered(tmp_path: Path) -> None:
    from benchmarks.synthetic_prism import write_synthetic

    write_synthetic(tmp_path / "prism", seed=1, share=0.05)
    earlier = tmp_path / "earlier.csv"
    earlier.write_text(
        "population,column,level,share,n\nBai,gender,Female,46.4,28\nBai,gender,Male,53.6,28\n"
        "Ganguli,gender,Female,52.2,115\nGanguli,gender,Male,47.0,115\n"
    )
    census = (real("prism/census/uk.csv"), real("prism/census/us_census_aggregate.csv"))
    dataset = read_dataset(tmp_path / "prism")
    settings = Settings(references=(*census, earlier), compare=tmp_path / "prism", min_group=10)
    sections = [
        checked(chapter.render(chapter.compute(dataset, settings)))
        for chapter in (people.CHAPTER, words.CHAPTER)
    ]
    sources = " ".join(item.source for section in sections for item in section.items)
    for wanted in (5, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20):
        assert f"Table {wanted}" in sources or f"{wanted}" in sources.replace(",", " ").split()
    for wanted in (6, 7, 8):
        assert f"Figure {wanted}" in sources
    (beside,) = [item for item in sections[0].items if item.name == "people-against-all"]
    assert beside.table is not None
    assert beside.table.header == ("Category", "Bai", "Ganguli", "These people")


def test_a_figure_is_the_same_bytes_twice(native: Path) -> None:
    found = words.CHAPTER.compute(read_dataset(native), Settings())
    drawing = words.CHAPTER.render(found).items[0].drawing
    assert drawing is not None
    assert render(drawing).svg == render(drawing).svg
