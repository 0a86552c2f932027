"""An id that is used twice is found at whatever distance, in bounded memory."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from manyvoices.io import unique, validate
from manyvoices.io.unique import UniqueIds


@given(lines=st.lists(st.lists(st.sampled_from("abcdefghij"), min_size=1, max_size=4), max_size=9))
def test_every_id_that_comes_again_is_found_now_or_later(lines: list[list[str]]) -> None:
    late: list[tuple[int, int]] = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(unique, "RECENT", 3)
        ids = UniqueIds(lambda line, first: late.append((line, first)))
        now = []
        for number, names in enumerate(lines, start=1):
            if not ids.add(names, number):
                now.append(number)
                ids.add_new(names, number)
        ids.settle()
    seen: set[str] = set()
    again = []
    for number, names in enumerate(lines, start=1):
        if len(set(names)) < len(names) or seen & set(names):
            again.append(number)
        seen |= set(names)
    assert sorted({*now, *(line for line, _ in late)}) == again
    assert all(first < line for line, first in late)


def test_a_tree_that_comes_again_far_below_is_a_fault(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(unique, "RECENT", 50)
    trees = [
        {
            "message_tree_id": f"t{n}",
            "prompt": {"message_id": f"m{n}", "text": "", "role": "prompter"},
        }
        for n in range(400)
    ]
    path = tmp_path / "trees.jsonl"
    path.write_text("".join(json.dumps(tree) + "\n" for tree in [*trees, trees[7]]))
    found = sorted(str(fault).removeprefix(f"{path}:") for fault in validate(path).faults)
    assert found == [
        "401: message_id: found an id that is on line 8 already, expected an id that is used once",
        "401: message_tree_id: found an id that is on line 8 already, "
        "expected an id that is used once",
    ]
