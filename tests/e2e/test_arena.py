"""An arena in a real Chromium, before a real server whose runner asks the models: on a phone, and
by keys alone."""

from __future__ import annotations

import json
import os
import re
import shutil
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from tests.collect.pages_preview import axe_findings
from tests.e2e.patience import until_page
from tests.serving import PATIENCE_S, Server

from manyvoices.design.templates import template_path
from manyvoices.llm.persona_server import complete

pytestmark = [pytest.mark.browser, pytest.mark.slow]
WIDE = "document.documentElement.scrollWidth > document.documentElement.clientWidth"
SMALL_TARGETS = """() => [...document.querySelectorAll("main :is(button, .option, textarea)")]
    .filter((e) => e.offsetParent && (e.offsetHeight < 44 || e.offsetWidth < 44))
    .map((e) => e.outerHTML.slice(0, 120))"""
MODELS = (
    "zanzibar-quux", "wombat-flimflam", "yttrium-gewgaw",
)  # fmt: skip
PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}
DESK = {"viewport": {"width": 1280, "height": 900}}
PICTURES = os.environ.get("ARENA_PICTURES")
"""A folder for pictures of every page; none are taken without it."""


@pytest.fixture(scope="module")
def server(models: Models, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    folder = tmp_path_factory.mktemp("arena")
    shutil.copytree(template_path("arena"), folder / "study")
    study = folder / "study" / "study.yaml"
    text = study.read_text(encoding="utf-8")
    text = text.replace("count: 1 ", "count: 2 ").replace("turns: [1, 8]", "turns: [2, 3]")
    study.write_text(text, encoding="utf-8")
    kinds = ("brief", "list_maker", "essayist")
    entries = "".join(
        f"- {{id: {name}, provider: openai, base_url: '{models.url}', model: {kind}}}\n"
        for name, kind in zip(MODELS, kinds, strict=True)
    )
    (folder / "study" / "models.yaml").write_text(entries, encoding="utf-8")
    running = Server(study, f"sqlite:///{folder / 'arena.sqlite3'}", folder / "data")
    try:
        running.start()
        yield running
    finally:
        running.stop()


@pytest.fixture
def open_window(chromium: Any) -> Iterator[Callable[..., Any]]:
    """A window; at the end its scripts have no complaint, and no name came before its time."""
    contexts: list[Any] = []
    problems: list[str] = []

    def open_(**options: Any) -> Any:
        context = chromium.new_context(locale="en-GB", reduced_motion="reduce", **options)
        contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: problems.append(str(error)))
        page.on("console", lambda m: problems.append(m.text) if _is_problem(m) else None)
        page.on("response", lambda r: problems.extend(_names_too_early(r)))
        return page

    yield open_
    for context in contexts:
        context.close()
    assert problems == []


def _is_problem(message: Any) -> bool:
    return message.type in {"error", "warning"} and "status of 422" not in message.text


def _names_too_early(response: Any) -> list[str]:
    """Names of models in anything that the server sent but the page that tells them."""
    if response.url.endswith("/names/") or response.status in {204, 302}:
        return []
    told = response.text() + str(response.headers)
    return [f"{name} in {response.url}" for name in MODELS if name in told]


def look(page: Any, name: str) -> None:
    """Nothing for axe to find in either scheme, nothing wider than the screen, no small target."""
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
        assert axe_findings(page) == [], f"{name}, {scheme}"
        if PICTURES:
            width = page.viewport_size["width"]
            path = Path(PICTURES) / f"arena-{name}-{width}-{scheme}.png"
            page.screenshot(path=path, full_page=True)
    assert not page.evaluate(WIDE), name
    assert page.evaluate(SMALL_TARGETS) == [], name


