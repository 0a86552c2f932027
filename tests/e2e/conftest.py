"""A participant's page in a real Chromium, before a small stand-in for the server.

The stand-in serves pages rendered from `page_samples`, under the server's own security headers,
and writes down what the browser sends.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import ThreadingHTTPServer
from pathlib import Path
from typing import Any, cast
from urllib.parse import parse_qs

import pytest
from tests.collect import pages_preview


@dataclass
class StandIn:
    """What the stand-in was sent, and what it is to answer."""

    base: str = ""
    drafts: list[dict[str, list[str]]] = field(default_factory=list)
    forms: list[dict[str, list[str]]] = field(default_factory=list)
    tokens: list[str | None] = field(default_factory=list)
    draft_status: int = 200
    polls: list[str] = field(default_factory=list)
    """HTML of the answers to come; the last one is repeated."""
    n_polls: int = 0


def _handler(folder: Path, state: StandIn) -> type[pages_preview.Handler]:
    class Handler(pages_preview.Handler):
        def __init__(self, *args: Any) -> None:
            super().__init__(*args, directory=str(folder))

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            if "/draft/" in self.path:
                self._draft(body)
            else:
                state.forms.append(parse_qs(body, keep_blank_values=True))
                self._answer(200, "<!doctype html><title>Next</title>", "text/html")

        def _draft(self, body: str) -> None:
            state.tokens.append(self.headers["X-CSRFToken"])
            if state.draft_status == 200:
                state.drafts.append(json.loads(body)["fields"])
            answer = json.dumps({"saved_at": "2026-11-21T14:05:00+00:00"})
            self._answer(state.draft_status, answer, "application/json")

        def do_GET(self) -> None:
            if "/progress" not in self.path:
                super().do_GET()
                return
            state.n_polls += 1
            answer = state.polls.pop(0) if len(state.polls) > 1 else state.polls[0]
            self._answer(200, answer, "text/html")

        def _answer(self, status: int, text: str, kind: str) -> None:
            body = text.encode()
            self.send_response(status)
            self.send_header("Content-Type", f"{kind}; charset=utf-8")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

    return Handler


@pytest.fixture(scope="session")
def rendered(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Every sample page with the static files."""
    folder = tmp_path_factory.mktemp("pages")
    pages_preview.write_pages(folder)
    return folder


@pytest.fixture
def stand_in(rendered: Path) -> Iterator[StandIn]:
    state = StandIn()
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(rendered, state))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    state.base = f"http://127.0.0.1:{server.server_port}"
    yield state
    server.shutdown()
    server.server_close()


@pytest.fixture(scope="module")
def chromium() -> Iterator[Any]:
    """One Chromium for a file of tests: Playwright holds the event loop for as long as it runs,
    and tests of other rooms need it. Skipped where none is installed."""
    path = pages_preview.chromium()
    if path is None:
        pytest.skip("no Chromium: install one or name it in CHROMIUM")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=path, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture
def page(chromium: Any) -> Iterator[Any]:
    """A fresh window; at the end nothing may have gone wrong in its scripts."""
    context = chromium.new_context(viewport={"width": 1280, "height": 900}, locale="en-GB")
    window = context.new_page()
    errors: list[str] = []
    window.on("pageerror", lambda error: errors.append(str(error)))
    yield window
    context.close()
    assert errors == []


@pytest.fixture
def phone(chromium: Any) -> Iterator[Any]:
    """A fresh window of a phone, with touch."""
    context = chromium.new_context(
        viewport={"width": 390, "height": 700}, has_touch=True, is_mobile=True, locale="en-GB"
    )
    yield cast("Any", context.new_page())
    context.close()
