"""The chat-completions provider against a real server: answers, failures, limits, secrets."""

from __future__ import annotations

import asyncio
import json
import logging
import socket
import traceback
from typing import Any

import aiohttp
import pytest

from manyvoices.design import ResponderSpec
from manyvoices.llm import (
    PERSONAS,
    ChatMessage,
    ChatRequest,
    FailureKind,
    ResponderError,
    answer,
    build_responder,
)
from manyvoices.llm.providers.openai_compatible import MAX_BODY_BYTES, OpenAICompatibleResponder

KEY = "sk-secret-0123456789"


def request(text: str = "Hello?", **changes: Any) -> ChatRequest:
    return ChatRequest(messages=(ChatMessage("user", text),), **changes)


def with_changes(spec: ResponderSpec, **changes: Any) -> ResponderSpec:
    return ResponderSpec.model_validate({**spec.model_dump(), **changes})


async def fail(spec: ResponderSpec, *, timeout_s: float = 60) -> ResponderError:
    responder = build_responder(spec)
    try:
        with pytest.raises(ResponderError) as caught:
            await responder.respond(request(), timeout_s=timeout_s)
        return caught.value
    finally:
        await responder.aclose()


async def test_an_answer_comes_with_its_evidence(endpoint: Any, spec: ResponderSpec) -> None:
    responder = build_responder(spec)
    reply = await responder.respond(request("Good day"), timeout_s=60)
    await responder.aclose()
    assert reply.text == "Good day"
    assert (reply.finish_reason, reply.model_version) == ("stop", "fake-2026-01-01")
    assert (reply.prompt_tokens, reply.completion_tokens) == (11, 7)
    assert reply.latency_ms > 0
    assert responder.id == "fake"


async def test_the_request_is_sent_as_the_format_says(endpoint: Any, spec: ResponderSpec) -> None:
    spec = with_changes(spec, temperature=0.5, max_tokens=9, extra={"top_k": 5, "stop": ["x"]})
    responder = build_responder(spec)
    messages = (ChatMessage("system", "Be kind."), ChatMessage("user", "مرحبا 🙂"))
    asked = ChatRequest(messages=messages, temperature=0.9, top_p=0.7, seed=4, extra={"top_k": 6})
    await responder.respond(asked, timeout_s=60)
    await responder.aclose()
    assert endpoint.requests == [
        {
            "model": "fake-model",
            "messages": [
                {"role": "system", "content": "Be kind."},
                {"role": "user", "content": "مرحبا 🙂"},
            ],
            "temperature": 0.9,
            "top_p": 0.7,
            "max_tokens": 9,
            "seed": 4,
            "top_k": 6,
            "stop": ["x"],
        }
    ]
    assert endpoint.authorizations == [None]


async def test_what_is_not_said_is_not_sent(endpoint: Any, spec: ResponderSpec) -> None:
    responder = build_responder(with_changes(spec, extra={"max_completion_tokens": 5}))
    await responder.respond(request(max_tokens=9), timeout_s=60)
    await responder.aclose()
    assert set(endpoint.requests[0]) == {"model", "messages", "max_completion_tokens"}


@pytest.mark.parametrize("key", ["messages", "stream", "n"])
async def test_extra_cannot_replace_what_the_platform_needs(spec: ResponderSpec, key: str) -> None:
    error = await fail(with_changes(spec, extra={key: 1}))
    assert (error.kind, error.retryable) == (FailureKind.MISCONFIGURED, False)


@pytest.mark.parametrize(
    ("status", "kind", "retryable"),
    [
        (400, FailureKind.HTTP_ERROR, False),
        (401, FailureKind.REFUSED_CREDENTIALS, False),
        (403, FailureKind.REFUSED_CREDENTIALS, False),
        (404, FailureKind.HTTP_ERROR, False),
        (408, FailureKind.TIMEOUT, True),
        (422, FailureKind.HTTP_ERROR, False),
        (429, FailureKind.RATE_LIMITED, True),
        (500, FailureKind.HTTP_ERROR, True),
        (503, FailureKind.HTTP_ERROR, True),
        (504, FailureKind.TIMEOUT, True),
        (307, FailureKind.HTTP_ERROR, False),
    ],
)
async def test_every_status_is_a_kind_of_failure(
    endpoint: Any, spec: ResponderSpec, status: int, kind: FailureKind, retryable: bool
) -> None:
    endpoint.status, endpoint.headers = status, {"Location": "/v1/elsewhere"}
    endpoint.body = b'{"error": {"message": "No\\n luck"}}'
    error = await fail(spec)
    assert (error.kind, error.retryable) == (kind, retryable)
    assert f"HTTP {status}" in str(error)
    assert "\n" not in str(error)


