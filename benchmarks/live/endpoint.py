"""Personas behind OpenAI's format that count who was asked what: the witness of the chaos run."""

from __future__ import annotations

import asyncio
import json
import random
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from aiohttp import web

from manyvoices.collect.server.run import free_port
from manyvoices.llm.persona_server import complete

REFUSING = "list_maker"
"""The persona that refuses every request for good, so that there are failures to record."""


@dataclass
class Endpoint:
    """``calls``: (last message, model) -> how often it was asked."""

    url: str
    calls: Counter[tuple[str, str]] = field(default_factory=Counter)


@contextmanager
def counting_endpoint(delay_s: tuple[float, float], seed: int = 0) -> Iterator[Endpoint]:
    """Serve in a thread of this process, which outlives every kill."""
    port = free_port()
    endpoint = Endpoint(f"http://127.0.0.1:{port}/v1")
    rng = random.Random(seed)

    async def answer(request: web.Request) -> web.Response:
        body = json.loads(await request.read())
        endpoint.calls[body["messages"][-1]["content"], body["model"]] += 1
        await asyncio.sleep(rng.uniform(*delay_s))
        if body["model"] == REFUSING:
            return web.json_response({"error": {"message": "refused"}}, status=400)
        return web.json_response(complete(body))

    loop = asyncio.new_event_loop()
    ready = threading.Event()
    over = asyncio.Event()

    async def serve() -> None:
        app = web.Application()
        app.router.add_post("/v1/chat/completions", answer)
        runner = web.AppRunner(app)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", port).start()
        ready.set()
        await over.wait()
        await runner.cleanup()

    thread = threading.Thread(target=loop.run_until_complete, args=(serve(),), daemon=True)
    thread.start()
    ready.wait(10)
    try:
        yield endpoint
    finally:
        loop.call_soon_threadsafe(over.set)
        thread.join(10)
