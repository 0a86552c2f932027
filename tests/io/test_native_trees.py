"""Native files of message trees: read, told apart, validated in a release, and converted."""

from __future__ import annotations

import datetime as dt
import json
from collections import Counter
from pathlib import Path

import msgspec
import pytest
from tests.io.conftest import pilot

from manyvoices.io import (
    convert,
    detect_format,
    read_grown,
    read_trees,
    validate,
    write_grown,
    write_native,
    write_trees,
)
from manyvoices.io.converting import way
from manyvoices.io.writing import write_records
from manyvoices.schema import DataError, Label, Message, MessageTree, Ranking, TreeState
from manyvoices.schema.grown import GrownTree, MessageMore, ReviewGiven

NOW = dt.datetime(2026, 11, 21, tzinfo=dt.UTC)


def ranking(order: list[list[str]], person: str = "p1", parent: str = "a") -> Ranking:
    return Ranking(
        parent_id=parent, participant_id=person, ranking=order, created_at=NOW, simulated=False
    )


def review(message: str = "b", person: str = "p1") -> ReviewGiven:
    return ReviewGiven(
        message_id=message, participant_id=person, labels={"spam": 0.0, "quality": None},
        created_at=NOW, simulated=False,
    )  # fmt: skip


def grown(name: str = "a", **more: object) -> GrownTree:
    """A prompt with two replies."""
    replies = [
        Message(message_id=f"{name}{i}" if name != "a" else key, parent_id=name, text="Down.",
                role="assistant", lang="en", replies=[])
        for i, key in enumerate("bc")
    ]  # fmt: skip
    prompt = Message(message_id=name, text="Why?", role="prompter", lang="en", replies=replies)
    messages = [
        MessageMore(message_id=message.message_id, created_at=NOW) for message in (prompt, *replies)
    ]
    fields: dict[str, object] = {"reviews": [], "rankings": []}
    return GrownTree(
        tree=MessageTree(message_tree_id=name, tree_state=TreeState.RANKING, prompt=prompt),
        study_id="pilot", language="en", goal_size=3, is_scored=False, simulated=False,
        created_at=NOW, changed_at=NOW, messages=messages,
        **(fields | more),  # type: ignore[arg-type]
    )  # fmt: skip


def release(folder: Path, *trees: GrownTree) -> Path:
    write_native(folder, **pilot())
    write_grown(trees, folder / "native" / "trees.jsonl")
    return folder


def test_whole_trees_come_back_as_they_were_written(tmp_path: Path) -> None:
    trees = [grown(reviews=[review()], rankings=[ranking([["b", "c"]])]), grown("x")]
    for name in ("t.jsonl", "t.jsonl.gz", "t.parquet"):
        assert write_grown(trees, tmp_path / name) == 2
        assert list(read_grown(tmp_path / name)) == trees
        assert detect_format(tmp_path / name) == "native-trees"


def test_labels_and_rankings_are_formats_of_their_own(tmp_path: Path) -> None:
    label = Label(
        message_id="b", participant_id="p1", name="spam", value=0.0, created_at=NOW, simulated=False
    )
    for name, row in (("labels", label), ("rankings", ranking([["b"], ["c"]]))):
        write_records([row], tmp_path / f"{name}.jsonl")
        report = validate(tmp_path / f"{name}.jsonl")
        assert (report.format, report.faults) == (f"native-{name}", ())


def test_cannot_tell_with_a_value_is_a_fault(tmp_path: Path) -> None:
    row = Label(
        message_id="b", participant_id="p", name="spam", value=0.5, cannot_tell=True,
        created_at=NOW, simulated=False,
    )  # fmt: skip
    write_records([row], tmp_path / "labels.jsonl")
    [fault] = validate(tmp_path / "labels.jsonl").faults
    assert str(fault) == (
        f"{tmp_path}/labels.jsonl:1: value: found the number 0.5, expected null: the answer was"
        " that one cannot tell"
    )


def test_a_review_of_a_message_that_is_in_no_tree_is_a_fault(tmp_path: Path) -> None:
    path = tmp_path / "trees.jsonl"
    write_grown([grown(reviews=[review("nobody")], rankings=[ranking([["zz"]])])], path)
    with pytest.raises(DataError) as raised:
        list(read_grown(path))
    assert [fault.path for fault in raised.value.faults] == ["reviews[0].message_id", "rankings[0]"]
    assert raised.value.faults[0].expected == "the id of a message of this tree"


def test_an_id_that_comes_twice_is_a_fault(tmp_path: Path) -> None:
    path = tmp_path / "trees.jsonl"
    write_grown([grown(), grown()], path)
    with pytest.raises(DataError, match=r"tree\.message_tree_id"):
        list(read_grown(path))


def test_a_record_of_another_version_is_a_fault(tmp_path: Path) -> None:
    path = tmp_path / "trees.jsonl"
    write_grown([msgspec.structs.replace(grown(), schema_version="99")], path)
    with pytest.raises(DataError, match="schema_version"):
        list(read_grown(path))


def test_a_release_with_trees_is_validated_with_them(tmp_path: Path) -> None:
    who = pilot()["participants"][0].participant_id
    folder = release(tmp_path / "r", grown(reviews=[review("b", who)]))
    report = validate(folder, "native")
    assert not [fault for fault in report.faults if fault.file.endswith("trees.jsonl")]
    assert report.n_records["native/trees.jsonl"] == 1


def test_a_reviewer_whom_no_file_knows_is_a_fault(tmp_path: Path) -> None:
    folder = release(tmp_path / "r", grown(reviews=[review("b", "stranger")]))
    faults = [f for f in validate(folder, "native").faults if f.file.endswith("trees.jsonl")]
    assert [(f.line, f.path, f.found) for f in faults] == [
        (1, "reviews[0].participant_id", 'the string "stranger"')
    ]


def test_published_trees_of_a_release_are_checked_too(tmp_path: Path) -> None:
    folder = release(tmp_path / "r", grown())
    write_trees([grown().tree], folder / "oasst" / "trees.jsonl")
    with (folder / "oasst" / "trees.jsonl").open("a") as file:
        file.write(json.dumps({"message_tree_id": "q"}) + "\n")
    report = validate(folder, "native")
    assert report.n_records["oasst/trees.jsonl"] == 1
    assert [f.line for f in report.faults if f.file.endswith("oasst/trees.jsonl")] == [2]


def test_whole_trees_become_published_ones_and_every_loss_is_counted(tmp_path: Path) -> None:
    whole = grown(reviews=[review()], rankings=[ranking([["b"], ["c"]])])
    write_grown([whole], tmp_path / "whole.jsonl")
    done = convert(tmp_path / "whole.jsonl", tmp_path / "trees.jsonl", "oasst-trees")
    assert list(read_trees(tmp_path / "trees.jsonl")) == [whole.tree]
    lost = Counter(done.not_carried)
    assert (lost["reviews"], lost["rankings"]) == (1, 1)
    assert [step.target for step in way("grown", "messages") or ()] == ["trees", "messages"]


def test_single_rankings_are_taken_out_of_whole_trees(tmp_path: Path) -> None:
    rows = [ranking([["b"], ["c"]]), ranking([["c", "b"]], "p2")]
    write_grown([grown(rankings=rows)], tmp_path / "whole.jsonl")
    convert(tmp_path / "whole.jsonl", tmp_path / "rows.jsonl", "native-rankings")
    found = [json.loads(line)["ranking"] for line in (tmp_path / "rows.jsonl").open()]
    assert found == [[["b"], ["c"]], [["c", "b"]]]
