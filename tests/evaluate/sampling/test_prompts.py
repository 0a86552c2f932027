"""Prompts come from lists of texts, studies, releases and other reports."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from tests.analyse.releases import Plan, write_release
from tests.evaluate.sampling.samples import plain_report
from tests.real_data import needs_real_data, real

from manyvoices.evaluate.sampling.config import PromptsConfig
from manyvoices.evaluate.sampling.prompts import Asked, read_prompts
from manyvoices.schema.errors import DataError, ManyvoicesError


def asked(folder: Path, name: str, text: str, **more: object) -> list[Asked]:
    path = folder / name
    path.write_text(text)
    return read_prompts(PromptsConfig.model_validate({"path": path, **more}))


def test_lines_of_texts_as_oasst_writes_them(tmp_path: Path) -> None:
    found = asked(tmp_path, "p.jsonl", '"How are you?"\n\n"What is tea?"\n"How are you?"\n')
    assert [(one.id, one.text) for one in found] == [
        ("p0001", "How are you?"),
        ("p0002", "What is tea?"),
    ]


def test_objects_lists_and_plain_lines_say_the_same(tmp_path: Path) -> None:
    rows = [{"id": "a", "text": "One?", "language": "de", "category": "x"}, {"prompt": "Two?"}]
    from_lines = asked(tmp_path, "p.jsonl", "\n".join(map(json.dumps, rows)), language="en")
    from_list = asked(tmp_path, "p.json", json.dumps(rows), language="en")
    assert from_lines == from_list
    assert [(one.id, one.language, one.category) for one in from_list] == [
        ("a", "de", "x"), ("p0002", "en", None),
    ]  # fmt: skip
    assert [one.text for one in asked(tmp_path, "p.txt", "One?\n\nTwo?\n")] == ["One?", "Two?"]


def test_what_was_said_before_becomes_turns(tmp_path: Path) -> None:
    row = {"text": "And now?", "earlier": ["Hello.", "Hello to you."]}
    (one,) = asked(tmp_path, "p.json", json.dumps([row]))
    assert [m.role for m in one.prompt().messages] == ["user", "assistant", "user"]


def test_a_report_and_a_study_give_their_prompts(tmp_path: Path) -> None:
    found = asked(tmp_path, "report.json", json.dumps(plain_report()))
    assert [one.text for one in found] == [p["prompt"] for p in plain_report()["prompts"]]


def test_some_are_drawn_with_a_seed_and_keep_their_order(tmp_path: Path) -> None:
    text = "\n".join(f"Question {i}?" for i in range(50))
    some = asked(tmp_path, "p.txt", text, most=5, seed=1)
    assert some == asked(tmp_path, "p.txt", text, most=5, seed=1)
    assert [one.id for one in some] == sorted(one.id for one in some)
    assert len(some) == 5


def test_faults_are_named_all_at_once(tmp_path: Path) -> None:
    with pytest.raises(DataError) as refused:
        asked(tmp_path, "p.jsonl", '""\n3\n{"text": "x", "earlier": ["odd"]}\n{"id": "no text"}\n')
    assert [fault.line for fault in refused.value.faults] == [1, 2, 3, 4]
    with pytest.raises(DataError, match="JSON on each line"):
        asked(tmp_path, "p.jsonl", '"fine"\n{broken\n')
    with pytest.raises(DataError, match="each id once"):
        asked(tmp_path, "p.json", '[{"id": "a", "text": "x"}, {"id": "a", "text": "y"}]')
    with pytest.raises(DataError, match="at least one prompt"):
        asked(tmp_path, "p.txt", "\n")


def test_a_release_gives_the_opening_messages_that_may_be_used(tmp_path: Path) -> None:
    release = write_release(tmp_path / "release", Plan(n_people=6, n_simulated=0))
    found = read_prompts(PromptsConfig(path=release))
    assert found
    assert all(one.text and not one.earlier for one in found)
    rehearsed = write_release(tmp_path / "rehearsed", Plan(n_people=6))
    with pytest.raises(ManyvoicesError):
        read_prompts(PromptsConfig(path=rehearsed))
    assert read_prompts(PromptsConfig(path=rehearsed, allow_simulated=True))


@needs_real_data
def test_the_prompts_of_oasst_and_of_its_trees_are_read() -> None:
    lottery = read_prompts(PromptsConfig(path=real("oasst/prompt_lottery_en_250_text.jsonl")))
    assert len(lottery) > 240
    trees = read_prompts(PromptsConfig(path=real("oasst/en_100_tree.jsonl")))
    assert len(trees) > 90
    assert all(not one.earlier for one in trees)
