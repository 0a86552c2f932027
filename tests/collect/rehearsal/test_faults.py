"""A rehearsal is a test of the study: what a bot cannot get past is named by page and field."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from manyvoices.collect.rehearsal import PageFault, Plan, Tally
from manyvoices.collect.rehearsal.playing import play_all
from manyvoices.collect.rehearsal.visiting import FIRST_LOOK_S
from manyvoices.design import Study

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
Play = Callable[..., Awaitable[Tally]]
DONE = '<section class="receipt"></section><code id="completion-code">C-1</code>'
FORM = '<form method="post">{}<button type="submit">Go</button></form>'


def html(text: str, status: int = 200) -> web.Response:
    return web.Response(text=text, status=status, content_type="text/html")


@pytest.fixture
async def play(plan_of: Callable[..., Plan], small: Study) -> AsyncIterator[Play]:
    """Play three bots against a server of one handler."""
    servers: list[TestServer] = []

    async def run(handler: Handler, **options: object) -> Tally:
        app = web.Application()
        app.router.add_route("*", "/{path:.*}", handler)
        servers.append(TestServer(app))
        await servers[-1].start_server()
        tally, url = Tally(), str(servers[-1].make_url("/"))
        await play_all(
            plan_of(3, **options).bots, small, url=url, token=lambda _bot: "t", limit=2, tally=tally
        )
        return tally

    yield run
    for server in servers:
        await server.close()


async def test_bots_that_reach_the_code_have_completed(play: Play) -> None:
    async def handler(request: web.Request) -> web.Response:
        assert request.query["rehearsal"] == "t"
        return html(DONE)

    tally = await play(handler)
    assert (tally.started, tally.completed, tally.faults) == (3, 3, {})
    assert tally.codes == {"C-1": 3}


async def test_an_error_page_is_reported_with_its_path_and_status_once_per_bot(
    play: Play,
) -> None:
    async def handler(request: web.Request) -> web.Response:
        if request.path == "/s/small/":
            raise web.HTTPFound("/s/small/survey/1/0/")
        return html("sorry", 500)

    tally = await play(handler)
    assert tally.completed == 0
    assert tally.faults == {PageFault("/survey/1/0/", 500, None, "an error page"): 3}


async def test_a_form_that_keeps_coming_back_is_reported_with_its_field(play: Play) -> None:
    field = '<p class="error" id="q-x-error">Too long</p><input type="text" name="q-x">'

    async def handler(request: web.Request) -> web.Response:
        return html(FORM.format(field), 422 if request.method == "POST" else 200)

    tally = await play(handler)
    assert tally.faults == {PageFault("/", 422, "q-x", "Too long"): 3}


async def test_a_form_that_is_accepted_at_the_second_try_is_no_fault(play: Play) -> None:
    posts: dict[str, int] = {}

    async def handler(request: web.Request) -> web.Response:
        who = request.cookies.get("who") or str(len(posts))
        posts[who] = posts.get(who, -1) + (request.method == "POST")
        answer = html(FORM.format('<input type="text" name="q-x">'))
        if posts[who] == 1:
            answer = html(FORM.format('<input type="text" name="q-x">'), 422)
        elif posts[who] == 2:
            answer = html(DONE)
        posts[who] = max(posts[who], 0)
        answer.set_cookie("who", who)
        return answer

    tally = await play(handler)
    assert (tally.completed, tally.sent_back, tally.faults) == (3, 3, {})


async def test_a_control_that_cannot_be_filled_is_reported(play: Play) -> None:
    async def handler(request: web.Request) -> web.Response:
        return html(FORM.format('<input type="file" name="q-photo">'))

    tally = await play(handler)
    assert tally.faults == {PageFault("/", 200, "q-photo", "a control of type file"): 3}


async def test_a_study_that_goes_round_in_circles_is_found_out(play: Play) -> None:
    async def handler(request: web.Request) -> web.Response:
        return html("<h1>Again</h1>" + FORM.format('<input type="text" name="q-x">'))

    tally = await play(handler)
    fault = PageFault("/", 200, None, "the study does not come to an end (“Again”)")
    assert tally.faults == {fault: 3}


async def test_a_page_with_nothing_to_do_is_reported(play: Play) -> None:
    async def handler(request: web.Request) -> web.Response:
        return html("<h1>Hm</h1>")

    (fault,) = (await play(handler)).faults
    assert fault.found.startswith("nothing to do on this page")


async def test_redirects_without_end_are_reported(play: Play) -> None:
    async def handler(request: web.Request) -> web.Response:
        raise web.HTTPFound("/s/small/next/")

    (fault,) = (await play(handler)).faults
    assert fault == PageFault("/next/", None, None, "redirects that do not end")


async def test_a_server_that_is_gone_is_reported_and_not_waited_for(
    plan_of: Callable[..., Plan], small: Study
) -> None:
    tally = Tally()
    bots = plan_of(1).bots
    await play_all(
        bots, small, url="http://127.0.0.1:9", token=lambda _bot: "t", limit=1, tally=tally
    )
    (fault,) = tally.faults
    assert (fault.page, fault.status) == ("/", None)


async def test_a_bot_looks_for_answers_soon_and_then_no_more_often_than_a_browser(
    play: Play, monkeypatch: pytest.MonkeyPatch
) -> None:
    pauses: list[float] = []
    looks: Counter[str] = Counter()
    sleep = asyncio.sleep

    async def count(seconds: float) -> None:
        pauses.append(seconds)
        await sleep(0)

    monkeypatch.setattr("manyvoices.collect.rehearsal.visiting.asyncio.sleep", count)

    async def handler(request: web.Request) -> web.Response:
        waiting = '<div id="waiting" hx-get="{}" hx-trigger="every 1000ms"></div>'
        who = request.cookies.get("who") or str(len(looks))
        looks[who] += 1
        answer = html(DONE if looks[who] == 6 else waiting.format("/s/small/progress/"))
        if looks[who] == 5:
            answer = html("")
            answer.set_status(204)
            answer.headers["HX-Refresh"] = "true"  # as the server says that all are here
        answer.set_cookie("who", who)
        return answer

    tally = await play(handler)
    assert tally.completed == 3
    assert pauses[0] == FIRST_LOOK_S
    assert max(pauses) == 1.0
    assert len(pauses) == 3 * 4


async def test_nothing_new_is_no_reason_to_open_the_page_anew(
    play: Play, monkeypatch: pytest.MonkeyPatch
) -> None:
    pages: Counter[str] = Counter()
    sleep = asyncio.sleep
    monkeypatch.setattr(
        "manyvoices.collect.rehearsal.visiting.asyncio.sleep", lambda _seconds: sleep(0)
    )

    async def handler(request: web.Request) -> web.Response:
        who = request.cookies.get("who") or str(len(pages))
        is_poll = request.path.endswith("/progress/")
        pages[who] += not is_poll
        polls = int(request.cookies.get("polls", "0")) + is_poll
        waiting = '<div id="waiting" hx-get="/s/small/progress/" hx-trigger="every 1000ms"></div>'
        answer = html("" if is_poll else DONE if pages[who] == 2 else waiting)
        if is_poll:
            answer.set_status(204)
        if is_poll and polls == 5:
            answer.headers["HX-Refresh"] = "true"
        answer.set_cookie("who", who)
        answer.set_cookie("polls", str(polls))
        return answer

    tally = await play(handler)
    assert tally.completed == 3
    assert set(pages.values()) == {2}


async def test_a_bot_that_drops_out_leaves_before_it_talks_and_is_no_fault(play: Play) -> None:
    async def handler(request: web.Request) -> web.Response:
        if not request.path.startswith("/s/small/talk/"):
            raise web.HTTPFound("/s/small/talk/2/")
        return html(FORM.format('<input type="text" name="q-x">'))

    tally = await play(handler, dropouts=1.0)
    assert (tally.completed, tally.out, tally.faults) == (0, {"dropped_out": 3}, {})


async def test_whoever_is_screened_out_has_ended_and_a_closed_door_is_a_fault(play: Play) -> None:
    async def screened(request: web.Request) -> web.Response:
        return html('<h1 data-out="screen_out">Others</h1>')

    async def closed(request: web.Request) -> web.Response:
        return html('<h1 data-out="closed">Closed</h1>', 410)

    assert (await play(screened)).out == {"screen_out": 3}
    (fault,) = (await play(closed)).faults
    assert fault.found.startswith("not let in: closed")
