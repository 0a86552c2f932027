"""Nothing that reaches a participant says which model wrote what, or who makes it.

Bots play a whole study through a proxy that keeps every answer: status line, headers, cookies,
bodies. Models and endpoints have names that no other text holds, one model refuses every request
and one is silent, so that pages of failure are among what is kept. Then every script and style
sheet is fetched as well.
"""

from __future__ import annotations

import asyncio
import gzip
import re
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import pytest
from aiohttp import ClientSession, ClientTimeout, web
from tests.serving import ASSETS, PATIENCE_S, Server

from manyvoices.collect.rehearsal.plan import make_plan
from manyvoices.collect.rehearsal.playing import play_all
from manyvoices.collect.rehearsal.tally import Tally
from manyvoices.design import load_study
from manyvoices.llm.persona_server import complete

SMALL = ASSETS / "studies" / "small"
MODELS = ("zqalpha-7b-instruct", "zqbravo-large", "zqcharlie", "zqdelta-chat", "zqecho-mini")
SENT_NAMES = {
    "zqalpha-7b-instruct": "brief",
    "zqbravo-large": "careful",
    "zqcharlie": "cheerful",
    "zqdelta-chat": "essayist",
}
NEVER = re.compile(
    rb"zq(alpha|bravo|charlie|delta|echo)|zqhost|zqsecret|vendor/|openai|scripted|personas?\b"
    rb"|provider|model_version|base_url|127\.0\.0\.1:%d",
    re.IGNORECASE,
)


@dataclass
class Seen:
    """One answer as the participant's browser got it."""

    path: str
    status: int
    headers: bytes
    body: bytes


@dataclass
class Proxy:
    """Passes requests on and keeps every answer."""

    target: str = ""
    url: str = ""
    answers: list[Seen] = field(default_factory=list)
    someone_waits: asyncio.Event = field(default_factory=asyncio.Event)
    """A page that waits for answers has asked for them."""

    async def handle(self, request: web.Request) -> web.Response:
        headers = {k: v for k, v in request.headers.items() if k != "Host"}
        # As the browser's own host: forms are checked against it.
        headers["Host"] = request.headers["Host"]
        async with (
            ClientSession(auto_decompress=False) as session,
            session.request(
                request.method,
                self.target + request.path_qs,
                headers=headers,
                data=await request.read(),
                allow_redirects=False,
                timeout=ClientTimeout(total=PATIENCE_S),
            ) as answer,
        ):
            body = await answer.read()
            lines = b"\n".join(name + b": " + value for name, value in answer.raw_headers)
            packed = answer.headers.get("Content-Encoding") == "gzip"
            kept = gzip.decompress(body) if packed and body else body
            self.answers.append(Seen(request.path_qs, answer.status, lines, kept))
            if request.path.endswith("/progress/"):
                self.someone_waits.set()
            passed = [
                (name, value)
                for name, value in answer.headers.items()
                if name not in {"Transfer-Encoding", "Content-Length", "Connection"}
            ]
            response = web.Response(status=answer.status, body=body)
            response.headers.clear()
            for name, value in passed:
                response.headers.add(name, value)
            return response


async def _models(request: web.Request, proxy: Proxy) -> web.Response:
    # However quick the machine is, the pages of waiting are among what is kept.
    await proxy.someone_waits.wait()
    body = await request.json()
    if body["model"] == "vendor/zqecho-mini":
        # What real endpoints do: name themselves, the model and more in the error.
        error = {"message": "vendor/zqecho-mini is overloaded at zqhost, key zqsecret"}
        return web.json_response({"error": error}, status=400, headers={"x-zqhost": "zqhost"})
    persona = SENT_NAMES[body["model"].removeprefix("vendor/")]
    reply = complete(body | {"model": persona})
    reply["model"] = f"vendor/{body['model']}-0613-zqhost"
    return web.json_response(reply, headers={"x-zqhost": "zqhost"})


