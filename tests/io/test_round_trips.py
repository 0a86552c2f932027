"""Every reader gives back what its writer was given, whatever the content, plain and gzipped."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.io import strategies
from tests.real_data import needs_real_data, real

from manyvoices.io import (
    read_battles,
    read_messages,
    read_native,
    read_prism_conversations,
    read_trees,
    write_battles,
    write_messages,
    write_native,
    write_prism_conversations,
    write_trees,
)
from manyvoices.schema import PrismConversation, PrismMessage

on_any_content = settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)

FORMS: dict[str, tuple[Any, Callable[..., Any], Callable[..., Any]]] = {
    "trees": (strategies.trees(), read_trees, write_trees),
    "messages": (strategies.messages(), read_messages, write_messages),
    "battles": (strategies.battles, read_battles, write_battles),
    "native battles": (
        strategies.battles,
        read_battles,
        lambda battles, path: write_battles(battles, path, native=True),
    ),
    "PRISM conversations": (
        strategies.prism_conversations,
        read_prism_conversations,
        write_prism_conversations,
    ),
}


def _key(record: Any) -> Any:
    if (battle := getattr(record, "battle_id", None)) is not None:
        return battle
    for name in ("message_tree_id", "message_id", "conversation_id"):
        if isinstance(value := getattr(record, name, None), str) and not hasattr(record, "outcome"):
            return value
    return id(record)


@pytest.mark.parametrize("suffix", [".jsonl", ".jsonl.gz"])
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
    assert list(read(path)) == records


@on_any_content
@given(data=st.data())
def test_native_records_are_read_back(tmp_path: Path, data: st.DataObject) -> None:
    def some(kind: Any, key: Callable[[Any], Any]) -> list[Any]:
        return data.draw(st.lists(kind, max_size=3, unique_by=key))

    written = {
        "participants": some(strategies.participants, lambda r: r.participant_id),
        "answers": some(strategies.answers, lambda r: (r.participant_id, r.survey, r.question_id)),
        "conversations": some(strategies.conversations(), lambda r: r.conversation_id),
    }
    write_native(tmp_path, **written)
    release = read_native(tmp_path)
    assert {name: list(getattr(release, name)) for name in written} == written


def _documents(path: Path) -> list[str]:
    """Each line's content with the order of its keys, and without its spacing."""
    opener = gzip.open if path.suffix == ".gz" else open
    with opener(path, "rt", encoding="utf-8") as file:
        return [json.dumps(json.loads(line)) for line in file]


@needs_real_data
@pytest.mark.parametrize(
    ("name", "read", "write", "n_rows"),
    [
        ("oasst/en_100_tree.jsonl", read_trees, write_trees, 100),
        ("oasst/en_100_message.jsonl", read_messages, write_messages, 100),
        ("prism/conversation_c0.jsonl", read_prism_conversations, write_prism_conversations, 1),
    ],
)
@pytest.mark.parametrize("suffix", ["", ".gz"])
def test_real_files_are_written_back_equal_in_every_field_and_in_their_order(
    tmp_path: Path,
    name: str,
    read: Callable[[Path], Iterable[Any]],
    write: Callable[[Iterable[Any], Path], int],
    n_rows: int,
    suffix: str,
) -> None:
    copy = tmp_path / f"copy.jsonl{suffix}"
    assert write(read(real(name)), copy) == n_rows
    assert _documents(copy) == _documents(real(name))


@needs_real_data
def test_the_real_trees_and_the_real_messages_hold_the_same_nodes() -> None:
    def nodes(roots: Iterable[Any]) -> dict[str, tuple[str, str, int | None]]:
        found, stack = {}, list(roots)
        while stack:
            node = stack.pop()
            found[node.message_id] = (node.text, node.role, node.rank or None)
            stack += node.replies or []
        return found

    in_trees = nodes(tree.prompt for tree in read_trees(real("oasst/en_100_tree.jsonl")))
    in_messages = nodes(read_messages(real("oasst/en_100_message.jsonl")))
    assert len(in_trees) == 1167
    assert in_messages == in_trees


def test_absent_null_and_a_value_stay_three_things(tmp_path: Path) -> None:
    lines = [
        {"message_id": "a", "text": "t", "role": "prompter"},
        {"message_id": "b", "text": "t", "role": "prompter", "rank": None},
        {"message_id": "c", "text": "t", "role": "prompter", "rank": 0},
    ]
    path = tmp_path / "messages.jsonl"
    path.write_text("\n".join(map(json.dumps, lines)))
    write_messages(read_messages(path), tmp_path / "again.jsonl")
    assert _documents(tmp_path / "again.jsonl") == [json.dumps(line) for line in lines]


def test_flat_rows_with_arrays_are_the_same_messages(tmp_path: Path) -> None:
    nested = {
        "message_id": "a",
        "text": "t",
        "role": "assistant",
        "emojis": {"+1": 2, "_skip_reply": 1},
        "labels": {"spam": {"value": 0.0, "count": 3}},
    }
    flat = nested | {
        "emojis": {"name": ["+1", "_skip_reply"], "count": [2, 1]},
        "labels": {"name": ["spam"], "value": [0.0], "count": [3]},
    }
    (tmp_path / "nested.jsonl").write_text(json.dumps(nested))
    (tmp_path / "flat.jsonl").write_text(json.dumps(flat))
    messages = list(read_messages(tmp_path / "nested.jsonl"))
    assert list(read_messages(tmp_path / "flat.jsonl")) == messages
    write_messages(messages, tmp_path / "written.jsonl", flat=True)
    row = json.loads((tmp_path / "written.jsonl").read_text())
    assert {name: row[name] for name in flat} == flat
    assert "replies" not in row


def _nulls_kept(message: PrismMessage) -> PrismMessage:
    """The exported form has every field of every message."""
    absent = [f for f in message.__struct_fields__ if getattr(message, f) is msgspec.UNSET]
    return msgspec.structs.replace(message, **dict.fromkeys(absent))


@on_any_content
@given(record=strategies.prism_conversations)
def test_the_croissant_form_holds_the_same_conversation(
    tmp_path: Path, record: PrismConversation
) -> None:
    exported = msgspec.structs.replace(
        record,
        split="train",
        simulated=msgspec.UNSET,
        conversation_history=[_nulls_kept(m) for m in record.conversation_history],
    )
    path = tmp_path / "c.jsonl"
    write_prism_conversations([exported], path)
    assert b'"conversations/conversation_id"' in path.read_bytes()
    assert list(read_prism_conversations(path)) == [exported]


def test_a_writer_leaves_nothing_behind_when_its_records_fail(tmp_path: Path) -> None:
    def records() -> Iterable[Any]:
        yield {"fine": 1}
        raise RuntimeError("the source broke")

    with pytest.raises(RuntimeError, match="the source broke"):
        write_trees(records(), tmp_path / "trees.jsonl")  # type: ignore[arg-type]
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_was_there_survives_a_failed_write(tmp_path: Path) -> None:
    path = tmp_path / "trees.jsonl"
    path.write_text("as it was")
    with pytest.raises(ZeroDivisionError):
        write_trees((1 // 0 for _ in range(1)), path)  # type: ignore[misc]
    assert path.read_text() == "as it was"


def test_the_same_records_give_the_same_gzip_bytes(tmp_path: Path) -> None:
    rows = [{"n": n} for n in range(100)]
    for name in ("a.jsonl.gz", "b.jsonl.gz"):
        write_trees(rows, tmp_path / name)  # type: ignore[arg-type]
    assert (tmp_path / "a.jsonl.gz").read_bytes() == (tmp_path / "b.jsonl.gz").read_bytes()
