"""The chapter on message trees: every item says what it rests on, and nothing missing stops it."""

from __future__ import annotations

import pickle
from pathlib import Path

import pytest
from benchmarks.synthetic.trees import Forest
from tests.real_data import needs_real_data, real

from manyvoices.analyse import Resampling, Settings
from manyvoices.io import write_grown, write_trees
from manyvoices.report.canvas import render
from manyvoices.report.section import Section
from manyvoices.report.sections.trees import CHAPTER
from manyvoices.schema import LabelSummary, Message, MessageTree

FEW = Settings(resampling=Resampling(40))


def chapter(path: Path) -> Section:
    found = pickle.loads(pickle.dumps(CHAPTER.compute(path, FEW)))
    return CHAPTER.render(found)


@pytest.fixture(scope="module")
def native(tmp_path_factory: pytest.TempPathFactory) -> Section:
    path = tmp_path_factory.mktemp("trees") / "trees.jsonl"
    write_grown(Forest(seed=1, n_people=60, native=True).trees(600), path)  # type: ignore[arg-type]
    return chapter(path)


def test_every_item_says_its_numbers_its_method_and_its_place(native: Section) -> None:
    names = [item.name for item in native.items]
    assert len(set(names)) == len(names) > 10
    for item in native.items:
        assert item.name.startswith("trees-")
        assert item.n
        assert item.method.endswith((".", ")"))
        assert item.table is not None
        assert item.table.name == item.name
        assert {len(row) for row in item.table.rows} <= {len(item.table.header)}
        assert "<table" in item.table.to_html()
    drawn = {item.name for item in native.items if item.drawing}
    assert drawn == {
        f"trees-{name}"
        for name in (
            *("languages", "states", "sizes", "labels", "correlations", "ranking"),
            *("contributors", "activity"),
        )
    }
    assert not native.notes


def test_figures_are_drawn_at_both_widths_and_say_their_finding(native: Section) -> None:
    for item in native.items:
        if item.drawing is not None:
            assert len(item.drawing.alt) > 40
            picture = render(item.drawing)
            assert "<svg" in picture.wide
            assert "<svg" in picture.narrow


def test_figures_are_the_same_bytes_twice(native: Section) -> None:
    drawing = next(i.drawing for i in native.items if i.name == "trees-contributors")
    assert drawing is not None
    assert render(drawing).png == render(drawing).png


@needs_real_data
@pytest.mark.parametrize("name", ["en_100_tree", "en_100_message"])
def test_real_trees_without_labels_authors_and_dates_make_a_chapter(name: str) -> None:
    found = chapter(real(f"oasst/{name}.jsonl"))
    items = {item.name: item for item in found.items}
    assert items["trees-languages"].title == "Every message is in en"
    assert "564 different ones" in items["trees-sizes"].method
    assert "754 preference pairs" in items["trees-sizes"].method
    assert not items.keys() & {"trees-labels", "trees-contributors", "trees-activity"}
    assert len(found.notes) >= 4


def test_one_message_is_a_chapter(tmp_path: Path) -> None:
    prompt = Message(message_id="a", text="Why do apples fall down?", role="prompter")
    write_trees([MessageTree(message_tree_id="a", prompt=prompt)], tmp_path / "t.jsonl")
    found = chapter(tmp_path / "t.jsonl")
    assert found.lead.endswith("1 message in 1 tree and 1 language.")
    for item in found.items:
        if item.drawing is not None:
            assert render(item.drawing).png
    assert found.notes[0] == "One tree alone: intervals over trees cannot be given."


def test_other_shapes_of_files_are_drawn_too(tmp_path: Path) -> None:
    """Labels without scores, one day, one author: nothing that a figure could trip over."""
    given = {"spam": LabelSummary(value=0.0, count=3), "odd": LabelSummary(value=1.0, count=1)}
    trees = [
        MessageTree(
            message_tree_id=name,
            prompt=Message(
                message_id=name, text="x", role="prompter", user_id="u", created_date="2026-01-01",
                labels=given,
            ),
        )
        for name in "abc"
    ]  # fmt: skip
    write_trees(trees, tmp_path / "t.jsonl")
    found = chapter(tmp_path / "t.jsonl")
    titles = {item.name: item.title for item in found.items}
    assert titles["trees-correlations"].startswith("No two labels can be correlated")
    for item in found.items:
        if item.drawing is not None:
            assert render(item.drawing).png
