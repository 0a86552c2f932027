"""Asking models: once for each question, every failure with its name, and on after a stop."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from manyvoices.design.responders import ResponderSpec
from manyvoices.evaluate.generating import FILE, Prompt, Setting, generate, outcomes
from manyvoices.llm.port import ChatMessage, ChatRequest, FailureKind, Reply, ResponderError
from manyvoices.schema.errors import DataError

GERMAN = "Das ist eine ganz gewöhnliche Antwort in deutscher Sprache, und sie ist lang genug."


class Scripted:
    """A fake for faults: real models do not fail on demand."""

    def __init__(self, spec: ResponderSpec, said: dict[str, Any], asked: list[str]) -> None:
        self.id, self._said, self._asked = spec.id, said, asked

    async def respond(self, request: ChatRequest, *, timeout_s: float) -> Reply:
        self._asked.append(self.id)
        said = self._said[self.id]
        if isinstance(said, list):
            said = said.pop(0)
        if isinstance(said, FailureKind):
            raise ResponderError(said, "no", retryable=said is FailureKind.HTTP_ERROR)
        return Reply(said, "stop", 1, 2, "v1", 3.0)

    def parameters(self, request: ChatRequest) -> dict[str, Any]:
        return {}

    async def aclose(self) -> None: ...


def model(name: str) -> ResponderSpec:
    return ResponderSpec(id=name, provider="scripted", persona="brief")


def prompt(name: str = "p", language: str | None = "en") -> Prompt:
    return Prompt(name, (ChatMessage("user", "What is a good answer?"),), language)


def ask(out: Path, said: dict[str, Any], **more: Any) -> tuple[list[Any], list[str]]:
    asked: list[str] = []
    models = [model(name) for name in said]
    found = generate(
        [prompt()], models, out, build=lambda spec: Scripted(spec, said, asked), **more
    )
    return found, asked


def test_real_personas_answer_every_prompt_in_every_setting(tmp_path: Path) -> None:
    settings = [Setting("short", max_tokens=5), Setting("long")]
    models = [model("one"), ResponderSpec(id="two", provider="scripted", persona="essayist")]
    found = generate([prompt("p"), prompt("q")], models, tmp_path, settings=settings, samples=2)
    assert len(found) == 2 * 2 * 2 * 2
    assert [(g.prompt_id, g.model, g.setting, g.sample) for g in found[:3]] == [
        ("p", "one", "short", 0), ("p", "one", "short", 1), ("p", "one", "long", 0),
    ]  # fmt: skip
    assert all(g.outcome == "answered" and g.text for g in found)


def test_every_way_of_not_answering_has_a_column_of_its_own(tmp_path: Path) -> None:
    said = {
        "fine": "This is a perfectly ordinary answer.",
        "slow": FailureKind.TIMEOUT,
        "mute": FailureKind.EMPTY,
        "foreign": GERMAN,
        "broken": FailureKind.MALFORMED,
    }
    found, _ = ask(tmp_path, said)
    assert [g.outcome for g in found] == [
        "answered", "timeout", "empty", "other_language", "failed",
    ]  # fmt: skip
    assert outcomes(found)["slow"] == {
        "answered": 0, "timeout": 1, "empty": 0, "other_language": 0, "failed": 0,
    }  # fmt: skip
    assert found[3].text == GERMAN
    assert found[3].language == "de"


def test_a_fault_that_passes_is_tried_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("manyvoices.evaluate.generating.PAUSE_S", 0.0)
    (one,), asked = ask(tmp_path, {"m": [FailureKind.HTTP_ERROR, "An answer at last."]})
    assert (one.outcome, one.n_tries, len(asked)) == ("answered", 2, 2)


def test_what_was_asked_is_not_asked_again_and_failures_only_on_demand(tmp_path: Path) -> None:
    said = {"fine": "This is an answer.", "mute": FailureKind.EMPTY}
    first, _ = ask(tmp_path, said)
    again, asked = ask(tmp_path, said)
    assert again == first
    assert asked == []
    _, asked = ask(tmp_path, said, again=True)
    assert asked == ["mute"]


def test_another_temperature_is_another_question(tmp_path: Path) -> None:
    said = {"m": "This is an answer."}
    ask(tmp_path, said)
    _, asked = ask(tmp_path, said, settings=[Setting(temperature=0.5)])
    assert asked == ["m"]


def test_a_line_cut_off_by_a_stop_is_asked_again_and_nothing_else(tmp_path: Path) -> None:
    said = {"one": "This is an answer.", "two": "This is another."}
    ask(tmp_path, said)
    file = tmp_path / FILE
    file.write_bytes(file.read_bytes()[:-20])
    found, asked = ask(tmp_path, said)
    assert len(asked) == 1
    assert [g.text for g in found] == list(said.values())
    assert len([json.loads(line) for line in file.read_text().splitlines()]) == 2


def test_a_spoilt_line_is_named(tmp_path: Path) -> None:
    (tmp_path / FILE).write_text('{"key": 1}\nnonsense\n')
    with pytest.raises(DataError, match=rf"{FILE}:1.*\n.*{FILE}:2"):
        ask(tmp_path, {"m": "This is an answer."})
