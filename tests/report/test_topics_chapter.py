"""The chapter on topics: titles follow the evidence, figures draw at both widths."""

from __future__ import annotations

import numpy as np
import pytest
from tests.analyse.topics.planted import STOP, THEMES, planted

from manyvoices.analyse.resampling import Resampling
from manyvoices.analyse.topics import (
    ClusterSettings,
    Stability,
    Topic,
    TopicsResult,
    central_texts,
    representation,
    top_words,
    topic_prevalence,
)
from manyvoices.report.canvas import NARROW, WIDE
from manyvoices.report.drawn import draw_chapter
from manyvoices.report.section import Section
from manyvoices.report.sections.topics import CHAPTER
from manyvoices.report.topic_figures import factor_grid
from manyvoices.report.topic_grid import steps_between


def made_up(liking: float, *, regressed: bool = True, copies: int = 1) -> TopicsResult:
    """A result without UMAP: the planted topics are the found ones."""
    data = planted(200, liking=liking)
    labels = np.where(np.arange(len(data.texts)) % 9 == 0, -1, data.topics)
    plane = np.random.default_rng(0).normal(size=(len(labels), 2)) + 9 * labels[:, None]
    words = top_words(data.texts, labels, stop=frozenset(STOP))
    central = central_texts(data.texts, labels, plane)
    drawn = Resampling(n_resamples=100)
    groups = tuple(
        representation(
            labels, (data.rows[column] == levels[1]).to_numpy().astype(np.int64), data.people,
            column=column, label=column.replace("_", " ").capitalize(), levels=levels,
            resampling=drawn,
        )
        for column, levels in {
            "conversation_type": ("unguided", "values guided"), "gender": ("A", "B"),
        }.items()
    )  # fmt: skip
    columns = ("conversation_type", "gender", "region")
    topics = tuple(
        Topic(
            number=i + 1, name=name, n_texts=int((labels == i).sum()),
            n_people=len(set(data.people[labels == i])), words=words[i],
            closest=central[i][0], furthest=central[i][1],
        )
        for i, name in enumerate(THEMES)
    )  # fmt: skip
    return TopicsResult(
        n_texts=len(labels), n_people=200, n_outliers=int((labels < 0).sum()),
        topics=topics * copies, embedder="lsa-100", named_by="", settings=ClusterSettings(),
        stability=Stability((0.8, 0.9), (4, 5), (0.1, 0.2)), labels=labels, plane=plane,
        groups=groups if copies == 1 else (),
        prevalence=topic_prevalence(data.rows, labels, columns) if regressed else None,
        why_none="" if regressed else "Too few people.", min_group=20, resampling=drawn,
        compat=None,
    )  # fmt: skip


@pytest.fixture(scope="module")
def section() -> Section:
    return CHAPTER.render(made_up(0.25))


def test_a_planted_taste_is_in_the_titles(section: Section) -> None:
    titles = {item.name: item.title for item in section.items}
    (surest,) = next(item.notes for item in section.items if item.name == "topics-shares")
    assert "on “bread”, gender “A” writes" in surest
    assert "stand after correction" in titles["topics-coefficients"]


def test_where_groups_do_not_differ_no_title_says_so() -> None:
    titles = {item.name: item.title for item in CHAPTER.render(made_up(0.0)).items}
    assert titles["topics-coefficients"].split(", ")[1].startswith("0 of ")
    assert titles["topics-shares"].endswith("where chance alone makes about 1")


def test_stability_is_said_wherever_sizes_are_shown(section: Section) -> None:
    words = "2 further seeds agreed with this clustering to an adjusted Rand index of 0.85"
    assert words in section.lead
    assert words in next(i for i in section.items if i.name == "topics-prevalence").method


def test_every_item_says_how_many_and_how_and_names_its_parts_alike(section: Section) -> None:
    assert [item.source for item in section.items if item.source] == [
        "PRISM, Figure 3", "PRISM, Figure 26", "PRISM, Figures 3 and 23", "PRISM, Figure 27",
        "PRISM, Figure 24", "PRISM, Figure 25", "PRISM, Table 22",
    ]  # fmt: skip
    for item in section.items:
        assert item.n
        assert item.method
        assert item.name.startswith("topics-")
        assert item.table is None or item.table.name == item.name
        assert item.drawing is None or item.drawing.name == item.name
        assert item.drawing is None or item.drawing.alt
        if item.table is not None:
            assert {len(row) for row in item.table.rows} == {len(item.table.header)}


def test_figures_draw_at_both_widths_without_axes_that_collapse(section: Section) -> None:
    for item in section.items:
        if item.drawing is None:
            continue
        for width in (WIDE, NARROW):
            figure = item.drawing.draw(width)
            figure.draw_without_rendering()
            for axes in figure.axes:
                room = axes.get_window_extent().width / figure.bbox.width
                assert room > 0.3, (item.name, width)


def test_a_chapter_can_be_drawn_whole_and_twice_the_same(section: Section) -> None:
    first, second = draw_chapter(CHAPTER, section), draw_chapter(CHAPTER, section)
    assert first == second


def test_without_a_regression_the_chapter_says_why() -> None:
    section = CHAPTER.render(made_up(0.1, regressed=False))
    assert section.notes == ("Topics were not regressed on groups. Too few people.",)
    assert "topics-coefficients" not in {item.name for item in section.items}


def test_topics_that_figures_have_no_room_for_are_in_the_table() -> None:
    section = CHAPTER.render(made_up(0.1, regressed=False, copies=8))
    item = next(item for item in section.items if item.name == "topics-prevalence")
    assert item.notes == ("8 smaller topics only in the table.",)
    assert item.table is not None
    assert len(item.table.rows) == 33
    assert item.drawing is not None
    (bars,) = item.drawing.draw(WIDE).axes
    assert len(bars.patches) == 24


def test_shades_follow_ratios_and_dots_follow_the_regression() -> None:
    result = made_up(0.25)
    grid = factor_grid(result)
    place = {row.label: row.index for row in grid.rows if row.index is not None}
    assert grid.steps[place["A"], 0] > 0
    assert grid.steps[place["B"], 0] < 0
    assert grid.marks is not None
    assert grid.marks[place["A"], 0] or grid.marks[place["B"], 0]
    assert steps_between(np.array([np.nan, 0.5, 1.0, -3.0, 0.0]), (1, 2)).tolist() == [
        0,
        0,
        1,
        -2,
        0,
    ]
