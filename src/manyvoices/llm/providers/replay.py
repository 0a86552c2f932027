"""Record what models answer, and play it back: to develop a study without a key or a network.

A cassette is a JSONL file, one line per answer or failure, in the order of the calls. A request is
found again by what is asked: the messages, the parameters and the seed. Where the same was asked
several times, the answers come in the order of recording and then from the first again.

A line may leave out `seed`, `messages` or both; it then fits any: ``{"text": "Hello."}`` alone is a
model that always says the same. No key is ever in a cassette.
"""

from __future__ import annotations

import asyncio
import json
import os
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from manyvoices.design.responders import ResponderSpec
from manyvoices.llm.port import (
    ChatRequest,
    FailureKind,
    Reply,
    Responder,
    ResponderError,
    check_length,
)

MAX_PLAYED_DELAY_S = 60.0


class ReplayResponder:
    """The answers of a cassette. Reads it at the first call.

    ``extra: {speed: 1}`` plays each answer after its recorded latency, divided by `speed`; without
    it there is no delay.
    """

    def __init__(self, spec: ResponderSpec) -> None:
        if spec.cassette is None:
            message = f"{spec.id} names no cassette"
            raise ResponderError(FailureKind.MISCONFIGURED, message, retryable=False)
        self._spec = spec
        self._path = Path(spec.cassette)
        self._lines: dict[str, list[dict[str, Any]]] | None = None
        self._played: dict[str, int] = {}
        self._places = asyncio.Semaphore(spec.max_concurrency)

    @property
    def id(self) -> str:
        """The model's id in the study."""
        return self._spec.id

    def __repr__(self) -> str:
        return f"ReplayResponder({self.id!r}, {str(self._path)!r})"

    def parameters(self, request: ChatRequest) -> dict[str, Any]:
        """Which recording, and which of its answers."""
        return {"cassette": self._path.name, "seed": request.seed}

    async def respond(self, request: ChatRequest, *, timeout_s: float) -> Reply:
        """The recorded answer, or the recorded failure; NOT_RECORDED where there is none."""
        line = self._next(request)
        try:
            async with asyncio.timeout(timeout_s), self._places:
                await asyncio.sleep(self._delay_s(line))
        except TimeoutError:
            message = f"{self.id} gave no answer within {timeout_s:g} s"
            raise ResponderError(FailureKind.TIMEOUT, message, retryable=True) from None
        if (failure := line.get("failure")) is not None:
            kind = FailureKind(failure)
            raise ResponderError(kind, "recorded", retryable=bool(line.get("retryable", False)))
        text = str(line.get("text") or "")
        if not text.strip():
            raise ResponderError(FailureKind.EMPTY, "recorded without a text", retryable=False)
        return Reply(
            text=check_length(text),
            finish_reason=line.get("finish_reason"),
            prompt_tokens=line.get("prompt_tokens"),
            completion_tokens=line.get("completion_tokens"),
            model_version=line.get("model_version"),
            latency_ms=float(line.get("latency_ms") or 0.0),
        )

    async def aclose(self) -> None:
        """Nothing is held."""

    def _next(self, request: ChatRequest) -> dict[str, Any]:
        lines = self._load()
        for key in _keys(request):
            if found := lines.get(key):
                played = self._played.get(key, 0)
                self._played[key] = played + 1
                return found[played % len(found)]
        message = f"{self._path.name} holds no answer of {self.id} to this request"
        raise ResponderError(FailureKind.NOT_RECORDED, message, retryable=False)

    def _load(self) -> dict[str, list[dict[str, Any]]]:
        if self._lines is None:
            self._lines = {}
            for line in _read(self._path):
                if line.get("model") in (None, self.id):
                    key = _key(line.get("messages"), line.get("seed"))
                    self._lines.setdefault(key, []).append(line)
        return self._lines

    def _delay_s(self, line: Mapping[str, Any]) -> float:
        speed = self._spec.extra.get("speed")
        if not isinstance(speed, int | float) or isinstance(speed, bool) or speed <= 0:
            return 0.0
        return min(float(line.get("latency_ms") or 0.0) / 1000 / speed, MAX_PLAYED_DELAY_S)


class Recording:
    """A responder whose answers and failures are added to a cassette as they come."""

    def __init__(self, inner: Responder, path: str | Path) -> None:
        self._inner = inner
        self._path = Path(path)

    @property
    def id(self) -> str:
        """The model's id in the study."""
        return self._inner.id

    def __repr__(self) -> str:
        return f"Recording({self._inner!r}, {str(self._path)!r})"

    def parameters(self, request: ChatRequest) -> dict[str, Any]:
        """Those of the recorded model."""
        return self._inner.parameters(request)

    async def respond(self, request: ChatRequest, *, timeout_s: float) -> Reply:
        """As the recorded model."""
        started = time.monotonic()
        try:
            reply = await self._inner.respond(request, timeout_s=timeout_s)
        except ResponderError as error:
            waited_ms = (time.monotonic() - started) * 1000
            # The message is left out: it is the one place in which a server's own words stand.
            self._add(
                request,
                {
                    "failure": error.kind.value,
                    "retryable": error.retryable,
                    "latency_ms": waited_ms,
                },
            )
            raise
        self._add(
            request,
            {
                "text": reply.text,
                "finish_reason": reply.finish_reason,
                "prompt_tokens": reply.prompt_tokens,
                "completion_tokens": reply.completion_tokens,
                "model_version": reply.model_version,
                "latency_ms": reply.latency_ms,
            },
        )
        return reply

    async def aclose(self) -> None:
        """Close the recorded model."""
        await self._inner.aclose()

    def _add(self, request: ChatRequest, outcome: dict[str, Any]) -> None:
        line = {
            "model": self.id,
            "messages": _said(request),
            "seed": request.seed,
            "parameters": self.parameters(request),
            **outcome,
        }
        encoded = (json.dumps(line, ensure_ascii=False) + "\n").encode("utf-8", "replace")
        # One write to a file opened for appending: lines of several writers do not mix.
        handle = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        try:
            os.write(handle, encoded)
        finally:
            os.close(handle)


def _said(request: ChatRequest) -> list[list[str]]:
    return [[m.role, m.content] for m in request.messages]


def _key(messages: Any, seed: Any) -> str:
    return json.dumps([messages, seed], ensure_ascii=False)


def _keys(request: ChatRequest) -> Iterator[str]:
    """From what fits this request alone to what fits any."""
    said = _said(request)
    yield _key(said, request.seed)
    yield _key(said, None)
    yield _key(None, request.seed)
    yield _key(None, None)


def _read(path: Path) -> Iterator[dict[str, Any]]:
    number = 0
    try:
        with path.open(encoding="utf-8") as file:
            for number, text in enumerate(file, start=1):  # noqa: B007
                if text.strip():
                    line = json.loads(text)
                    if not isinstance(line, dict):
                        raise ValueError("not an object")
                    if line.get("failure") is not None:
                        FailureKind(line["failure"])
                    yield line
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else f"line {number}: {error}"
        message = f"cannot read the cassette {path.name}: {reason}"
        raise ResponderError(FailureKind.MISCONFIGURED, message, retryable=False) from None