@pytest.mark.parametrize(
    ("value", "least", "most"),
    [
        ("7", 7, 7),
        ("1.5", 1.5, 1.5),
        ("Fri, 01 Jan 2100 00:00:00 GMT", 1e9, 1e10),
        ("Sat, 01 Jan 2000 00:00:00 GMT", 0, 0),
    ],
)
async def test_the_time_to_wait_is_kept(
    endpoint: Any, spec: ResponderSpec, value: str, least: float, most: float
) -> None:
    endpoint.status, endpoint.headers, endpoint.body = 429, {"Retry-After": value}, b""
    error = await fail(spec)
    assert error.retry_after_s is not None
    assert least <= error.retry_after_s <= most


@pytest.mark.parametrize("value", ["soon", "-1", "", "1.2.3", "٣"])
async def test_a_time_to_wait_that_makes_no_sense_is_none(
    endpoint: Any, spec: ResponderSpec, value: str
) -> None:
    endpoint.status, endpoint.body = 503, b"{}"
    endpoint.headers = {"Retry-After": value}
    assert (await fail(spec)).retry_after_s is None


async def test_an_account_without_credit_is_not_asked_again(
    endpoint: Any, spec: ResponderSpec
) -> None:
    endpoint.status, endpoint.body = 429, b'{"error": {"code": "insufficient_quota"}}'
    error = await fail(spec)
    assert (error.kind, error.retryable) == (FailureKind.RATE_LIMITED, False)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html>Bad gateway</html>",
        b"{",
        b"\xff\xfe",
        b"null",
        b"[]",
        b"{}",
        b'{"choices": []}',
        b'{"choices": [null]}',
        b'{"choices": [{"message": null}]}',
        b'{"choices": [{"message": {"content": 3}}]}',
        b'{"choices": [{"message": {"content": [3]}}]}',
        b'{"error": {"message": "inside a 200"}}',
        b"[" * 100_000,
    ],
)
async def test_what_is_no_completion_is_malformed(
    endpoint: Any, spec: ResponderSpec, body: bytes
) -> None:
    endpoint.body = body
    error = await fail(spec)
    assert (error.kind, error.retryable) == (FailureKind.MALFORMED, True)
    assert len(str(error)) < 400


@pytest.mark.parametrize("content", ["", "  \n\t", None, [], [{"type": "text", "text": ""}]])
async def test_an_answer_without_text_is_empty_and_never_shown(
    endpoint: Any, spec: ResponderSpec, content: Any
) -> None:
    message = {"role": "assistant", "content": content, "refusal": None}
    document = {"choices": [{"message": message, "finish_reason": "content_filter"}]}
    endpoint.body = json.dumps(document).encode()
    error = await fail(spec)
    assert (error.kind, error.retryable) == (FailureKind.EMPTY, True)
    assert "content_filter" in str(error)


async def test_parts_and_refusals_are_text_too(endpoint: Any, spec: ResponderSpec) -> None:
    responder = build_responder(spec)
    document = {
        "choices": [{"message": {"content": [{"type": "text", "text": "a"}, {"text": "b"}]}}]
    }
    endpoint.body = json.dumps(document).encode()
    reply = await responder.respond(request(), timeout_s=60)
    assert reply.text == "ab"
    assert (reply.finish_reason, reply.prompt_tokens, reply.model_version) == (None, None, None)
    refusal = {"content": None, "refusal": "I cannot."}
    endpoint.body = json.dumps({"choices": [{"message": refusal}], "usage": None}).encode()
    assert (await responder.respond(request(), timeout_s=60)).text == "I cannot."
    await responder.aclose()


