"""From trees to columns: equal to a plain recount, whatever the form and the order."""

from __future__ import annotations

import dataclasses
import gzip
import json
import random
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from benchmarks.synthetic.trees import Forest
from tests.real_data import needs_real_data, real

from manyvoices.analyse import NotEnough, Resampling, Settings
from manyvoices.analyse.trees import TreeDescription, describe_trees, flatten, read_columns
from manyvoices.curate.checks_duplicates import find_duplicates
from manyvoices.io import convert, write_grown, write_trees
from manyvoices.io.oasst_flat import below
from manyvoices.schema import DataError, Message, MessageTree

FEW = Settings(resampling=Resampling(50))
FILES = ("oasst/en_100_tree.jsonl", "oasst/en_100_message.jsonl")


def nodes(record: dict[str, Any], depth: int = 0) -> list[tuple[int, dict[str, Any]]]:
    """(depth, message) of a decoded line, without any of our readers."""
    root = record.get("prompt", record)
    return [(depth, root)] + [
        pair for reply in root.get("replies") or () for pair in nodes(reply, depth + 1)
    ]


def plain(value: Any) -> Any:
    """A result with arrays as lists, so that two can be compared."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {f.name: plain(getattr(value, f.name)) for f in dataclasses.fields(value)}
    if isinstance(value, np.ndarray):
        return [repr(x) for x in value.ravel().tolist()]
    if isinstance(value, tuple | list):
        return [plain(one) for one in value]
    return repr(value)


@needs_real_data
@pytest.mark.parametrize("name", FILES)
def test_real_trees_have_the_counts_of_a_plain_recount(name: str) -> None:
    lines = [json.loads(line) for line in real(name).open()]
    every = [[*nodes(record)] for record in lines]
    flat = [pair for tree in every for pair in tree]
    shape = describe_trees(real(name), FEW).shape
    assert (shape.n_trees, shape.n_messages) == (100, len(flat)) == (100, 1167)
    roles = Counter(message["role"] for _, message in flat)
    assert (shape.n_prompter, shape.n_assistant) == (roles["prompter"], roles["assistant"])
    assert shape.synthetic.n == sum(bool(message["synthetic"]) for _, message in flat) == 22
    assert dict(shape.size.counts) == Counter(len(tree) for tree in every)
    assert dict(shape.depth.counts) == Counter(max(d for d, _ in tree) for tree in every)
    assert dict(shape.depth.counts) == {1: 13, 2: 7, 3: 48, 4: 27, 5: 5}
    branches = Counter(len(m["replies"]) for _, m in flat if m.get("replies"))
    assert dict(shape.branching.counts) == branches
    leaves = [(d, m) for d, m in flat if not m.get("replies")]
    assert dict(shape.thread.counts) == Counter(d + 1 for d, _ in leaves)


@needs_real_data
@pytest.mark.parametrize("name", FILES)
def test_real_trees_have_the_numbers_that_training_counted(name: str) -> None:
    shape = describe_trees(real(name), FEW).shape
    assert shape.n_assistant_ends == 564
    assert (shape.ranked_set.n, shape.n_ranked, shape.n_ranked_pairs) == (212, 641, 754)
    assert round(shape.ranked_set.mean, 2) == 3.02
    assert shape.ranked_set.most == 9
    assert round(shape.assistant_thread.mean, 2) == 3.57


@needs_real_data
def test_real_emojis_are_summed_and_what_is_missing_is_said() -> None:
    found = describe_trees(real(FILES[0]), FEW)
    assert dict(found.moderation.total.emojis) == {
        "+1": 1825, "-1": 568, "_skip_reply": 1259, "_skip_labeling": 423, "_skip_ranking": 190,
        "red_flag": 6,
    }  # fmt: skip
    assert (found.contributors, found.activity, found.labels.rows) == (None, None, ())
    assert sum("No " in note for note in found.notes) == 3
    assert any("Only finished trees" in note for note in found.notes)


@pytest.fixture(scope="module")
def trees() -> list[MessageTree]:
    return list(Forest(seed=3, n_people=80).trees(700))  # type: ignore[arg-type]  # not native


def described(path: Path) -> TreeDescription:
    return describe_trees(path, FEW)


def test_every_form_of_one_file_gives_the_same_description(
    trees: list[MessageTree], tmp_path: Path
) -> None:
    path = tmp_path / "trees.jsonl"
    write_trees(trees, path)
    expected = plain(described(path))
    (tmp_path / "t.jsonl.gz").write_bytes(gzip.compress(path.read_bytes()))
    for name, form in (
        ("messages.jsonl", "oasst-messages"), ("flat.jsonl", "oasst-flat"),
        ("trees.parquet", "oasst-trees"),
    ):  # fmt: skip
        convert(path, tmp_path / name, form)
    for name in ("t.jsonl.gz", "messages.jsonl", "flat.jsonl", "trees.parquet"):
        found = plain(described(tmp_path / name))
        assert found | {"form": ""} == expected | {"form": ""}, name


def test_rows_in_any_order_are_gathered(trees: list[MessageTree], tmp_path: Path) -> None:
    write_trees(trees[:40], tmp_path / "trees.jsonl")
    convert(tmp_path / "trees.jsonl", tmp_path / "flat.jsonl", "oasst-flat")
    lines = (tmp_path / "flat.jsonl").read_text().splitlines()
    random.Random(1).shuffle(lines)
    (tmp_path / "mixed.jsonl").write_text("\n".join(lines))
    first, mixed = described(tmp_path / "flat.jsonl"), described(tmp_path / "mixed.jsonl")
    assert mixed.shape == first.shape
    assert mixed.repeats == first.repeats


@pytest.mark.parametrize("native", [False, True])
def test_the_order_of_trees_changes_nothing(native: bool, tmp_path: Path) -> None:
    trees = list(Forest(seed=5, n_people=60, native=native).trees(400))
    write: Any = write_grown if native else write_trees
    write(trees, tmp_path / "a.jsonl")
    random.Random(2).shuffle(trees)
    write(trees, tmp_path / "b.jsonl")
    assert plain(described(tmp_path / "a.jsonl")) == plain(described(tmp_path / "b.jsonl"))


def test_deleted_messages_and_models_are_counted_apart() -> None:
    reply = {"role": "assistant", "parent_id": "a"}
    replies = [
        Message(message_id="b", text="x", deleted=True, **reply),  # type: ignore[arg-type]
        Message(message_id="c", text="x", synthetic=True, **reply),  # type: ignore[arg-type]
    ]
    prompt = Message(message_id="a", text="x", role="prompter", replies=replies)
    from manyvoices.analyse.trees import describe_columns

    shape = describe_columns(flatten([MessageTree(message_tree_id="a", prompt=prompt)]), FEW).shape
    assert (shape.deleted.n, shape.synthetic.n, shape.n_messages) == (1, 1, 3)
    assert (shape.size.mean, shape.branching.mean, shape.languages[0].n_prompter) == (2, 1, 1)


def test_repeated_texts_are_those_that_curate_finds(trees: list[MessageTree]) -> None:
    from manyvoices.analyse.trees.activity import repeats_of

    found = repeats_of(flatten(trees))
    live = [m for tree in trees for m, _ in below(tree.prompt) if not m.deleted]
    n = 0
    for role in ("prompter", "assistant"):
        rows = [m for m in live if m.role == role]
        groups = find_duplicates(
            {"instance_id": [m.message_id for m in rows], "user_id": [m.user_id for m in rows],
             "text": [m.text for m in rows]}
        ).exact  # fmt: skip
        n += sum(len(group.instance_ids) - 1 for group in groups)
        assert getattr(found, role).n == sum(len(g.instance_ids) - 1 for g in groups)
    assert found.repeated.n == n > 0


def test_an_empty_folder_and_another_format_are_told_apart(tmp_path: Path) -> None:
    with pytest.raises(NotEnough, match="no message trees"):
        read_columns(tmp_path)
    path = tmp_path / "battles.jsonl"
    path.write_text('{"model_a": "x", "model_b": "y", "winner": "model_a"}\n')
    with pytest.raises(NotEnough, match="arena"):
        read_columns(path)
    path.write_text('{"message_tree_id": "a", "prompt": {"message_id": 5}}\n')
    with pytest.raises(DataError):
        read_columns(path)


def test_one_tree_gets_numbers_and_a_note(trees: list[MessageTree], tmp_path: Path) -> None:
    write_trees(trees[:1], tmp_path / "one.jsonl")
    found = described(tmp_path / "one.jsonl")
    assert found.shape.n_trees == 1
    assert any("One tree alone" in note for note in found.notes)
    assert np.isnan(found.shape.size.low)