class Models:
    """Models behind OpenAI's chat completions that answer when the test lets them."""

    def __init__(self) -> None:
        self.may_answer = threading.Event()
        self.may_answer.set()
        models = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                models.may_answer.wait(PATIENCE_S)
                reply = json.dumps(complete(body)).encode()
                self.send_response(200)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(reply)))
                self.end_headers()
                self.wfile.write(reply)

            def log_message(self, *_args: object) -> None:
                """Nothing on the test's output."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        self.url = f"http://127.0.0.1:{self._server.server_port}/v1"

    @contextmanager
    def silent(self) -> Iterator[None]:
        """Nobody answers until the block is over."""
        self.may_answer.clear()
        try:
            yield
        finally:
            self.may_answer.set()

    def stop(self) -> None:
        self.may_answer.set()
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture(scope="module")
def models() -> Iterator[Models]:
    serving = Models()
    yield serving
    serving.stop()


def enter(page: Any, server: Server) -> None:
    """Consent, and leave the questions open."""
    page.goto(f"{server.url}/s/arena/")
    for box in page.get_by_role("checkbox").all():
        box.check()
    page.locator("main form button.primary").click()
    page.wait_for_url(re.compile("/survey/"))
    page.locator("main form button.primary").click()
    page.wait_for_url(re.compile(r"/compare/2/$"))


def on_the_phone(page: Any, selector: str) -> None:
    page.locator(selector).tap()


def test_a_person_on_a_phone_talks_votes_and_learns_the_names_twice(
    server: Server, models: Models, open_window: Callable[..., Any]
) -> None:
    page = open_window(**PHONE)
    enter(page, server)
    look(page, "following")
    on_the_phone(page, "main form button.primary")
    for number in (1, 2):
        page.wait_for_url(re.compile(rf"/compare/2/{number}/"))
        _talk_on_the_phone(page, models, number)
    page.get_by_role("button", name="I have compared enough").tap()
    page.wait_for_url(re.compile("/done/"))


def _talk_on_the_phone(page: Any, models: Models, number: int) -> None:
    page.get_by_role("heading", name="Write a message of your own").wait_for()
    if number == 1:
        look(page, "opening")
        on_the_phone(page, "main form button.primary")
        page.get_by_text("Something is still needed").wait_for()
        look(page, "opening-error")
    page.fill("#prompt", f"What is a good question, number {number}?")
    with models.silent():
        on_the_phone(page, ".arena-message button")
        page.get_by_role("heading", name="The answers are being written").wait_for()
        if number == 1:
            look(page, "waiting")
    page.get_by_text("Please write 1 more message before you judge.").wait_for()
    assert page.locator(".side").count() == 2
    if number == 1:
        look(page, "first-answers")
        page.reload()
        assert page.locator(".side").count() == 2
    page.fill("#prompt", "Give me an example, please.")
    on_the_phone(page, ".arena-message button")
    page.get_by_text("Answer A is better").wait_for()
    assert page.locator(".side").count() == 4
    if number == 1:
        look(page, "verdict")
    page.get_by_text("Answer B is better").tap()
    page.get_by_text("Clearer").tap()
    on_the_phone(page, "#verdict-form button.primary")
    page.wait_for_url(re.compile("/names/"))
    look(page, f"names-{number}")
    named = page.locator("dl.names dd").all_text_contents()
    assert len({name.split()[0] for name in named} & set(MODELS)) == 2
    assert "your choice" in named[1]
    if number == 1:
        page.get_by_role("button", name="Go on to the next comparison").tap()


class Keys:
    """Tab, Space, Enter, digits and letters."""

    def __init__(self, page: Any) -> None:
        self.page = page

    def to(self, selector: str) -> None:
        focused = f"document.activeElement && document.activeElement.matches({selector!r})"
        for _ in range(80):
            if self.page.evaluate(focused):
                return
            self.page.keyboard.press("Tab")
        pytest.fail(f"no way by Tab to {selector} on {self.page.url}")

    def write(self, text: str) -> None:
        self.to("#prompt")
        self.page.keyboard.type(text)

    def send(self, selector: str) -> None:
        self.to(selector)
        with self.page.expect_navigation():
            self.page.keyboard.press("Enter")


def test_keys_alone_lead_through_two_comparisons(
    server: Server, open_window: Callable[..., Any]
) -> None:
    page = open_window(**DESK)
    keys = Keys(page)
    page.goto(f"{server.url}/s/arena/")
    for box in ("#agree", "#age"):
        keys.to(box)
        page.keyboard.press("Space")
    keys.send("main form button.primary")
    keys.send("main form button.primary")
    keys.send("main form button.primary")
    for number in (1, 2):
        keys.write(f"Is 1 or 2 the better number? I ask for the {number}. time.")
        keys.send(".arena-message button")
        page.get_by_text("Please write 1 more message before you judge.").wait_for()
        keys.write("And 0?")
        keys.send(".arena-message button")
        page.get_by_text("Answer A is better").wait_for()
        until_page(page, "document.activeElement.id === 'now'")  # At the new answers.
        if number == 1:
            look(page, "verdict")
            # Digits in a message are letters of it, and no verdict.
            keys.write("12")
            assert page.locator("[name=verdict]:checked").count() == 0
            page.keyboard.press("Backspace")
            page.keyboard.press("Backspace")
        keys.to("[name=verdict]")
        page.keyboard.press("3")
        assert page.locator("[name=verdict]:checked").get_attribute("value") == "tie"
        keys.send("#verdict-form button.primary")
        assert "/names/" in page.url
        if number == 1:
            keys.send("main form button.primary")
    look(page, "names-2")
    keys.send("main form button:not(.primary)")
    assert "/done/" in page.url


def test_who_sends_a_verdict_with_words_unsent_is_asked_first(
    server: Server, open_window: Callable[..., Any]
) -> None:
    page = open_window(**DESK)
    enter(page, server)
    page.locator("main form button.primary").click()
    for text in ("One", "Two"):
        page.fill("#prompt", text)
        page.click(".arena-message button")
        page.locator(f".said:text-is('{text}')").wait_for()
        page.locator("#prompt").wait_for()
    page.fill("#prompt", "I was about to ask")
    page.check("#verdict-0")
    asked: list[str] = []

    def say_no(dialog: Any) -> None:
        asked.append(dialog.message)
        dialog.dismiss()

    page.once("dialog", say_no)
    page.click("#verdict-form button.primary")
    assert asked == ["Your message has not been sent. Give your verdict without it?"]
    page.reload()
    assert page.input_value("#prompt") == "I was about to ask"
    assert page.is_checked("#verdict-0"), "drafts of both forms come back"
