"""The chapter of neighbourhoods says what was found, how many it stands on, and what is missing."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

pl = pytest.importorskip("polars")
pytest.importorskip("matplotlib")

from tests.analyse.neighbourhoods.releases import meeting  # noqa: E402

from manyvoices.analyse.dataset import Dataset  # noqa: E402
from manyvoices.analyse.neighbourhoods.study import NeighbourhoodStudy  # noqa: E402
from manyvoices.analyse.settings import Settings  # noqa: E402
from manyvoices.report.canvas import render  # noqa: E402
from manyvoices.report.section import Section  # noqa: E402
from manyvoices.report.sections.neighbourhoods import CHAPTER  # noqa: E402


@pytest.fixture(scope="module")
def dataset(tmp_path_factory: pytest.TempPathFactory) -> Dataset:
    return meeting(tmp_path_factory.mktemp("meeting"), n_people=60)


@pytest.fixture(scope="module")
def study(dataset: Dataset) -> NeighbourhoodStudy:
    return CHAPTER.compute(dataset, Settings())


@pytest.fixture(scope="module")
def section(study: NeighbourhoodStudy) -> Section:
    return CHAPTER.render(study)


def test_every_table_and_figure_of_the_paper_has_its_answer(section: Section) -> None:
    sources = {item.source for item in section.items}
    assert {f"PRISM, Table {n}" for n in (23, 24, 25)} <= sources
    assert {"PRISM, Figure 28", "PRISM, Figure 29"} <= sources
    for item in section.items:
        assert item.name.startswith("neighbourhoods-")
        assert item.title
        assert any(character.isdigit() for character in item.n)
        assert item.method
        assert item.table is None or item.table.name == item.name
        assert item.drawing is None or item.drawing.name == item.name


def test_the_table_shows_the_true_share_beside_prisms(
    section: Section, study: NeighbourhoodStudy
) -> None:
    rows = {row[0]: row[1:] for row in reversed(section.items[0].table.rows)}
    assert rows["Neighbourhoods"] == tuple(str(one.n) for one in study.prompts)
    assert "Neighbourhoods per text (PRISM's share)" in rows
    assert rows["Share of texts in one"][0] == f"{100 * study.prompts[0].share:.2f}%"


def test_tables_are_of_one_width(section: Section) -> None:
    for item in section.items:
        if item.table is not None:
            assert {len(row) for row in item.table.rows} == {len(item.table.header)}


def test_figures_can_be_drawn_twice_alike_and_say_what_they_show(section: Section) -> None:
    drawings = [item.drawing for item in section.items if item.drawing is not None]
    assert len(drawings) == 2
    for drawing in drawings:
        assert len(drawing.alt) > 60
        first, again = render(drawing), render(drawing)
        assert first.svg == again.svg
        assert first.png == again.png
        assert "nan" not in first.wide.lower().replace("nano", "")


def test_words_without_meaning_are_called_so(section: Section) -> None:
    assert any("latent semantic analysis" in note for note in section.notes)


def test_a_release_without_neighbours_says_what_it_lacks(dataset: Dataset) -> None:
    own = [f"alone{i} text{i} word{i}" for i in range(dataset.conversations.height)]
    lonely = replace(
        dataset, conversations=dataset.conversations.with_columns(opening_prompt=pl.Series(own))
    )
    section = CHAPTER.render(CHAPTER.compute(lonely, Settings()))
    names = [item.name for item in section.items]
    assert names[0] == "neighbourhoods-sizes"
    assert "neighbourhoods-diversity" not in names
    assert any("field sites" in note for note in section.notes)
    assert "0 neighbourhoods" in section.in_short[0]


def test_a_release_without_attributes_still_has_sizes_and_sites(dataset: Dataset) -> None:
    nameless = replace(dataset, people=dataset.people.select("user_id"))
    section = CHAPTER.render(CHAPTER.compute(nameless, Settings()))
    names = [item.name for item in section.items]
    assert "neighbourhoods-sites" in names
    assert "neighbourhoods-diversity" not in names
    assert any("survey answers" in note for note in section.notes)


def test_a_finding_follows_its_numbers(study: NeighbourhoodStudy) -> None:
    mixed = study.main_diversity
    assert mixed is not None
    alike = replace(mixed, total=np.full(len(mixed.k), -5.0))
    changed = replace(study, diversity=tuple(alike for _ in study.diversity))
    titles = [item.title for item in CHAPTER.render(changed).items]
    assert "On the whole, people of a neighbourhood are more alike than random people" in titles