async def test_what_cannot_be_stored_is_dropped_from_a_text(
    endpoint: Any, spec: ResponderSpec
) -> None:
    endpoint.body = b'{"choices": [{"message": {"content": "a\\u0000b\\ud800c"}}]}'
    responder = build_responder(spec)
    assert (await responder.respond(request(), timeout_s=60)).text == "abc"
    await responder.aclose()


async def test_an_answer_without_end_is_not_read_to_its_end(
    endpoint: Any, spec: ResponderSpec
) -> None:
    endpoint.body = b" " * (MAX_BODY_BYTES + 1)
    error = await fail(spec)
    assert (error.kind, error.retryable) == (FailureKind.TOO_LARGE, False)


async def test_an_endpoint_that_hangs_is_left_in_time(endpoint: Any, spec: ResponderSpec) -> None:
    endpoint.hang = True
    error = await fail(spec, timeout_s=0.2)
    assert (error.kind, error.retryable) == (FailureKind.TIMEOUT, True)


async def test_a_connection_that_breaks_off_is_unreachable(
    endpoint: Any, spec: ResponderSpec
) -> None:
    endpoint.cut_off = True
    error = await fail(spec)
    assert (error.kind, error.retryable) == (FailureKind.UNREACHABLE, True)


async def test_nobody_listening_is_unreachable(spec: ResponderSpec) -> None:
    with socket.socket() as bound:  # And not listening.
        bound.bind(("127.0.0.1", 0))
        port = bound.getsockname()[1]
        error = await fail(with_changes(spec, base_url=f"http://127.0.0.1:{port}/v1"))
    assert (error.kind, error.retryable) == (FailureKind.UNREACHABLE, True)
    # A resolver that nobody answers gives up after half a minute.
    error = await fail(with_changes(spec, base_url="http://host.invalid/v1"), timeout_s=300)
    assert error.kind is FailureKind.UNREACHABLE


async def test_no_more_calls_are_under_way_than_the_study_allows(
    endpoint: Any, spec: ResponderSpec
) -> None:
    endpoint.delay_s, endpoint.together = 0.02, 3
    responder = build_responder(with_changes(spec, max_concurrency=3))
    calls = [responder.respond(request(str(n)), timeout_s=30) for n in range(20)]
    replies = await asyncio.gather(*calls)
    await responder.aclose()
    assert [reply.text for reply in replies] == [str(n) for n in range(20)]
    assert endpoint.most_under_way == 3


async def test_a_place_taken_by_a_hanging_call_comes_free_again(
    endpoint: Any, spec: ResponderSpec
) -> None:
    responder = build_responder(with_changes(spec, max_concurrency=1))
    endpoint.hang = True
    calls = [responder.respond(request(), timeout_s=0.2) for _ in range(3)]
    results = await asyncio.gather(*calls, return_exceptions=True)
    assert all(isinstance(r, ResponderError) and r.kind is FailureKind.TIMEOUT for r in results)
    endpoint.hang = False
    assert (await responder.respond(request("again"), timeout_s=60)).text == "again"
    await responder.aclose()


async def test_a_call_that_is_cancelled_is_cancelled(endpoint: Any, spec: ResponderSpec) -> None:
    endpoint.hang = True
    responder = build_responder(spec)
    task = asyncio.create_task(responder.respond(request(), timeout_s=60))
    assert await asyncio.to_thread(endpoint.asked.wait, 60)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    await responder.aclose()


async def test_closing_twice_is_safe_and_a_given_session_stays_open(
    endpoint: Any, spec: ResponderSpec
) -> None:
    own = build_responder(spec)
    await own.respond(request(), timeout_s=60)
    await own.aclose()
    await own.aclose()
    async with aiohttp.ClientSession() as session:
        shared = OpenAICompatibleResponder(spec, session=session)
        await shared.respond(request(), timeout_s=60)
        await shared.aclose()
        assert not session.closed


