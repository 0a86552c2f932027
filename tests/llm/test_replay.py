"""Answers are recorded as they come and played back the same, without a network."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from manyvoices.design import ResponderSpec
from manyvoices.llm import ChatMessage, ChatRequest, FailureKind, ResponderError, build_responder


def asked(text: str, seed: int | None = 1) -> ChatRequest:
    return ChatRequest(messages=(ChatMessage("user", text),), seed=seed)


def replay(path: Path, **changes: Any) -> ResponderSpec:
    return ResponderSpec(id="fake", provider="replay", cassette=str(path), **changes)


def write(path: Path, *lines: dict[str, Any]) -> Path:
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    return path


async def test_what_was_recorded_is_played_back_the_same(
    endpoint: Any, spec: ResponderSpec, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("A_KEY", "sk-secret-0123456789")
    tape = tmp_path / "tape.jsonl"
    recorded = build_responder(
        spec.model_copy(update={"record": str(tape), "api_key_env": "A_KEY", "max_tokens": 9})
    )
    replies = [await recorded.respond(asked(t), timeout_s=10) for t in ("One", "Two ☂")]
    endpoint.status, endpoint.body = 500, b"no: sk-secret-0123456789"
    with pytest.raises(ResponderError) as broken:
        await recorded.respond(asked("Three"), timeout_s=10)
    await recorded.aclose()
    assert "sk-secret" not in tape.read_text()
    n_calls = len(endpoint.requests)

    player = build_responder(replay(tape))
    assert [await player.respond(asked(t), timeout_s=10) for t in ("One", "Two ☂")] == replies
    with pytest.raises(ResponderError) as played:
        await player.respond(asked("Three"), timeout_s=10)
    assert (played.value.kind, played.value.retryable) == (broken.value.kind, True)
    assert len(endpoint.requests) == n_calls


async def test_the_same_question_gets_its_answers_in_order_and_then_again(tmp_path: Path) -> None:
    said = {"messages": [["user", "Hi"]]}
    tape = write(tmp_path / "t", {**said, "text": "a"}, {**said, "text": "b"})
    player = build_responder(replay(tape))
    texts = [(await player.respond(asked("Hi", seed), timeout_s=60)).text for seed in (1, 2, 3)]
    assert texts == ["a", "b", "a"]


async def test_a_line_without_a_question_answers_any_but_an_exact_one_goes_first(
    tmp_path: Path,
) -> None:
    tape = write(
        tmp_path / "t",
        {"text": "any"},
        {"model": "another", "text": "not mine"},
        {"messages": [["user", "Hi"]], "seed": 1, "text": "exact"},
    )
    player = build_responder(replay(tape))
    assert (await player.respond(asked("Hi"), timeout_s=60)).text == "exact"
    assert (await player.respond(asked("Ho"), timeout_s=60)).text == "any"


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        ('{"messages": [["user", "Other"]], "text": "x"}\n', FailureKind.NOT_RECORDED),
        ("nonsense\n", FailureKind.MISCONFIGURED),
        ("[]\n", FailureKind.MISCONFIGURED),
        ('{"failure": "made up"}\n', FailureKind.MISCONFIGURED),
        (None, FailureKind.MISCONFIGURED),
        ('{"text": "  "}\n', FailureKind.EMPTY),
        ('{"failure": "rate_limited"}\n', FailureKind.RATE_LIMITED),
    ],
)
async def test_what_cannot_be_played_is_a_failure_of_its_kind(
    tmp_path: Path, content: str | None, kind: FailureKind
) -> None:
    tape = tmp_path / "tape.jsonl"
    if content is not None:
        tape.write_text(content)
    with pytest.raises(ResponderError) as caught:
        await build_responder(replay(tape)).respond(asked("Hi"), timeout_s=60)
    assert (caught.value.kind, caught.value.retryable) == (kind, False)


async def test_a_recorded_delay_is_played_where_it_is_asked_for(tmp_path: Path) -> None:
    tape = write(tmp_path / "t", {"text": "late", "latency_ms": 3_600_000})
    with pytest.raises(ResponderError) as caught:
        await build_responder(replay(tape, extra={"speed": 1})).respond(asked("Hi"), timeout_s=0.05)
    assert caught.value.kind is FailureKind.TIMEOUT
    assert (await build_responder(replay(tape)).respond(asked("Hi"), timeout_s=60)).text == "late"
