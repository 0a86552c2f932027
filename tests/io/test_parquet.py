"""Parquet holds the same rows as lines of JSON, and reads what others wrote."""

from __future__ import annotations

import datetime as dt
import sys
from pathlib import Path
from typing import Any

import msgspec
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.io import strategies

from manyvoices.io import parquet as parquet_module
from manyvoices.io import read_messages, validate, write_messages
from manyvoices.io.lines import read_records
from manyvoices.io.registry import get
from manyvoices.io.writing import write_records
from manyvoices.schema import DataError, MissingExtraError, PrismConversation, PrismUtterance

on_any_content = settings(
    max_examples=15,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
RECORDS: dict[str, tuple[Any, Any]] = {
    "oasst-trees": (strategies.trees(), lambda r: r.message_tree_id),
    "oasst-messages": (strategies.messages(), lambda r: r.message_id),
    "native-participants": (strategies.participants, lambda r: r.participant_id),
    "native-answers": (
        strategies.answers,
        lambda r: (r.participant_id, r.survey, r.question_id),
    ),
    "native-conversations": (strategies.conversations(), lambda r: r.conversation_id),
    "prism-conversations": (strategies.prism_conversations, lambda r: r.conversation_id),
}


@pytest.mark.parametrize("form", RECORDS)
@on_any_content
@given(data=st.data())
def test_what_is_written_is_read_back(tmp_path: Path, form: str, data: st.DataObject) -> None:
    strategy, key = RECORDS[form]
    records = data.draw(st.lists(strategy, min_size=1, max_size=3, unique_by=key))
    path = tmp_path / "records.parquet"
    format = get(form)
    assert format.write is not None
    assert format.write(records, path).n_rows == len(records)
    assert list(format.read(path)) == records


@on_any_content
@given(
    rows=st.lists(
        st.dictionaries(strategies.names, strategies.json_values, max_size=4),
        min_size=1,
        max_size=5,
    )
)
def test_rows_that_no_type_describes_keep_every_value_and_its_absence(
    tmp_path: Path, rows: list[dict[str, Any]]
) -> None:
    path = tmp_path / "rows.parquet"
    write_records(rows, path)
    assert list(read_records(path, msgspec.json.decode, dict)) == rows


def test_a_value_that_its_column_does_not_expect_is_kept_apart(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(parquet_module, "ROWS", 2)
    rows: list[dict[str, Any]] = [{"n": 1}, {"n": 2}, {"n": "three"}, {"n": 2**70, "new": [1]}]
    write_records(rows, tmp_path / "rows.parquet")
    assert list(read_records(tmp_path / "rows.parquet", msgspec.json.decode, dict)) == rows
    assert pq.ParquetFile(tmp_path / "rows.parquet").metadata.num_row_groups == 2


def test_columns_are_typed_by_the_record_and_free_values_say_that_they_are_json(
    tmp_path: Path,
) -> None:
    write_records([], tmp_path / "c.parquet", row=PrismConversation)
    schema = pq.read_schema(tmp_path / "c.parquet")
    assert schema.field("conversation_turns").type == pa.int64()
    history = schema.field("conversation_history").type.value_type
    assert history.field("role").type == pa.string()
    assert history.field("score").metadata == {b"manyvoices": b"opt number"}
    write_records([], tmp_path / "t.parquet", row=get_type("MessageTree"))
    replies = pq.read_schema(tmp_path / "t.parquet").field("prompt").type.field("replies")
    assert replies.type.value_field.metadata == {b"manyvoices": b"json"}


def get_type(name: str) -> Any:
    import manyvoices.schema as schema

    return getattr(schema, name)


def test_moments_are_timestamps(tmp_path: Path) -> None:
    import manyvoices.schema as schema

    write_records([], tmp_path / "p.parquet", row=schema.Participant)
    assert pq.read_schema(tmp_path / "p.parquet").field("started_at").type == pa.timestamp(
        "us", tz="UTC"
    )


def test_a_table_that_others_wrote_is_read(tmp_path: Path) -> None:
    rows = [
        {
            "message_id": "a",
            "parent_id": None,
            "text": "t",
            "role": "prompter",
            "emojis": {"name": ["+1"], "count": [2]},
            "labels": None,
            "detoxify": {"toxicity": 0.5, "insult": None},
        }
    ]
    pq.write_table(pa.Table.from_pylist(rows), tmp_path / "hub.parquet")
    (message,) = get("oasst-flat").read(tmp_path / "hub.parquet")
    assert (message.emojis, message.detoxify) == ({"+1": 2}, {"toxicity": 0.5})


def test_faults_name_the_row(tmp_path: Path) -> None:
    row = dict.fromkeys(PrismUtterance.__struct_fields__, "x")
    whole = {"turn": 0, "within_turn_id": 0, "score": 1.0, "if_chosen": True, "simulated": False}
    good = row | whole | {"included_in_balanced_subset": None}
    table = pa.Table.from_pylist([good, good | {"utterance_id": "y", "user_id": None}])
    pq.write_table(table, tmp_path / "u.parquet")
    report = validate(tmp_path / "u.parquet")
    assert [str(fault) for fault in report.faults] == [
        f"{tmp_path / 'u.parquet'}:2: user_id: found null, expected a string"
    ]


def test_a_broken_file_is_a_fault(tmp_path: Path) -> None:
    path = tmp_path / "m.parquet"
    write_records([{"a": 1}] * 100, path)
    path.write_bytes(path.read_bytes()[:-40])
    with pytest.raises(DataError, match="Parquet data that is broken"):
        list(read_messages(path))


def test_what_text_cannot_be_is_an_error_and_leaves_no_file(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="Parquet cannot hold"):
        write_records([{"text": "\ud800"}], tmp_path / "x.parquet")
    assert list(tmp_path.iterdir()) == []


def test_the_same_records_give_the_same_bytes(tmp_path: Path) -> None:
    rows = [{"n": n, "at": dt.datetime(2026, 1, 1).isoformat()} for n in range(5_000)]
    for name in ("a.parquet", "b.parquet"):
        write_records(rows, tmp_path / name)
    assert (tmp_path / "a.parquet").read_bytes() == (tmp_path / "b.parquet").read_bytes()


def test_without_pyarrow_the_extra_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(MissingExtraError, match="Parquet"):
        write_messages([], tmp_path / "m.parquet")
