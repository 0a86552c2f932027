"""What a person is told when a file is wrong: where, what was found, what was expected."""

from __future__ import annotations

import contextlib
import gzip
import json
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.io.compared import comparison

from manyvoices.io import (
    MAX_FAULTS,
    FaultLog,
    read_battles,
    read_comparisons,
    read_messages,
    read_prism_conversations,
    read_trees,
    validate,
)
from manyvoices.io.native import read_native_file
from manyvoices.io.prism import read_prism_file
from manyvoices.schema import DataError, Fault

READERS: dict[str, Callable[[Path], Any]] = {
    "trees": read_trees,
    "messages": read_messages,
    "battles": read_battles,
    "PRISM conversations": read_prism_conversations,
}


def tree(name: str = "a", **prompt: Any) -> dict[str, Any]:
    base = {"message_id": name, "text": "Hello", "role": "prompter"}
    return {"message_tree_id": name, "prompt": base | prompt}


def fault_of(path: Path, line: bytes | str | dict[str, Any], read: Any = read_trees) -> Fault:
    """The one fault of a file whose second line is `line`, its first being right."""
    if isinstance(line, dict):
        line = json.dumps(line)
    raw = line.encode() if isinstance(line, str) else line
    first = b"" if read is not read_trees else json.dumps(tree("first")).encode()
    path.write_bytes(first + b"\n" + raw + b"\n")
    with pytest.raises(DataError) as caught:
        list(read(path))
    (fault,) = caught.value.faults
    assert (fault.file, fault.line) == (str(path), 2)
    return fault


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "data.jsonl"


def test_a_wrong_type_names_the_path_the_value_and_the_type(file: Path) -> None:
    reply = {"message_id": "b", "text": "Hi", "role": "assistant", "rank": "first"}
    fault = fault_of(file, tree(replies=[reply]))
    assert str(fault) == (
        f'{file}:2: prompt.replies[0].rank: found the string "first", expected an integer or null'
    )


def test_a_wrong_value_in_a_mapping_is_found_by_its_key(file: Path) -> None:
    fault = fault_of(file, tree(emojis={"+1": 2, "-1": "two"}))
    assert (fault.path, fault.found) == ("prompt.emojis.-1", 'the string "two"')


def test_a_missing_field_is_named(file: Path) -> None:
    line = tree()
    del line["prompt"]["text"]
    fault = fault_of(file, line)
    assert (fault.path, fault.found) == ("prompt.text", "nothing")


def test_an_unknown_field_suggests_the_one_that_was_meant(file: Path) -> None:
    fault = fault_of(file, tree(reveiw_count=3))
    assert (fault.path, fault.found) == ("prompt.reveiw_count", "an unknown field")
    assert (fault.expected, fault.hint) == ("a field of Message", "did you mean review_count?")


def test_a_value_outside_a_choice_lists_the_choice(file: Path) -> None:
    fault = fault_of(file, tree(role="bot"))
    assert (fault.path, fault.found) == ("prompt.role", 'the string "bot"')
    assert fault.expected == "one of assistant, prompter"
    assert "ready_for_export" in fault_of(file, tree() | {"tree_state": "done"}).expected


def test_invalid_json_names_the_column(file: Path) -> None:
    fault = fault_of(file, '{"message_tree_id": "ä", ]}')
    assert fault.found.startswith("invalid JSON at column 26")
    assert fault_of(file, '{"message_tree_id": "a"').found == (
        "invalid JSON at column 24: the line ends too early"
    )


def test_nan_is_explained(file: Path) -> None:
    line = json.dumps(tree(rank=float("nan")))
    assert fault_of(file, line).hint == "JSON has no NaN; write null"


def test_bytes_that_are_not_utf8_are_named(file: Path) -> None:
    line = json.dumps(tree(text="naïve"), ensure_ascii=False).encode("latin-1")
    fault = fault_of(file, line)
    assert fault.found.startswith("byte 0xef at column")
    assert fault.expected == "UTF-8 text"


def test_a_participants_words_are_cut_short_and_cannot_reach_the_terminal(file: Path) -> None:
    secret = "\x1b[31mI live at " + "x" * 500
    fault = fault_of(file, tree(rank=secret))
    assert "\x1b" not in fault.found
    assert fault.found.startswith('the string "\\u001b[31mI live at xxx')
    assert len(fault.found) <= len("the string ") + 60
    assert "x" * 60 not in str(fault)


def test_a_reply_that_names_another_parent_is_found_where_it_hangs(file: Path) -> None:
    inner = {"message_id": "c", "parent_id": "a", "text": "", "role": "prompter"}
    outer = {"message_id": "b", "parent_id": "a", "text": "", "role": "assistant"}
    fault = fault_of(file, tree(replies=[outer | {"replies": [inner]}]))
    assert fault.path == "prompt.replies[0].replies[0].parent_id"
    assert fault.found == 'the string "a"'
    assert fault.expected.startswith('the string "b"')


def test_a_prompt_has_no_parent(file: Path) -> None:
    assert fault_of(file, tree(parent_id="z")).path == "prompt.parent_id"


