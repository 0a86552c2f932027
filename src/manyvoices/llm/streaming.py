"""Answers piece by piece, as they are written: for a person who waits at a terminal.

Studies never stream: people there see all answers of a turn at once. An endpoint that sends its
answer whole, whatever it was asked, is read whole.
"""

from __future__ import annotations

import asyncio
import json
import os
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from manyvoices.design.responders import ResponderSpec
from manyvoices.llm.port import (
    ChatRequest,
    FailureKind,
    Reply,
    Responder,
    ResponderError,
    check_length,
)
from manyvoices.llm.providers.completions import read_error, read_reply, request_body, storable

if TYPE_CHECKING:
    import aiohttp

OnPiece = Callable[[str], None]


class Stopped(RuntimeError):
    """Raised by an `OnPiece` to end the writing of an answer."""


async def stream(
    spec: ResponderSpec,
    responder: Responder,
    request: ChatRequest,
    on_piece: OnPiece,
    *,
    timeout_s: float,
) -> Reply:
    """Ask, and give `on_piece` every part of the answer as it comes; then the whole.

    Args:
        responder: What `spec` was built into; it keeps a local model in memory.

    Raises:
        ResponderError: No answer, or none within `timeout_s`.
    """
    if spec.provider == "openai" and spec.endpoint != "completions":
        return await _from_endpoint(spec, request, on_piece, timeout_s)
    from manyvoices.llm.providers.local import LocalResponder

    if isinstance(responder, LocalResponder):
        responder.on_text = on_piece
        return await responder.respond(request, timeout_s=timeout_s)
    reply = await responder.respond(request, timeout_s=timeout_s)
    on_piece(reply.text)
    return reply


async def _from_endpoint(
    spec: ResponderSpec, request: ChatRequest, on_piece: OnPiece, timeout_s: float
) -> Reply:
    import aiohttp

    url = f"{(spec.base_url or '').rstrip('/')}/chat/completions"
    key = os.environ.get(spec.api_key_env or "", "").strip()
    headers = {"Authorization": f"Bearer {key}"} if key else {}
    body = request_body(spec, request) | {"stream": True}
    try:
        async with (
            asyncio.timeout(timeout_s),
            aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=None)) as session,
            # No redirects: a key must not travel to an address that nobody named.
            session.post(url, json=body, headers=headers, allow_redirects=False) as response,
        ):
            return await _read(spec, response, on_piece, key)
    except TimeoutError:
        message = f"{url} gave no answer within {timeout_s:g} s"
        raise ResponderError(FailureKind.TIMEOUT, message, retryable=True) from None
    except (aiohttp.ClientError, OSError) as error:
        message = f"{url}: {type(error).__name__}: {error}"
        raise ResponderError(FailureKind.UNREACHABLE, message, retryable=True) from None


async def _read(
    spec: ResponderSpec, response: aiohttp.ClientResponse, on_piece: OnPiece, key: str
) -> Reply:
    started = time.monotonic()
    if response.status != 200:
        raw = await response.read()
        raise read_error(
            response.status, response.headers, raw, secret=key or None, now=datetime.now(UTC)
        )
    if "event-stream" not in response.headers.get("Content-Type", ""):
        took = (time.monotonic() - started) * 1000
        reply = read_reply(await response.read(), latency_ms=took, spec=spec)
        on_piece(reply.text)
        return reply
    said = _Said()
    async for line in response.content:
        if (piece := said.hear(line)) is not None and piece:
            on_piece(piece)
    return said.reply((time.monotonic() - started) * 1000)


class _Said:
    """What came so far of an answer in server-sent events."""

    def __init__(self) -> None:
        self.pieces: list[str] = []
        self.finish: str | None = None
        self.model: str | None = None

    def hear(self, line: bytes) -> str | None:
        """The text in one line; None where it holds none."""
        text = line.decode("utf-8", "replace").strip()
        if not text.startswith("data:") or text == "data: [DONE]":
            return None
        try:
            document: dict[str, Any] = json.loads(text[5:])
            choices = document.get("choices") or [{}]
            piece = storable((choices[0].get("delta") or {}).get("content") or "")
        except (ValueError, AttributeError, TypeError) as error:
            message = f"not a piece of a chat completion: {text[:200]}"
            raise ResponderError(FailureKind.MALFORMED, message, retryable=False) from error
        self.finish = choices[0].get("finish_reason") or self.finish
        self.model = document.get("model") or self.model
        self.pieces.append(piece)
        return piece

    def reply(self, latency_ms: float) -> Reply:
        text = "".join(self.pieces)
        if not text.strip():
            message = f"the answer has no text (finish_reason {self.finish})"
            raise ResponderError(FailureKind.EMPTY, message, retryable=False)
        return Reply(
            text=check_length(text),
            finish_reason=self.finish,
            prompt_tokens=None,
            completion_tokens=None,
            model_version=self.model,
            latency_ms=latency_ms,
        )
