"""The chapter on ranks: what it says, and that every figure can be drawn at both widths."""

from __future__ import annotations

import itertools
import pickle
import re

import numpy as np
import pytest

pytest.importorskip("polars")

from tests.analyse.planted_ranks import planted

from manyvoices.analyse.ranks import rank_analysis
from manyvoices.analyse.resampling import Resampling
from manyvoices.analyse.settings import Settings
from manyvoices.report.canvas import NARROW, WIDE
from manyvoices.report.section import Section
from manyvoices.report.sections.rank_grids import Grid, square, steps_of
from manyvoices.report.sections.rank_groups import field_title
from manyvoices.report.sections.rank_lines import movers
from manyvoices.report.sections.ranks import CHAPTER

EVERY_SOURCE = ("Figure 4 A", "Figure 4 B", "Figure 4 C", "Figure 16", "Figure 17", "Figure 18",
                "Figure 19", "Figure 30", "Figure 31", "Figure 32", "Figure 33 (a)",
                "Figure 33 (b)", "Figure 34", "Figure 35", "Figure 36", "Figure 37 (a)",
                "Figure 37 (b)", "Figure 37 (c)", "Table 26", "Table 27")  # fmt: skip


@pytest.fixture(scope="module")
def result(tmp_path_factory):
    other = tmp_path_factory.mktemp("other") / "arena.jsonl"
    rng = np.random.default_rng(0)
    names = ("ash", "beech", "cedar", "oak")
    lines = []
    for _ in range(200):
        a, b = rng.choice(4, 2, replace=False)
        won = ("model_a", "model_b", "tie")[rng.integers(3)]
        lines.append(f'{{"model_a": "{names[a]}", "model_b": "{names[b]}", "winner": "{won}"}}\n')
    other.write_text("".join(lines))
    data = planted(n_people=130, balanced_people=120, p_question=0.3, p_refusal=0.1,
                   refusal_costs=10.0, per_character=0.02, lengths={"ash": 350},
                   reversed_group="Male", noise=25.0)  # fmt: skip
    return rank_analysis(data, Settings(resampling=Resampling(n_resamples=150), compare=other))


@pytest.fixture(scope="module")
def section(result) -> Section:
    return CHAPTER.render(pickle.loads(pickle.dumps(result)))


def test_every_figure_and_table_of_the_case_study_is_answered(section) -> None:
    sources = " / ".join(item.source for item in section.items)
    for name in EVERY_SOURCE:
        assert f"{name}" in sources, name


def test_items_say_how_many_and_how_and_have_names_of_their_own(section) -> None:
    names = [item.name for item in section.items]
    assert len(set(names)) == len(names)
    for item in section.items:
        assert re.fullmatch(r"ranks(-[a-z0-9]+)+", item.name)
        assert item.title
        assert item.n
        assert item.method.endswith((".", ")"))
        assert "nan" not in f"{item.title} {item.n} {item.method}".lower().split()
        if item.drawing is not None:
            assert item.drawing.name == item.name
            assert len(item.drawing.alt) > 20
        if item.table is not None:
            assert item.table.name == item.name
            assert all(len(row) == len(item.table.header) for row in item.table.rows)


@pytest.mark.parametrize("width", [WIDE, NARROW])
def test_labels_lie_within_figures_and_models_do_not_overlap(section, width) -> None:
    for item in section.items:
        if item.drawing is None:
            continue
        figure = item.drawing.draw(width)
        figure.canvas.draw()
        for axes in figure.axes:
            if not axes.get_visible():
                continue
            places = [text.get_window_extent() for text in axes.get_yticklabels()
                      if text.get_text() and text.get_visible()]  # fmt: skip
            places.sort(key=lambda box: box.y0)
            for below, above in itertools.pairwise(places):
                assert above.y0 - below.y1 > -2, f"{item.name}: labels overlap"
            for box in places:
                assert box.x0 > -3, f"{item.name}: a label is cut off"


def test_a_planted_difference_between_groups_is_told_on_top(section, result) -> None:
    gender = next(one for one in result.fields if one.column == "gender")
    assert gender.surprising()
    assert "for Male" in field_title(gender)
    assert "for Male" in section.in_short[0]
    age = next(one for one in result.fields if one.column == "age")
    assert not age.surprising()
    assert "no group moves a model further" in field_title(age)


def test_what_is_missing_is_said() -> None:
    found = rank_analysis(planted(n_people=12), Settings(resampling=Resampling(n_resamples=10)))
    section = CHAPTER.render(found)
    notes = " ".join(section.notes)
    assert "--compare" in notes
    assert "balanced subset" in notes
    assert "No field has two groups" in notes
    assert not any("Figure 37" in item.source for item in section.items)


def test_intervals_of_a_comparison_are_called_what_they_are(section) -> None:
    item = next(item for item in section.items if item.name == "ranks-other-centrality")
    assert "95% interval" in item.method
    assert "90% interval" in item.notes[0]


def test_shades_grow_with_the_distance_from_their_centre() -> None:
    values = np.array([[-10.0, -1.0, 0.0, 1.0, 10.0, np.nan]])
    grid = Grid(("r",), tuple("abcdef"), values, (), -10.0, 10.0, 0.0)
    assert steps_of(grid).tolist() == [[-5, -1, 0, 1, 5, 0]]
    one_colour = Grid(("r",), tuple("abcdef"), np.abs(values), (), 0.0, 10.0)
    assert steps_of(one_colour).tolist() == [[5, 1, 1, 1, 5, 0]]
    drawn = square(("a", "b"), np.array([[9.0, 0.5], [0.25, 9.0]]), str)
    assert drawn.texts == (("", "0.5"), ("0.25", ""))


def test_models_in_colour_are_those_that_move_most(result) -> None:
    moving = movers(result.methods.grid)
    spread = result.methods.grid.spread()
    assert list(spread[list(moving)]) == sorted(spread, reverse=True)[: len(moving)]
