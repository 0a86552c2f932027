"""Every pair of formats that claims to carry all carries all, whatever the content."""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec import UNSET
from tests.io import strategies
from tests.io.conftest import pilot
from tests.real_data import needs_real_data, real

from manyvoices.io import FORMATS, detect_format, read_trees, validate, write_native, write_trees
from manyvoices.io.converting import Apart, NotCarried, converters, way
from manyvoices.io.converting_files import convert, targets
from manyvoices.io.converting_trees import message_trees
from manyvoices.io.oasst_flat import below
from manyvoices.io.registry import Format, formats, get, register
from manyvoices.schema import DataError, Message, MessageTree

on_any_content = settings(
    max_examples=10,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
SUFFIXES = (".jsonl", ".jsonl.gz", ".parquet")
OTHER_FORMS = ("oasst-flat", "oasst-messages", "oasst-threads")


def published(message: Message, parent: str | None = None) -> Message:
    """A message as published trees have it: no nulls, no events, replies a list, its parent named.

    Only of such a tree does every other form say the same.
    """
    fields = {n: v for n in message.__struct_fields__ if (v := getattr(message, n)) is not None}
    replies = [published(reply, message.message_id) for reply in message.replies or ()]
    places = {"message_tree_id": UNSET, "tree_state": UNSET, "events": UNSET}
    parent_id = UNSET if parent is None else parent
    return Message(**(fields | places | {"replies": replies, "parent_id": parent_id}))


@st.composite
def published_trees(draw: st.DrawFn) -> list[MessageTree]:
    drawn = draw(st.lists(strategies.trees(), min_size=1, max_size=3))
    trees, seen = [], set[str]()
    for tree in drawn:
        prompt = published(tree.prompt)
        ids = [message.message_id for message, _ in below(prompt)]
        if len(set(ids)) == len(ids) and seen.isdisjoint(ids):
            seen.update(ids)
            state = UNSET if tree.tree_state is None else tree.tree_state
            trees.append(msgspec.structs.replace(tree, prompt=prompt, tree_state=state))
    return trees


@pytest.mark.parametrize("suffix", SUFFIXES)
@pytest.mark.parametrize("form", OTHER_FORMS)
@on_any_content
@given(trees=published_trees().filter(bool))
def test_trees_come_back_from_every_other_form(
    tmp_path: Path, form: str, suffix: str, trees: list[MessageTree]
) -> None:
    source, other, back = (tmp_path / n for n in ("t.jsonl", f"o{suffix}", "b.jsonl"))
    write_trees(trees, source)
    assert convert(source, other, form).not_carried == {}
    assert convert(other, back, "oasst-trees", from_=form).not_carried == {}
    assert list(read_trees(back)) == trees


@needs_real_data
@pytest.mark.parametrize("suffix", SUFFIXES)
@pytest.mark.parametrize("form", OTHER_FORMS)
def test_the_real_trees_come_back_from_every_other_form(
    tmp_path: Path, form: str, suffix: str
) -> None:
    there = convert(real("oasst/en_100_tree.jsonl"), tmp_path / f"o{suffix}", form)
    assert there.not_carried == {}
    assert validate(tmp_path / f"o{suffix}").ok
    assert detect_format(tmp_path / f"o{suffix}") == form
    back = convert(tmp_path / f"o{suffix}", tmp_path / "b.jsonl", "oasst-trees")
    assert (back.not_carried, back.gathered) == ({}, False)
    assert list(read_trees(tmp_path / "b.jsonl")) == list(
        read_trees(real("oasst/en_100_tree.jsonl"))
    )


@needs_real_data
@pytest.mark.parametrize("suffix", SUFFIXES)
@pytest.mark.parametrize(
    ("name", "form"),
    [
        ("oasst/en_100_tree.jsonl", "oasst-trees"),
        ("oasst/en_100_message.jsonl", "oasst-messages"),
        ("prism/conversation_c0.jsonl", "prism-conversations"),
        ("prism/conversation_c0.jsonl", "prism-conversations-flat"),
    ],
)
def test_real_records_come_back_with_every_field_equal(
    tmp_path: Path, name: str, form: str, suffix: str
) -> None:
    records = list(get(detect_format(real(name))).read(real(name)))
    done = convert(real(name), tmp_path / f"o{suffix}", form)
    assert done.not_carried == {}
    assert list(get(form).read(tmp_path / f"o{suffix}")) == records


@needs_real_data
def test_the_real_nested_messages_lose_only_their_nulls_in_a_table(tmp_path: Path) -> None:
    done = convert(real("oasst/en_100_message.jsonl"), tmp_path / "o.jsonl", "oasst-flat")
    assert list(done.not_carried) == ["nulls (absent when read back)"]
    convert(tmp_path / "o.jsonl", tmp_path / "b.jsonl", "oasst-trees")
    again = [tree.prompt for tree in read_trees(tmp_path / "b.jsonl")]
    messages = get("oasst-messages").read(real("oasst/en_100_message.jsonl"))
    assert again == [published(message) for message in messages]


@given(tree=published_trees().filter(bool), seed=st.integers(0, 99))
@on_any_content
def test_rows_in_any_order_make_the_same_tree_up_to_the_order_of_replies(
    tree: list[MessageTree], seed: int
) -> None:
    rows = [
        msgspec.structs.replace(message, replies=UNSET, message_tree_id=tree[0].message_tree_id)
        for message, _ in below(tree[0].prompt)
    ]
    random.Random(seed).shuffle(rows)
    lost = NotCarried()
    (found,) = message_trees(rows, lost)
    assert {m.message_id: p and p.message_id for m, p in below(found.prompt)} == {
        m.message_id: p and p.message_id for m, p in below(tree[0].prompt)
    }
    assert +lost == {}


def row(name: str, parent: str | None, tree: str | None = None) -> Message:
    named: Any = {} if tree is None else {"message_tree_id": tree}
    return Message(message_id=name, parent_id=parent, text=name, role="prompter", **named)


def test_rows_of_a_tree_that_stand_apart_must_be_gathered() -> None:
    rows = [row("a", None, "a"), row("x", None, "x"), row("b", "a", "a")]
    with pytest.raises(Apart):
        list(message_trees(rows, NotCarried()))
    trees = list(message_trees(rows, NotCarried(), gather=True))
    assert [len(tree.prompt.replies or ()) for tree in trees] == [1, 0]


def test_what_cannot_be_placed_in_a_tree_is_counted() -> None:
    rows = [row("a", None, "a"), row("c", "b", "a"), row("a2", None, "a"), row("a", None, "a")]
    rows[-1] = msgspec.structs.replace(rows[-1], text="other")
    lost = NotCarried()
    (tree,) = message_trees(rows, lost)
    assert tree.prompt.replies == []
    assert dict(+lost) == {
        "messages without a way up to a prompt": 1,
        "second prompts of one tree": 1,
        "messages that came twice, the second time with other content": 1,
    }


def test_rows_that_name_only_their_parents_are_joined_too() -> None:
    rows = [row("c", "b"), row("b", "a"), row("a", None), row("lost", "nobody")]
    lost = NotCarried()
    (tree,) = message_trees(rows, lost, gather=True)
    assert [m.message_id for m, _ in below(tree.prompt)] == ["a", "b", "c"]
    assert dict(+lost) == {"messages without a way up to a prompt": 1}


def test_a_native_release_becomes_prism_and_every_loss_is_named(tmp_path: Path) -> None:
    records = pilot()
    write_native(tmp_path / "n", **records, study={"study.yaml": "id: pilot\n"})
    done = convert(tmp_path / "n", tmp_path / "p", "prism")
    assert validate(tmp_path / "p").ok
    lost = done.not_carried
    assert lost["participants who withdrew"] == 1
    assert lost["unfinished conversations"] == 1
    assert lost["files of the study"] == 1
    assert lost["turn.seed"] == 5
    assert lost["participant.language"] == 3
    assert done.contents == ("release", "prism")


def test_a_native_release_is_copied_whole(tmp_path: Path) -> None:
    records = pilot()
    write_native(tmp_path / "n", **records, study={"study.yaml": "id: pilot\n"})
    done = convert(tmp_path / "n", tmp_path / "copy", "native")
    assert done.not_carried == {}
    assert (tmp_path / "copy/study.yaml").read_text() == "id: pilot\n"
    for name in ("participants", "answers", "conversations"):
        file = f"native/{name}.jsonl"
        assert (tmp_path / "copy" / file).read_bytes() == (tmp_path / "n" / file).read_bytes()


@pytest.mark.parametrize("suffix", SUFFIXES)
@pytest.mark.parametrize("name", ["participants", "answers", "conversations"])
def test_one_file_of_a_release_is_taken_out_and_the_others_are_counted(
    tmp_path: Path, name: str, suffix: str
) -> None:
    records = pilot()
    write_native(tmp_path / "n", **records)
    done = convert(tmp_path / "n", tmp_path / f"o{suffix}", f"native-{name}")
    assert list(get(f"native-{name}").read(tmp_path / f"o{suffix}")) == records[name]
    assert sum(done.not_carried.values()) == done.n_read - done.n_written


def test_faults_in_the_source_are_all_told_and_nothing_is_written(tmp_path: Path) -> None:
    (tmp_path / "t.jsonl").write_text('{"message_tree_id": "a"}\n' * 3)
    with pytest.raises(DataError) as error:
        convert(tmp_path / "t.jsonl", tmp_path / "o.parquet", "oasst-flat", from_="oasst-trees")
    assert len(error.value.faults) == 3
    assert not (tmp_path / "o.parquet").exists()


def test_a_folder_format_is_not_written_to_a_file(tmp_path: Path) -> None:
    write_native(tmp_path / "n", **pilot())
    with pytest.raises(DataError, match="a folder for prism"):
        convert(tmp_path / "n", tmp_path / "p.parquet", "prism")


def test_the_shortest_way_is_taken_and_no_way_is_none() -> None:
    assert [step.target for step in way("threads", "trees") or ()] == ["messages", "trees"]
    assert way("trees", "trees") == ()
    assert way("prism-metadata", "trees") is None


def test_every_converter_goes_between_contents_that_some_format_holds() -> None:
    contents = {known.content for known in formats().values()}
    for step in converters():
        assert {step.source, step.target} <= contents


def test_every_format_can_at_least_be_written_as_itself() -> None:
    for name in FORMATS:
        if formats()[name].write is not None:
            assert name in targets(name)


def test_a_name_can_be_taken_once() -> None:
    first = formats()["oasst-trees"]
    taken = Format(name="oasst-trees", looks_like="", content="trees", read=first.read)
    with pytest.raises(ValueError, match="two formats"):
        register(taken)


def test_detection_prefers_the_format_of_which_more_is_there(tmp_path: Path) -> None:
    rows = {"message_id": "a", "role": "prompter", "text": "t"}
    path = tmp_path / "rows.jsonl"
    path.write_text(json.dumps(rows))
    assert detect_format(path) == "oasst-messages"
    path.write_text(json.dumps(rows | {"emojis": {"name": [], "count": []}}))
    assert detect_format(path) == "oasst-flat"
