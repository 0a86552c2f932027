"""A real server that speaks OpenAI's chat completions on a loopback port, and can misbehave.

It runs in a thread of its own with its own event loop, so that the client under test meets real
sockets and so that a hanging answer hangs there.
"""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from aiohttp import web
from tests.serving import PATIENCE_S

from manyvoices.design import ResponderSpec


@dataclass
class FakeEndpoint:
    """What the server answers next, and what it was asked."""

    base_url: str = ""
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes | None = None
    """Sent as it is; None = a sound completion that repeats the last message."""
    delay_s: float = 0.0
    hang: bool = False
    together: int = 1
    """Nobody is answered before this many calls have been under way at once."""
    cut_off: bool = False
    """Close the connection in the middle of the answer."""
    requests: list[dict[str, Any]] = field(default_factory=list)
    asked: threading.Event = field(default_factory=threading.Event)
    """Set once the first request has arrived."""
    authorizations: list[str | None] = field(default_factory=list)
    under_way: int = 0
    most_under_way: int = 0

    async def answer(self, request: web.Request) -> web.StreamResponse:
        self.under_way += 1
        self.most_under_way = max(self.most_under_way, self.under_way)
        try:
            return await self._answer(request)
        finally:
            self.under_way -= 1

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        self.authorizations.append(request.headers.get("Authorization"))
        body = await request.json()
        self.requests.append(body)
        self.asked.set()
        if self.hang:
            await asyncio.sleep(3600)
        while self.most_under_way < self.together:  # noqa: ASYNC110 - set by other calls
            await asyncio.sleep(0.01)
        await asyncio.sleep(self.delay_s)
        if self.cut_off:
            response = web.StreamResponse(headers={"Content-Length": "1000"})
            await response.prepare(request)
            await response.write(b'{"choices": [')
            assert request.transport is not None
            request.transport.close()
            return response
        text = completion(body["messages"][-1]["content"]) if self.body is None else self.body
        return web.Response(
            status=self.status, body=text, headers=self.headers, content_type="application/json"
        )


def completion(content: str) -> bytes:
    """A completion as OpenAI's API sends it."""
    message = {"role": "assistant", "content": content, "refusal": None}
    choice = {"index": 0, "message": message, "logprobs": None, "finish_reason": "stop"}
    usage = {"prompt_tokens": 11, "completion_tokens": 7, "total_tokens": 18}
    document = {
        "id": "chatcmpl-1",
        "object": "chat.completion",
        "created": 1,
        "model": "fake-2026-01-01",
        "choices": [choice],
        "usage": usage,
        "system_fingerprint": "fp_1",
    }
    return json.dumps(document).encode()


class ServerThread:
    """An aiohttp application on a free loopback port, in a thread of its own."""

    def __init__(self, app: web.Application) -> None:
        self._app = app
        self._ready = threading.Event()
        self._stop = asyncio.Event()
        self.port = 0
        self._thread = threading.Thread(target=lambda: asyncio.run(self._serve()), daemon=True)
        self._thread.start()
        assert self._ready.wait(PATIENCE_S)

    async def _serve(self) -> None:
        self._loop = asyncio.get_running_loop()
        runner = web.AppRunner(self._app, shutdown_timeout=0.1)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        self.port = runner.addresses[0][1]
        self._ready.set()
        await self._stop.wait()
        await runner.cleanup()

    def stop(self) -> None:
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join(PATIENCE_S)
        assert not self._thread.is_alive()


@pytest.fixture
def endpoint() -> Iterator[FakeEndpoint]:
    """An endpoint that answers, until a test tells it otherwise."""
    fake = FakeEndpoint()
    app = web.Application()
    app.router.add_post("/v1/chat/completions", fake.answer)
    server = ServerThread(app)
    fake.base_url = f"http://127.0.0.1:{server.port}/v1"
    yield fake
    server.stop()


@pytest.fixture
def persona_server_url() -> Iterator[str]:
    """The packaged persona server, with a key."""
    from manyvoices.llm.persona_server import build_app

    server = ServerThread(build_app(api_key="persona-key"))
    yield f"http://127.0.0.1:{server.port}/v1"
    server.stop()


@pytest.fixture
def spec(endpoint: FakeEndpoint) -> ResponderSpec:
    """A model at the endpoint."""
    return ResponderSpec(
        id="fake", provider="openai", base_url=endpoint.base_url, model="fake-model"
    )
