"""Texts of a release: the same ones whatever form it is in, each with a name of its own."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.curate.pilot import conversation, make_release, pilot, turn, utterance

from manyvoices.curate.texts import SCHEMA, instance_id, text_instances, write_shards
from manyvoices.io.prism import read_prism
from manyvoices.schema import DataError


def rows_of(folder: Path, **settings: Any) -> list[dict[str, Any]]:
    return [row for batch in text_instances(folder, **settings) for row in batch.to_pylist()]


@pytest.fixture
def release(tmp_path: Path) -> Path:
    return make_release(tmp_path / "release")


def test_every_text_is_there_once_with_the_keys_to_find_it_by(release: Path) -> None:
    rows = rows_of(release)
    names = [row["instance_id"] for row in rows]
    assert len(set(names)) == len(names)
    by_kind = {kind: [r for r in rows if r["column_id"] == kind] for kind in names_of(rows)}
    assert [row["text"] for row in by_kind["system_string"]] == ["Be kind."]
    assert [row["text"] for row in by_kind["open_feedback"]] == ["Good enough."]
    assert {row["model_name"] for row in by_kind["model_response"]} >= {"model-u1", "model-u2"}
    assert all(row["utterance_id"] is None for row in by_kind["user_prompt"])


def names_of(rows: list[dict[str, Any]]) -> set[str]:
    return {row["column_id"] for row in rows}


def test_who_has_withdrawn_is_not_read(release: Path) -> None:
    assert "cy" not in {row["user_id"] for row in rows_of(release)}


def test_a_native_release_and_its_prism_form_hold_the_same_texts(tmp_path: Path) -> None:
    """But for unfinished conversations and prompts that nobody answered: PRISM leaves them out."""
    keep = [c for c in pilot()["conversations"] if c.conversation_id == "talk"]
    native = make_release(tmp_path / "release", conversations=keep)
    left_out = {"user_prompt/ada/talk/talk-1"}

    def told(folder: Path) -> dict[str, Any]:
        return {r["instance_id"]: r for r in rows_of(folder) if r["text"] is not None}

    here, there = told(native), told(native / "prism")
    assert {name: row for name, row in here.items() if name not in left_out} == there


def test_prisms_metadata_has_a_row_for_each_text(release: Path) -> None:
    prism = release / "prism"
    told = {row["instance_id"] for row in rows_of(prism) if row["text"] is not None}
    named = {
        instance_id(m.column_id, m.user_id, m.conversation_id, m.interaction_id, m.utterance_id)
        for m in read_prism(prism).metadata
    }
    assert told == named


def test_a_question_named_like_a_column_of_prism_takes_no_other_texts_name(tmp_path: Path) -> None:
    from tests.curate.pilot import answer

    extra = answer("ada", "open_feedback", "text", "About the survey.")
    release = make_release(tmp_path / "release", answers=[*pilot()["answers"], extra])
    names = [row["instance_id"] for row in rows_of(release)]
    assert len(set(names)) == len(names)


@given(a=st.lists(st.text(min_size=1), min_size=2, max_size=5), b=st.data())
def test_no_two_keys_share_a_name(a: list[str], b: Any) -> None:
    other = b.draw(st.lists(st.text(min_size=1), min_size=2, max_size=5))
    assert (instance_id(*a) == instance_id(*other)) == (a == other)


@pytest.mark.parametrize("batch_rows", [1, 2, 1000])
def test_batches_of_any_size_hold_the_same_rows(release: Path, batch_rows: int) -> None:
    assert rows_of(release, batch_rows=batch_rows) == rows_of(release)
    assert all(b.schema == SCHEMA for b in text_instances(release, batch_rows=batch_rows))


@settings(deadline=None, max_examples=30)
@given(
    sizes=st.lists(st.integers(0, 7), max_size=8),
    rows=st.integers(1, 9),
)
def test_shards_hold_the_rows_of_the_batches_in_their_order(sizes: list[int], rows: int) -> None:
    import tempfile

    n, batches = 0, []
    for size in sizes:
        names = pa.array([f"{n + i}" for i in range(size)], pa.string())
        columns = [*[names for _ in SCHEMA.names[:-1]], pa.array([True] * size, pa.bool_())]
        batches.append(pa.RecordBatch.from_arrays(columns, schema=SCHEMA))
        n += size
    with tempfile.TemporaryDirectory() as folder:
        tables = [pq.read_table(p) for p in write_shards(batches, Path(folder), rows=rows)]
    assert all(table.num_rows == rows for table in tables[:-1])
    ids = [name for table in tables for name in table["instance_id"].to_pylist()]
    assert ids == [str(i) for i in range(n)]


def test_shards_are_the_same_bytes_each_time(release: Path, tmp_path: Path) -> None:
    first, second = (
        write_shards(text_instances(release, batch_rows=size), tmp_path / str(size), rows=3)
        for size in (2, 5)
    )
    assert [p.read_bytes() for p in first] == [p.read_bytes() for p in second]


def test_shards_of_an_earlier_run_do_not_stay(release: Path, tmp_path: Path) -> None:
    write_shards(text_instances(release), tmp_path / "s", rows=1)
    paths = write_shards(text_instances(release), tmp_path / "s", rows=1000)
    assert sorted((tmp_path / "s").iterdir()) == paths


def test_a_folder_that_is_no_release_is_named(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="native/, or PRISM's"):
        rows_of(tmp_path)


def test_an_utterance_id_of_two_conversations_names_two_texts(tmp_path: Path) -> None:
    twice = [
        conversation(name, "ada", [turn(0, [utterance("u1", 0, "Hello.")])]) for name in ("a", "b")
    ]
    rows = rows_of(make_release(tmp_path / "release", conversations=twice))
    assert len({row["instance_id"] for row in rows if row["utterance_id"] == "u1"}) == 2
