"""Any endpoint that speaks OpenAI's completions: hosted APIs, vLLM, TGI, Ollama, llama.cpp.

aiohttp and not httpx: at 100 calls under way at once httpx costs about 90 times the processor
time, and one runner makes the calls of a whole study.
"""

from __future__ import annotations

import asyncio
import os
import time
from datetime import UTC, datetime
from typing import Any

import aiohttp

from manyvoices.design.responders import ResponderSpec
from manyvoices.llm.limits import Pace, estimate_tokens, expected_tokens
from manyvoices.llm.port import ChatRequest, FailureKind, Reply, ResponderError
from manyvoices.llm.providers.completions import (
    parameters,
    read_error,
    read_reply,
    request_body,
)

MAX_BODY_BYTES = 2 * 1024 * 1024
"""An answer of 100,000 characters fits in four times over, with all that servers put around it."""
KEEP_ALIVE_S = 60.0
"""How long an idle connection is kept for the next call."""


class OpenAICompatibleResponder:
    """One model at one endpoint, over one pool of connections opened at the first call.

    Belongs to the event loop that first calls it. The key is read from the environment at each
    call and never kept, so it stands in no repr, error or log.
    """

    def __init__(
        self, spec: ResponderSpec, *, session: aiohttp.ClientSession | None = None
    ) -> None:
        """`session` is used and left open if given; otherwise an own one is made."""
        if spec.base_url is None or spec.model is None:
            message = f"{spec.id} names no base_url or no model"
            raise ResponderError(FailureKind.MISCONFIGURED, message, retryable=False)
        self._spec = spec
        path = "completions" if spec.endpoint == "completions" else "chat/completions"
        self._url = f"{spec.base_url.rstrip('/')}/{path}"
        self._session = session
        self._own_session = session is None
        self._places = asyncio.Semaphore(spec.max_concurrency)
        self._pace = Pace(
            requests_per_minute=spec.requests_per_minute, tokens_per_minute=spec.tokens_per_minute
        )

    @property
    def id(self) -> str:
        """The model's id in the study."""
        return self._spec.id

    def __repr__(self) -> str:
        return f"OpenAICompatibleResponder({self._spec.id!r}, {self._url!r})"

    def parameters(self, request: ChatRequest) -> dict[str, Any]:
        """The request's body without what was said; the key is no part of a body."""
        return parameters(self._spec, request)

    async def respond(self, request: ChatRequest, *, timeout_s: float) -> Reply:
        """Answer within `timeout_s` seconds, waiting for a free place and for the pace included.

        Raises `ResponderError`; does not retry (the caller knows how much time is left).
        """
        body = request_body(self._spec, request)
        key = self._key()
        try:
            # Everything is inside: an answer that comes drop by drop is left in time as well.
            async with asyncio.timeout(timeout_s) as limit, self._places:
                return await self._paced(request, body, key, limit)
        except TimeoutError:
            message = f"{self._spec.id} gave no answer within {timeout_s:g} s"
            raise ResponderError(FailureKind.TIMEOUT, message, retryable=True) from None
        except (aiohttp.ClientError, OSError) as error:
            message = f"{self._url}: {type(error).__name__}: {error}"
            raise ResponderError(
                FailureKind.UNREACHABLE, _blot(message, key), retryable=True
            ) from None

    async def aclose(self) -> None:
        """Close the connections, if they are this responder's own."""
        if self._session is not None and self._own_session:
            await self._session.close()
            self._session = None

    async def _paced(
        self,
        request: ChatRequest,
        body: dict[str, object],
        key: str | None,
        limit: asyncio.Timeout,
    ) -> Reply:
        most = request.max_tokens or self._spec.max_tokens or 0
        left = (limit.when() or 0.0) - asyncio.get_running_loop().time()
        start = await self._pace.wait(
            expected_tokens=expected_tokens(request, answer=most), timeout_s=left
        )
        try:
            reply = await self._post(body, key)
        except ResponderError as error:
            if error.retry_after_s is not None:
                # What the endpoint tells one call holds for all of them.
                self._pace.hold(error.retry_after_s)
            raise
        answered = reply.completion_tokens or estimate_tokens(reply.text)
        start.tokens = (reply.prompt_tokens or start.tokens - most) + answered
        return reply

    async def _post(self, body: dict[str, object], key: str | None) -> Reply:
        headers = {"Authorization": f"Bearer {key}"} if key else {}
        started = time.monotonic()
        # No redirects: a key must not travel to an address that the study does not name.
        async with self._pool().post(
            self._url, json=body, headers=headers, allow_redirects=False
        ) as response:
            raw = await _read_limited(response)
            latency_ms = (time.monotonic() - started) * 1000
            if response.status != 200:
                raise read_error(
                    response.status, response.headers, raw, secret=key, now=datetime.now(UTC)
                )
        try:
            return read_reply(raw, latency_ms=latency_ms, spec=self._spec)
        except ResponderError as error:
            raise ResponderError(
                error.kind, _blot(error.message, key), retryable=error.retryable
            ) from None

    def _pool(self) -> aiohttp.ClientSession:
        if self._session is None or self._session.closed:
            connector = aiohttp.TCPConnector(
                limit=self._spec.max_concurrency, keepalive_timeout=KEEP_ALIVE_S
            )
            # The time limit is asyncio's, around everything; aiohttp's own would start too late.
            no_limit = aiohttp.ClientTimeout(total=None)
            self._session = aiohttp.ClientSession(connector=connector, timeout=no_limit)
            self._own_session = True
        return self._session

    def _key(self) -> str | None:
        name = self._spec.api_key_env
        if name is None:
            return None
        key = os.environ.get(name, "").strip()
        if not key or not key.isascii() or not key.isprintable():
            state = "is not set" if not key else "holds something that is no key"
            message = f"the environment variable {name} {state}"
            raise ResponderError(FailureKind.REFUSED_CREDENTIALS, message, retryable=False)
        return key


def _blot(message: str, key: str | None) -> str:
    return message.replace(key, "***") if key else message


async def _read_limited(response: aiohttp.ClientResponse) -> bytes:
    parts: list[bytes] = []
    size = 0
    async for part in response.content.iter_chunked(65_536):
        size += len(part)
        if size > MAX_BODY_BYTES:
            message = f"an answer of more than {MAX_BODY_BYTES} bytes"
            raise ResponderError(FailureKind.TOO_LARGE, message, retryable=False)
        parts.append(part)
    return b"".join(parts)
