"""Endpoints that misbehave in every way: each answer ends as its kind of failure, in time, and the
runner goes on."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from aiohttp import web
from django.db import connections
from tests.llm.conftest import ServerThread, completion

from manyvoices.collect.conversations import answering, calling, operations
from manyvoices.collect.conversations.models import Turn
from manyvoices.collect.jobs.models import Job
from manyvoices.collect.jobs.runner import Database, Runner
from manyvoices.collect.people.models import Participant
from manyvoices.design import ResponderSpec
from manyvoices.llm import Responder, build_responder

pytestmark = pytest.mark.django_db(transaction=True)
NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
LIMIT_S = 1.5
"""For endpoints that never come to an end; the others are judged by what they send, however late,
but not so late as `busy` asks for."""
UNHURRIED_S = 25.0
Fault = Callable[[web.Request], Awaitable[web.StreamResponse]]


def as_json(body: bytes, status: int = 200, **headers: str) -> web.Response:
    return web.Response(body=body, status=status, headers=headers, content_type="application/json")


async def hang(_request: web.Request) -> web.StreamResponse:
    await asyncio.sleep(60)
    return as_json(b"")


async def drip(request: web.Request) -> web.StreamResponse:
    """A sound answer, one byte at a time: the connection is never silent for long."""
    response = web.StreamResponse(headers={"Content-Type": "application/json"})
    await response.prepare(request)
    for byte in completion("slow"):
        await response.write(bytes([byte]))
        await asyncio.sleep(0.2)
    return response


async def busy(_request: web.Request) -> web.StreamResponse:
    return as_json(b"{}", 429, **{"Retry-After": "30"})


async def broken(_request: web.Request) -> web.StreamResponse:
    return as_json(b"<h1>oops</h1>", 500)


async def reset(request: web.Request) -> web.StreamResponse:
    assert request.transport is not None
    request.transport.abort()
    return as_json(b"")


async def truncated(_request: web.Request) -> web.StreamResponse:
    return as_json(completion("a sound answer")[:-20])


async def empty(_request: web.Request) -> web.StreamResponse:
    return as_json(completion("  \n"))


async def other_schema(_request: web.Request) -> web.StreamResponse:
    return as_json(json.dumps({"output": [{"text": "hi"}]}).encode())


async def huge(_request: web.Request) -> web.StreamResponse:
    return as_json(completion("x" * 10_000_000))


async def long(_request: web.Request) -> web.StreamResponse:
    return as_json(completion("x" * 150_000))


FAULTS: dict[str, tuple[Fault, str]] = {
    "hang": (hang, "timeout"),
    "drip": (drip, "timeout"),
    "429": (busy, "rate_limited"),
    "500": (broken, "http_error"),
    "reset": (reset, "unreachable"),
    "truncated": (truncated, "malformed"),
    "empty": (empty, "empty"),
    "schema": (other_schema, "malformed"),
    "huge": (huge, "too_large"),
    "long": (long, "too_large"),
}


@pytest.fixture
def base_url() -> Iterator[str]:
    app = web.Application()
    for name, (fault, _) in FAULTS.items():
        app.router.add_post(f"/{name}/chat/completions", fault)
    server = ServerThread(app)
    yield f"http://127.0.0.1:{server.port}"
    server.stop()


@pytest.fixture
def turn(participant: Participant) -> Turn:
    conversation = operations.start_conversation(
        participant=participant, stage=2, number=1, type_name="unguided", now=NOW
    )
    return operations.send_prompt(conversation=conversation, index=0, text="Hello", now=NOW)


class Impatient(answering.AnswerHandler):
    """Asks with a time limit of its own; a short one for responders that never come to an end."""

    def __init__(self, endless: set[str], build: Callable[[ResponderSpec], Responder]) -> None:
        super().__init__(clock=lambda: NOW, build=build)
        self._endless = endless

    async def _ask(
        self, call: answering.Call
    ) -> tuple[answering.Reply | answering.ResponderError, answering.Evidence]:
        limit_s = LIMIT_S if call.responder.id in self._endless else UNHURRIED_S
        return await super()._ask(replace(call, timeout_s=limit_s))


def work(handler: answering.AnswerHandler) -> None:
    async def run() -> None:
        stop = asyncio.Event()
        runner = Runner({"utterance": handler}, owner="here:1:x", clock=lambda: NOW, poll_s=0.01)
        task = asyncio.create_task(runner.run(stop))
        database = Database()
        for _ in range(6000):
            if await database.call(lambda: not Job.objects.exclude(finished_at=None).count() < 4):
                break
            await asyncio.sleep(0.05)
        stop.set()
        await task
        await database.aclose()
        await handler.aclose()

    asyncio.run(run())
    connections.close_all()


@pytest.mark.parametrize(
    "names",
    [("hang", "drip", "429", "500"), ("reset", "truncated", "empty"), ("schema", "huge", "long")],
)
def test_every_fault_ends_as_its_kind_and_the_runner_goes_on(
    turn: Turn, base_url: str, names: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(calling, "RETRY_PAUSE_S", 0.05)
    fault_of = {
        u.responder: names[u.position % len(names)] for u in turn.utterances.order_by("position")
    }

    def build(spec: ResponderSpec) -> Responder:
        return build_responder(
            ResponderSpec(
                id=spec.id,
                provider="openai",
                base_url=f"{base_url}/{fault_of[spec.id]}",
                model="faulty",
                tries=2,
            )
        )

    endless = {responder for responder, name in fault_of.items() if FAULTS[name][1] == "timeout"}
    work(Impatient(endless, build))
    stored = {u.responder: u for u in turn.utterances.all()}
    for responder, name in fault_of.items():
        utterance = stored[responder]
        assert utterance.failure == FAULTS[name][1], name
        assert utterance.text is None
        assert 1 <= len(utterance.tries) <= 3
        assert utterance.request["model"] == "faulty"
    assert not Job.objects.filter(state=Job.State.LEASED).exists()