def test_an_id_used_twice_names_the_line_it_was_first_on(file: Path) -> None:
    line = tree("a", replies=[{"message_id": "first", "text": "", "role": "assistant"}])
    fault = fault_of(file, line)
    assert fault.path == "prompt.replies[0].message_id"
    assert fault.found == 'the string "first" again (first on line 1)'


def test_nesting_without_end_is_a_fault_and_not_a_crash(file: Path) -> None:
    head = '{"message_id":"a","text":"","role":"prompter","replies":['
    fault = fault_of(file, head * 5000 + "]}" * 5000, read_messages)
    assert fault.found == "values nested too deeply"


def test_a_list_on_a_line_is_explained(file: Path) -> None:
    fault = fault_of(file, json.dumps([tree()]))
    assert (fault.found, fault.expected) == ("a list of 1", "an object")
    assert "one record to a line" in fault.hint


def test_a_winner_that_is_not_known_is_a_fault_and_never_a_tie(file: Path) -> None:
    fault = fault_of(file, {"model_a": "x", "model_b": "y", "winner": "draw"}, read_battles)
    assert (fault.path, fault.found) == ("winner", 'the string "draw"')
    assert "tie (bothbad)" in fault.expected
    missing = fault_of(file, {"model_a": "x", "model_b": "y"}, read_battles)
    assert (missing.path, missing.found) == ("winner", "nothing")


def test_a_record_of_a_newer_version_says_so(file: Path) -> None:
    line = {"schema_version": "2", "participant_id": "p", "shoe_size": 44}
    file.write_text(json.dumps(line))
    with pytest.raises(DataError, match="a newer manyvoices wrote this file"):
        list(read_native_file(file, "participants"))


def test_a_moment_without_its_time_zone_is_refused(file: Path) -> None:
    line = {
        "participant_id": "p",
        "study_id": "s",
        "consent_version": None,
        "consented_at": "2026-01-31T09:30:00",
        "language": "en",
        "simulated": False,
        "status": "active",
        "started_at": "2026-01-31T09:30:00Z",
    }
    file.write_text(json.dumps(line))
    with pytest.raises(
        DataError, match=r"consented_at: found .* expected a date and time with its"
    ):
        list(read_native_file(file, "participants"))


def test_a_survey_row_needs_its_user_once(file: Path) -> None:
    file.write_text('{"age": "18-24"}\n{"user_id": "u"}\n{"user_id": "u"}\n{"user_id": 4}\n')
    with pytest.raises(DataError) as caught:
        list(read_prism_file(file, "survey"))
    assert [fault.line for fault in caught.value.faults] == [1, 3, 4]


def test_the_croissant_history_must_be_a_literal_and_nothing_is_run(file: Path) -> None:
    line = {
        "conversations/split": "train",
        "conversations/conversation_id": "c",
        "conversations/conversation_history": "__import__('os').abort()",
    }
    fault = fault_of(file, line, read_prism_conversations)
    assert fault.path.endswith("conversation_history")
    assert "literal" in fault.expected


@pytest.mark.parametrize("reader", READERS)
def test_good_records_come_before_the_faults_are_raised(file: Path, reader: str) -> None:
    good = {
        "trees": tree(),
        "messages": tree()["prompt"],
        "battles": {"model_a": "x", "model_b": "y", "winner": "tie"},
        "PRISM conversations": _prism_conversation(),
    }[reader]
    file.write_text("{}\n" + json.dumps(good) + "\n[]\n")
    stream = READERS[reader](file)
    next(stream)
    with pytest.raises(DataError) as caught:
        next(stream)
    assert [fault.line for fault in caught.value.faults] == [1, 3]


def test_without_strictness_bad_lines_are_left_out_and_logged(file: Path) -> None:
    file.write_text("{}\n" + json.dumps(tree()) + "\n")
    log = FaultLog()
    assert len(list(read_trees(file, strict=False, log=log))) == 1
    assert [fault.line for fault in log.faults] == [1]


def test_faults_beyond_the_limit_are_counted(file: Path) -> None:
    file.write_text("{}\n" * (MAX_FAULTS + 23))
    with pytest.raises(DataError) as caught:
        list(read_trees(file))
    assert len(caught.value.faults) == MAX_FAULTS
    assert str(caught.value).endswith("... and 23 more faults that are not listed")


@pytest.mark.parametrize("reader", READERS)
def test_files_that_cannot_be_read_say_why(tmp_path: Path, reader: str) -> None:
    text = json.dumps(tree()).encode() + b"\n"
    cut = random.Random(0).randbytes(20_000).hex().encode()
    files = {
        "empty": b"",
        "blank": b"\n \n",
        "truncated.gz": gzip.compress(cut)[:-900],
        "plain.gz": text,
    }
    for name, content in files.items():
        (tmp_path / name).write_bytes(content)
    expected = {
        "empty": "an empty file",
        "blank": "an empty file",
        "truncated.gz": "gzip data that is broken or ends too early",
        "plain.gz": "gzip data that is broken or ends too early",
        "absent": "no file of that name",
        ".": "a folder",
    }
    for name, found in expected.items():
        with pytest.raises(DataError) as caught:
            list(READERS[reader](tmp_path / name))
        assert [fault.found for fault in caught.value.faults] == [found]


