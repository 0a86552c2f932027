"""What others publish is read and written back: every record, and every column of every row."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.io import strategies_others as others
from tests.io.strategies import names, texts
from tests.real_data import needs_real_data, real

from manyvoices.io import (
    detect_format,
    read_battles,
    read_dialogues,
    read_hh,
    read_labelled,
    read_pairs,
    read_rated,
    write_battles,
    write_dialogues,
    write_hh,
    write_labelled,
    write_pairs,
    write_rated,
)

on_any_content = settings(
    max_examples=10,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)

FORMS: dict[str, tuple[Any, Callable[..., Any], Callable[..., Any]]] = {
    "trl-messages": (others.dialogues, read_dialogues, write_dialogues),
    "trl-preferences": (others.pairs, read_pairs, write_pairs),
    "trl-kto": (others.labelled, read_labelled, write_labelled),
    "rated": (others.rated, read_rated, write_rated),
}


def _key(record: Any) -> Any:
    if hasattr(record, "item_id"):
        return record.item_id, record.participant_id
    name = getattr(record, "dialogue_id", None)
    return id(record) if name is None else name


@pytest.mark.parametrize("suffix", [".jsonl.gz", ".parquet"])
@pytest.mark.parametrize("form", FORMS)
@on_any_content
@given(data=st.data())
def test_what_is_written_is_read_back(
    tmp_path: Path, form: str, suffix: str, data: st.DataObject
) -> None:
    records_strategy, read, write = FORMS[form]
    records = data.draw(st.lists(records_strategy, min_size=1, max_size=3, unique_by=_key))
    path = tmp_path / f"records{suffix}"
    assert write(records, path) == len(records)
    # The columns of a table stand in one order, and a row of another keeps its own.
    assert [others.plain(record) for record in read(path)] == records
    assert detect_format(path) == form


@pytest.mark.parametrize("suffix", [".csv", ".tsv.gz"])
@on_any_content
@given(records=st.lists(others.rated, min_size=1, max_size=3, unique_by=_key))
def test_a_table_of_text_holds_the_same_ratings(
    tmp_path: Path, suffix: str, records: list[Any]
) -> None:
    path = tmp_path / f"ratings{suffix}"
    # A carriage return alone is refused when read: it is the line end of files of another age.
    records = [r for r in records if r.text and not set(r.text) & {"\0", "\ufeff", "\r"}]
    if records:
        assert write_rated(records, path) == len(records)
        assert [others.plain(record) for record in read_rated(path)] == records


def _said(roles: st.SearchStrategy) -> st.SearchStrategy:
    return st.fixed_dictionaries({"content": texts, "role": roles}) | st.fixed_dictionaries(
        {"role": roles, "content": texts, "num_tokens": st.integers(0, 9)}
    )


ROWS = {
    "arena": (
        {
            "model_a": names,
            "model_b": names,
            "winner": st.sampled_from(["model_a", "tie", "tie (bothbad)", "tie (inconsistent)"]),
            "judge": names | st.integers(0, 9),
            "question_id": names | st.integers(0, 999),
            "conversation_a": st.lists(_said(st.sampled_from(["user", "assistant"])), max_size=2),
            "conversation_b": st.lists(_said(st.sampled_from(["user", "assistant"])), max_size=2),
            "anony": st.booleans(),
            "tstamp": others.numbers,
            "openai_moderation": st.dictionaries(names, others.json_values, max_size=2),
        },
        read_battles,
        write_battles,
    ),
    "trl-messages": (
        {
            "messages": st.lists(_said(st.just("user")), min_size=1, max_size=3),
            "tools": st.lists(others.json_values, max_size=2),
        },
        read_dialogues,
        write_dialogues,
    ),
    "trl-preferences": (
        {
            "chosen": st.lists(_said(st.just("assistant")), min_size=1, max_size=3),
            "rejected": st.lists(_said(st.just("assistant")), min_size=1, max_size=3),
            "margin": st.none() | st.integers(0, 9),
        },
        read_pairs,
        write_pairs,
    ),
    "trl-kto": (
        {"completion": texts, "prompt": texts, "label": st.booleans()},
        read_labelled,
        write_labelled,
    ),
    "hh": (
        {
            "chosen": texts.map("\n\nHuman: hi\n\nAssistant:{}".format),
            "rejected": texts.map("\n\nHuman: hi\n\nAssistant: {}".format),
        },
        read_hh,
        write_hh,
    ),
}


@pytest.mark.parametrize("suffix", [".jsonl", ".parquet"])
@pytest.mark.parametrize("form", ROWS)
@on_any_content
@given(data=st.data())
def test_every_column_of_somebody_elses_row_comes_back(
    tmp_path: Path, form: str, suffix: str, data: st.DataObject
) -> None:
    columns, read, write = ROWS[form]
    row_strategy = st.tuples(st.fixed_dictionaries(columns), others.extra_columns)
    rows = data.draw(st.lists(row_strategy.map(lambda both: both[0] | both[1]), min_size=1))
    path, again = tmp_path / "rows.jsonl", tmp_path / f"again{suffix}"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    records = list(read(path))
    assert write(records, again) == len(rows)
    assert list(map(others_plain, read(again))) == list(map(others_plain, records))
    if suffix == ".jsonl":
        assert [json.loads(line) for line in again.read_text().split("\n")[:-1]] == rows
        assert list(read(again)) == records


def others_plain(record: Any) -> Any:
    """Only the fields, since Parquet may give a row's columns in another order."""
    return {name: getattr(record, name) for name in record.__struct_fields__ if name != "published"}


@needs_real_data
@pytest.mark.parametrize(
    ("name", "read", "write", "n_rows"),
    [
        ("battles/mt_bench_human.jsonl", read_battles, write_battles, 3_355),
        ("battles/mt_bench_gpt4.jsonl", read_battles, write_battles, 2_400),
        ("preferences/hh_harmless_600.jsonl", read_hh, write_hh, 600),
        ("raters/popquorn_offensiveness.csv", read_rated, write_rated, 13_036),
    ],
)
@pytest.mark.parametrize("suffix", ["", ".parquet"])
def test_real_files_come_back_equal_in_every_field(
    tmp_path: Path,
    name: str,
    read: Callable[..., Any],
    write: Callable[..., Any],
    n_rows: int,
    suffix: str,
) -> None:
    copy, back = tmp_path / f"copy{suffix or Path(name).suffix}", tmp_path / Path(name).name
    assert write(read(real(name)), copy) == n_rows
    write(read(copy), back)
    if name.endswith(".csv"):
        assert back.read_bytes() == real(name).read_bytes()
        return
    written = [json.loads(line) for line in back.read_text().split("\n")[:-1]]
    assert written == [json.loads(line) for line in real(name).read_text().split("\n")[:-1]]


@needs_real_data
def test_hh_and_trl_hold_the_same_real_pairs(tmp_path: Path) -> None:
    source = real("preferences/hh_harmless_600.jsonl")
    write_pairs(read_hh(source), tmp_path / "trl.jsonl")
    write_hh(read_pairs(tmp_path / "trl.jsonl"), tmp_path / "hh.jsonl")
    written = [json.loads(line) for line in (tmp_path / "hh.jsonl").read_text().split("\n")[:-1]]
    assert written == [json.loads(line) for line in source.read_text().split("\n")[:-1]]
