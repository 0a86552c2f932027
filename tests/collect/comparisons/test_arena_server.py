"""An arena on whole servers: real endpoints, one that fails, and a power cut in the middle."""

from __future__ import annotations

import asyncio
import html
import re
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from aiohttp import web
from tests.collect.comparisons.arena_studies import ARENA, publish, say, start, take_part, work
from tests.llm.conftest import ServerThread, completion
from tests.serving import PATIENCE_S, Server, Visitor

from manyvoices.collect.comparisons.answering import SideAnswerHandler
from manyvoices.collect.comparisons.models import SideAnswer
from manyvoices.llm.persona_server import build_app

STUDY = """
manyvoices: 1
id: arena
title: An arena
languages: [en]
recruitment: {provider: open}
stages:
  - consent: {text: consent.md, minimum_age: 18, withdrawal_days: 14}
  - comparisons: {source: arena, count: 1, turns: [1, 3], timeout_s: 60}
models:
"""


class Gate:
    """An endpoint whose answers wait until it is opened, and that counts who has asked."""

    def __init__(self) -> None:
        self.open = threading.Event()
        self.asked = 0

    async def answer(self, request: web.Request) -> web.StreamResponse:
        body = await request.json()
        self.asked += 1
        while not self.open.is_set():  # noqa: ASYNC110 - set by another thread
            await asyncio.sleep(0.02)
        return web.Response(
            body=completion(f"You said: {body['messages'][-1]['content']}"),
            content_type="application/json",
        )


async def broken(_request: web.Request) -> web.StreamResponse:
    return web.Response(status=500, body=b"<h1>oops</h1>")


async def refused(_request: web.Request) -> web.StreamResponse:
    return web.Response(status=400, body=b"{}", content_type="application/json")


@pytest.fixture
def gate() -> Gate:
    return Gate()


@pytest.fixture
def base_url(gate: Gate) -> Iterator[str]:
    """The packaged personas, a gate, and two endpoints that fail."""
    app = build_app()
    app.router.add_post("/gate/v1/chat/completions", gate.answer)
    app.router.add_post("/broken/v1/chat/completions", broken)
    app.router.add_post("/refused/v1/chat/completions", refused)
    server = ServerThread(app)
    yield f"http://127.0.0.1:{server.port}"
    gate.open.set()
    server.stop()


def until(condition: Callable[[], object], *, seconds: float = PATIENCE_S) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.05)


def model(name: str, url: str, persona: str = "brief", **more: object) -> str:
    extra = "".join(f", {key}: {value}" for key, value in more.items())
    return f"{{id: {name}, provider: openai, base_url: '{url}', model: {persona}{extra}}}"


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("fault", ["broken", "refused"])
def test_a_side_that_answers_500_never_stands_against_the_other(
    tmp_path: Path, base_url: str, fault: str
) -> None:
    models = [
        model("sound", f"{base_url}/v1", tries=1),
        model("faulty", f"{base_url}/{fault}/v1", tries=1),
    ]
    comparison = start(take_part(publish(tmp_path, ARENA, models)))
    say(comparison)
    work(SideAnswerHandler(clock=lambda: comparison.started_at))
    comparison.refresh_from_db()
    outcomes = {
        comparison.models[position]: (bool(text), failure)
        for position, text, failure in SideAnswer.objects.values_list("position", "text", "failure")
    }
    assert outcomes == {"sound": (True, None), "faulty": (False, "http_error")}
    assert comparison.shown_at is None


@pytest.mark.django_db(transaction=True)
def test_real_endpoints_answer_and_their_own_counts_are_kept(tmp_path: Path, base_url: str) -> None:
    models = [
        model("one", f"{base_url}/v1", "brief"),
        model("two", f"{base_url}/v1", "list_maker"),
    ]
    comparison = start(take_part(publish(tmp_path, ARENA, models)))
    say(comparison, text="How do bees find their way home?")
    work(SideAnswerHandler(clock=lambda: comparison.started_at))
    comparison.refresh_from_db()
    for answer in SideAnswer.objects.all():
        assert answer.text
        assert answer.completion_tokens
        assert answer.model_version
        assert answer.request is not None
        assert "messages" not in answer.request
    assert comparison.shown_at is not None


class Person:
    """Somebody in an arena, without JavaScript."""

    def __init__(self, url: str) -> None:
        self.visitor = Visitor(url)

    def enter(self) -> None:
        self.visitor.get("/s/arena/")
        entry = self.visitor.hidden("entry")
        self.visitor.post("/s/arena/", {"agree": "yes", "age": "yes", "entry": entry})
        self.visitor.post(self.visitor.path, {"number": "1"})

    def write(self, text: str, turn: int) -> str:
        return self.visitor.post(
            self.visitor.path, {"action": "message", "turn": turn, "prompt": text}
        )

    def look(self) -> str:
        return html.unescape(self.visitor.get(self.visitor.path))


@pytest.mark.slow
def test_a_power_cut_while_both_sides_are_asked_costs_neither_words_nor_vote(
    tmp_path: Path, base_url: str, gate: Gate
) -> None:
    study = tmp_path / "study"
    study.mkdir()
    (study / "consent.md").write_text("# Taking part\n", encoding="utf-8")
    models = [model(name, f"{base_url}/gate/v1", "x") for name in ("one", "two")]
    text = STUDY + "".join(f"  - {one}\n" for one in models)
    (study / "study.yaml").write_text(text, encoding="utf-8")
    server = Server(
        study / "study.yaml", f"sqlite:///{tmp_path / 'arena.sqlite3'}", tmp_path / "data"
    )
    try:
        server.start()
        person = Person(server.url)
        person.enter()
        person.write("Will you hear this?", 0)
        until(lambda: gate.asked >= 2)
        server.kill()
        server.start()
        until(lambda: gate.asked >= 4)
        assert "0 of 2 answers are here" in person.look()
        gate.open.set()
        until(lambda: person.look().count("You said: Will you hear this?") == 2)
        person.write("And this?", 1)
        until(lambda: person.look().count("You said: And this?") == 2)
        page = person.visitor.post(person.visitor.path, {"action": "judge", "verdict": "1"})
        assert person.visitor.path.endswith("/names/")
        assert re.search("one|two", page)
        server.kill()
        server.start()
        assert "These models wrote the answers" in person.look()
        assert gate.asked == 6, "no model is asked twice for what was stored"
    finally:
        server.stop()