@pytest.fixture
def in_background() -> Iterator[Callable[[web.Application], int]]:
    """Serve an application on a free port, in a thread with a loop of its own."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    runners: list[web.AppRunner] = []

    def run(app: web.Application) -> int:
        async def begin() -> int:
            runner = web.AppRunner(app)
            await runner.setup()
            await web.TCPSite(runner, "127.0.0.1", 0).start()
            runners.append(runner)
            return int(runner.addresses[0][1])

        return asyncio.run_coroutine_threadsafe(begin(), loop).result(PATIENCE_S)

    yield run
    for runner in runners:
        asyncio.run_coroutine_threadsafe(runner.cleanup(), loop).result(PATIENCE_S)
    loop.call_soon_threadsafe(loop.stop)
    thread.join()
    loop.close()


@pytest.mark.slow
def test_no_answer_of_the_server_names_a_model_or_its_maker(
    make_server: Callable[[Path], Server],
    in_background: Callable[[web.Application], int],
    tmp_path: Path,
) -> None:
    proxy = Proxy()
    endpoint = web.Application()
    endpoint.router.add_post("/v1/chat/completions", partial(_models, proxy=proxy))
    endpoint_port = in_background(endpoint)
    folder = tmp_path / "study"
    folder.mkdir()
    for source in SMALL.iterdir():
        (folder / source.name).write_text(source.read_text())
    (folder / "models.yaml").write_text(
        "".join(
            f"- {{id: {name}, provider: openai, model: vendor/{name}, "
            f"base_url: 'http://127.0.0.1:{endpoint_port}/v1'}}\n"
            for name in MODELS
        )
    )
    _add_comparisons(folder / "study.yaml")
    server = make_server(folder / "study.yaml")
    proxy.target = server.url
    passing = web.Application(client_max_size=2**24)
    passing.router.add_route("*", "/{path:.*}", proxy.handle)
    proxy.url = f"http://127.0.0.1:{in_background(passing)}"

    study = load_study(folder / "study.yaml")
    plan = make_plan(study, participants=4, seed=3)
    tally = Tally()
    # Bots come in as people do: without the token that would mark their rows.
    asyncio.run(
        play_all(plan.bots, study, url=proxy.url, token=lambda _bot: "", limit=4, tally=tally)
    )
    assert tally.completed == 4, tally.faults
    assert tally.missing_answers > 0, "a failing model should have been among those asked"
    _fetch_what_pages_name(proxy)

    kinds = {_kind(seen.path) for seen in proxy.answers}
    talk = ("talk/N/", "talk/N/N/", "talk/N/N/progress/")
    needed = ("", "survey/N/N/", *talk, "compare/N/", "compare/N/N/", "done/")
    assert {f"/s/small/{kind}" for kind in needed} <= kinds
    assert any(seen.path.endswith(".js") for seen in proxy.answers)
    assert any(b"csrftoken" in seen.headers for seen in proxy.answers)
    never = re.compile(NEVER.pattern.replace(b"%d", b"%d" % endpoint_port), re.IGNORECASE)
    told = [
        f"{seen.status} {seen.path}: {found[0]!r} in {where}"
        for seen in proxy.answers
        for where, part in (("headers", seen.headers), ("body", seen.body))
        for found in [never.search(part)]
        if found
    ]
    assert told == [], "\n".join(told)


def _add_comparisons(study: Path) -> None:
    """A last stage in which two of the models answer side by side while people wait."""
    prompts = ", ".join(f"{{id: p{n}, text: 'Question {n}?'}}" for n in range(8))
    stage = f"  - comparisons: {{source: live, count: 3, timeout_s: 120, prompts: [{prompts}]}}\n"
    text = study.read_text(encoding="utf-8")
    study.write_text(text.replace("models: models.yaml", f"{stage}models: models.yaml"))


def _kind(path: str) -> str:
    return re.sub(r"/\d+(?=/)", "/N", path.partition("?")[0])


def _fetch_what_pages_name(proxy: Proxy) -> None:
    """Scripts and styles of all pages, what those import, and pages of error."""
    import urllib.error
    import urllib.request

    wanted = {"/s/small/nowhere/", "/s/small/talk/9/9/", "/nothing-here/", "/"}
    done: set[str] = set()
    while wanted - done:
        path = (wanted - done).pop()
        done.add(path)
        try:
            urllib.request.urlopen(proxy.url + path, timeout=PATIENCE_S).read()
        except urllib.error.HTTPError as error:
            error.read()
        for seen in proxy.answers:
            for found in re.findall(rb'(?:src|href)="(/static/[^"]+)"', seen.body):
                wanted.add(found.decode())
            if seen.path.endswith((".js", ".css")):
                base = seen.path.rpartition("/")[0]
                for found in re.findall(rb"""from ["']\./([\w.-]+)["']""", seen.body):
                    wanted.add(f"{base}/{found.decode()}")


def test_the_test_would_notice_a_name() -> None:
    assert NEVER.search(b"<p>zqAlpha-7b</p>")
    assert NEVER.search(b"X-Model: vendor/something")
    assert not NEVER.search(b"<p>Answer A</p>")
