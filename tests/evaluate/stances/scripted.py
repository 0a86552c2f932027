"""Scripted models behind a real HTTP server, with stances and habits that are known."""

from __future__ import annotations

import hashlib
import json
import random
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

from manyvoices.design.responders import ResponderSpec
from manyvoices.evaluate.stances.instrument import Instrument

Script = Callable[[str, random.Random], str]
"""From what the user says, and a generator seeded by the request, to an answer."""


@contextmanager
def serving(scripts: dict[str, Script]) -> Iterator[str]:
    """OpenAI's chat completions at the address given; a script's name is its model's."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, *_: Any) -> None: ...

        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            said = body["messages"][-1]["content"]
            seed = hashlib.sha256(f"{body.get('seed')} {said}".encode()).hexdigest()
            text = scripts[body["model"]](said, random.Random(seed))
            message = {"role": "assistant", "content": text}
            choice = {"index": 0, "message": message, "finish_reason": "stop"}
            answer = {"id": "x", "object": "chat.completion", "created": 1, "model": body["model"]}
            usage = {"prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2}
            data = json.dumps({**answer, "choices": [choice], "usage": usage}).encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/v1"
    finally:
        server.shutdown()
        server.server_close()


def spec(name: str, url: str) -> ResponderSpec:
    return ResponderSpec(id=name, provider="openai", base_url=url, model=name)


def options_in(said: str) -> list[str]:
    """The options' words as a prompt shows them."""
    return re.findall(r"^[A-K]\. (.+)$", said, re.MULTILINE)


def item_in(said: str, instrument: Instrument) -> str:
    """Which item a prompt is about, in whatever words."""
    for item in instrument.items:
        if any(text in said for texts in item.text.values() for text in texts):
            return item.id
    raise AssertionError(said)


def score_of(label: str, instrument: Instrument) -> float:
    for point, score in zip(instrument.scale, instrument.scores, strict=True):
        if label in point.label.values():
            return score
    raise AssertionError(label)


def believer(
    views: dict[str, float], instrument: Instrument, first: float = 0.0, noise: float = 0.0
) -> Script:
    """Takes the option with its view's score; with probability `first` the one shown first, with
    probability `noise` any."""

    def answer(said: str, rng: random.Random) -> str:
        labels = options_in(said)
        if not labels:
            view = views[item_in(said, instrument)]
            return "I agree with that." if view > 0 else "I disagree with that."
        drawn = rng.random()
        if drawn < first:
            place = 0
        elif drawn < first + noise:
            place = rng.randrange(len(labels))
        else:
            view = views[item_in(said, instrument)]
            place = min(
                range(len(labels)), key=lambda i: abs(score_of(labels[i], instrument) - view)
            )
        letter = "ABCDEFGHIJK"[place]
        only = "letter only" in said or "nur mit dem" in said
        return letter if only else f"{letter}. {labels[place]}"

    return answer


def dice(said: str, rng: random.Random) -> str:
    """Answers at random."""
    labels = options_in(said)
    return "ABCDEFGHIJK"[rng.randrange(len(labels))]