async def test_the_key_is_sent_and_stands_nowhere_else(
    endpoint: Any,
    spec: ResponderSpec,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG)
    monkeypatch.setenv("FAKE_KEY", f"{KEY}\n")
    keyed = with_changes(spec, api_key_env="FAKE_KEY")
    responder = build_responder(keyed)
    await responder.respond(request(), timeout_s=60)
    assert endpoint.authorizations == [f"Bearer {KEY}"]
    # A server that repeats the key, as some do, in an error and in what is no completion.
    said = [repr(responder), str(vars(responder)), repr(keyed)]
    for status in (401, 200):
        endpoint.status, endpoint.body = status, f"Incorrect API key: {KEY}".encode()
        with pytest.raises(ResponderError) as caught:
            await responder.respond(request(), timeout_s=60)
        assert "***" in str(caught.value)
        said.append("".join(traceback.format_exception(caught.value)))
    await responder.aclose()
    assert KEY not in " ".join([*said, caplog.text])


@pytest.mark.parametrize("value", [None, "", "  ", "ключ", "a\nb"])
async def test_a_key_that_is_missing_or_is_none_is_refused_without_a_call(
    endpoint: Any, spec: ResponderSpec, monkeypatch: pytest.MonkeyPatch, value: str | None
) -> None:
    monkeypatch.delenv("FAKE_KEY", raising=False)
    if value is not None:
        monkeypatch.setenv("FAKE_KEY", value)
    error = await fail(with_changes(spec, api_key_env="FAKE_KEY"))
    assert (error.kind, error.retryable) == (FailureKind.REFUSED_CREDENTIALS, False)
    assert "FAKE_KEY" in str(error)
    assert not value or not value.strip() or value not in str(error)
    assert not endpoint.requests


# The packaged persona server, asked by this provider


async def test_a_persona_behind_the_server_says_what_it_says_directly(
    persona_server_url: str, spec: ResponderSpec, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PERSONA_KEY", "persona-key")
    messages = (ChatMessage("system", "Be kind."), ChatMessage("user", "What about bread?"))
    for name, persona in PERSONAS.items():
        at_server = with_changes(
            spec, base_url=persona_server_url, model=name, api_key_env="PERSONA_KEY"
        )
        responder = build_responder(at_server)
        asked = ChatRequest(messages=messages, seed=5, max_tokens=30)
        reply = await responder.respond(asked, timeout_s=60)
        await responder.aclose()
        spoken = answer(persona, messages, seed=5, max_words=30)
        assert reply.text == spoken.text
        assert reply.finish_reason == spoken.finish_reason
        assert reply.completion_tokens == spoken.words
        assert reply.model_version == spoken.version


async def test_the_persona_server_refuses_as_the_real_one_does(
    persona_server_url: str, spec: ResponderSpec, monkeypatch: pytest.MonkeyPatch
) -> None:
    without_key = with_changes(spec, base_url=persona_server_url, model="brief")
    assert (await fail(without_key)).kind is FailureKind.REFUSED_CREDENTIALS
    monkeypatch.setenv("PERSONA_KEY", "persona-key")
    unknown = with_changes(without_key, model="gone", api_key_env="PERSONA_KEY")
    error = await fail(unknown)
    assert error.kind is FailureKind.HTTP_ERROR
    assert "does not exist" in str(error)


@pytest.mark.parametrize(
    "body",
    [
        "no json",
        [],
        {"model": "brief"},
        {"model": "brief", "messages": []},
        {"model": "brief", "messages": [{"role": "wizard", "content": "x"}]},
        {"model": "brief", "messages": [{"role": "user", "content": 3}]},
        {"model": "brief", "messages": [{"role": "user", "content": "x"}], "stream": True},
        {"model": "brief", "messages": [{"role": "user", "content": "x"}], "seed": "a"},
    ],
)
async def test_the_persona_server_says_what_is_wrong_with_a_request(
    persona_server_url: str, body: Any
) -> None:
    data = body if isinstance(body, str) else json.dumps(body)
    headers = {"Authorization": "Bearer persona-key", "Content-Type": "application/json"}
    async with aiohttp.ClientSession(headers=headers) as session:
        async with session.get(f"{persona_server_url}/models") as response:
            listed = await response.json()
        assert {model["id"] for model in listed["data"]} == set(PERSONAS)
        async with session.post(f"{persona_server_url}/chat/completions", data=data) as response:
            assert response.status == 400
            assert (await response.json())["error"]["message"]