def test_gzip_is_told_from_the_content_and_a_byte_order_mark_is_passed_over(tmp_path: Path) -> None:
    line = json.dumps(tree()).encode()
    (tmp_path / "packed.jsonl").write_bytes(gzip.compress(line))
    (tmp_path / "marked.jsonl").write_bytes(b"\xef\xbb\xbf" + line)
    packed, marked = (list(read_trees(tmp_path / f"{n}.jsonl")) for n in ("packed", "marked"))
    assert packed == marked
    assert len(packed) == 1


def _prism_conversation() -> dict[str, Any]:
    return {
        "conversation_id": "c0",
        "user_id": "user0",
        "conversation_type": "unguided",
        "opening_prompt": "Hello",
        "conversation_turns": 1,
        "conversation_history": [{"turn": 0, "role": "user", "content": "Hello"}],
        "performance_attributes": {"values": None, "safety": 88},
        "choice_attributes": {"values": 4},
        "open_feedback": "Fine.",
        "generated_datetime": "2023-11-22 15:55:46",
        "timing_duration_s": 401.07,
        "timing_duration_mins": 6.68,
        "included_in_balanced_subset": False,
    }


def _croissant_conversation() -> dict[str, Any]:
    row = {f"conversations/{name}": value for name, value in _prism_conversation().items()}
    history = [{"conversations/conversation_history/turn": 0, "role": b"user", "content": b"Hi"}]
    row["conversations/conversation_history"] = repr(history)
    return {"conversations/split": "train"} | row


SEEDS = [
    tree(replies=[{"message_id": "b", "text": "Hi", "role": "assistant", "emojis": {"+1": 1}}]),
    tree()["prompt"],
    {"message_id": "a", "text": "", "role": "prompter", "emojis": {"name": ["+1"], "count": [1]}},
    {"model_a": "x", "model_b": "y", "winner": "tie", "question_id": 81, "judge": "j"},
    _prism_conversation(),
    _croissant_conversation(),
    {"participant_id": "p", "started_at": "2026-01-31T09:30:00Z", "schema_version": "1"},
    msgspec.to_builtins(comparison(order=[[1], [0]])),
]

ALL: list[Callable[[Path], Any]] = [
    *READERS.values(),
    lambda path: read_native_file(path, "participants"),
    lambda path: read_native_file(path, "answers"),
    lambda path: read_native_file(path, "conversations"),
    read_comparisons,
    lambda path: read_prism_file(path, "survey"),
    lambda path: read_prism_file(path, "utterances"),
    lambda path: read_prism_file(path, "metadata"),
]

_junk = st.sampled_from(
    [None, True, -1, 1.5, 10**40, 1e308, "", "x" * 200, [], {}, [[]], {"a": [None]}, "\x00\x1b"]
)


def _paths(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    inner = value.items() if isinstance(value, dict) else enumerate(value)
    found = [path] if path else []
    if isinstance(value, dict | list):
        for key, child in inner:
            found += (
                _paths(child, (*path, key)) if isinstance(child, dict | list) else [(*path, key)]
            )
    return found


def _replace(document: Any, path: tuple[Any, ...], value: Any) -> Any:
    copy = json.loads(json.dumps(document))
    target = copy
    for key in path[:-1]:
        target = target[key]
    target[path[-1]] = value
    return copy


fuzz = settings(
    max_examples=150,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


def _only_data_errors(path: Path) -> None:
    for read in ALL:
        with contextlib.suppress(DataError):
            list(read(path))
    # The path, the value and the hint are each kept short, whatever the file holds.
    assert all(len(str(fault)) < 2000 for fault in validate(path).faults)


@fuzz
@given(data=st.data())
def test_any_value_in_any_place_raises_data_errors_only(tmp_path: Path, data: Any) -> None:
    seed = data.draw(st.sampled_from(SEEDS))
    place = data.draw(st.sampled_from(_paths(seed)))
    path = tmp_path / "fuzz.jsonl"
    path.write_text(json.dumps(_replace(seed, place, data.draw(_junk))))
    _only_data_errors(path)


@fuzz
@given(data=st.data())
def test_any_change_of_bytes_raises_data_errors_only(tmp_path: Path, data: Any) -> None:
    line = bytearray(json.dumps(data.draw(st.sampled_from(SEEDS))).encode())
    for _ in range(data.draw(st.integers(1, 4))):
        start = data.draw(st.integers(0, len(line) - 1))
        line[start : start + data.draw(st.integers(0, 5))] = data.draw(st.binary(max_size=5))
        line = line or bytearray(b"{")
    path = tmp_path / "fuzz.jsonl"
    path.write_bytes(bytes(line))
    _only_data_errors(path)


@fuzz
@given(content=st.binary(max_size=60))
def test_any_bytes_at_all_raise_data_errors_only(tmp_path: Path, content: bytes) -> None:
    for name, raw in {"a.jsonl": content, "b.jsonl.gz": b"\x1f\x8b" + content}.items():
        (tmp_path / name).write_bytes(raw)
        _only_data_errors(tmp_path / name)
