"""The chapter on welfare: titles follow the evidence, figures draw at both widths."""

from __future__ import annotations

import numpy as np
import pytest
from tests.analyse.welfare.tables_made_up import made_up, people, two_sided_plan

from manyvoices.analyse.resampling import Resampling
from manyvoices.analyse.settings import Settings
from manyvoices.analyse.welfare import WelfareResult, run_experiment
from manyvoices.report.canvas import NARROW, WIDE, render
from manyvoices.report.section import Section
from manyvoices.report.sections.welfare import CHAPTER


def result(few: list[float], *, noise: float = 15, resamples: int = 200) -> WelfareResult:
    group = (np.arange(160) % 8 > 4).astype(int)
    table = made_up(np.array([[85.0, 60.0, 40.0, 40.0], few]), group, noise=noise)
    settings = Settings(resampling=Resampling(n_resamples=resamples))
    return run_experiment((table,), people(group), two_sided_plan(), settings, n_draws=300)


@pytest.fixture(scope="module")
def planted() -> Section:
    return CHAPTER.render(result([10.0, 60.0, 80.0, 40.0]))


def titles(section: Section) -> dict[str, str]:
    return {item.name: item.title for item in section.items}


def test_harm_that_was_planted_is_in_the_titles(planted: Section) -> None:
    assert "The few lose when the others alone choose" in titles(planted)["welfare-all-harm"]
    assert "worse beyond chance" in titles(planted)["welfare-all"]


def test_where_groups_do_not_differ_no_title_says_so() -> None:
    same = CHAPTER.render(result([85.0, 60.0, 40.0, 40.0]))
    assert "no minority loses more than chance explains" in titles(same)["welfare-all-harm"]


def test_every_item_says_how_many_and_how_and_names_its_parts_alike(planted: Section) -> None:
    for item in planted.items:
        assert item.n
        assert item.method
        assert item.name.startswith("welfare")
        assert item.table is None or item.table.name == item.name
        assert item.drawing is None or item.drawing.name == item.name
        assert item.drawing is None or item.drawing.alt
        if item.table is not None:
            assert {len(row) for row in item.table.rows} == {len(item.table.header)}


def test_panels_stand_side_by_side_on_a_page_and_below_each_other_on_a_phone(
    planted: Section,
) -> None:
    drawing = next(item.drawing for item in planted.items if item.name == "welfare-all")
    assert drawing is not None
    wide, narrow = drawing.draw(WIDE), drawing.draw(NARROW)
    shapes = [one.axes[0].get_gridspec().get_geometry() for one in (wide, narrow)]
    assert shapes == [(1, 2), (2, 1)]
    assert render(drawing).svg == render(drawing).svg


def test_a_release_of_few_resamples_still_makes_a_chapter() -> None:
    section = CHAPTER.render(result([85.0, 60.0, 40.0, 40.0], resamples=0))
    assert {"welfare-all", "welfare-all-models"} <= set(titles(section))
