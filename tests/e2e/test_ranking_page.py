"""Putting replies in order in a real browser: by keys, buttons, mouse, finger and plain form."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from tests.collect.pages_preview import axe_findings
from tests.collect.pages_preview import chromium as chromium_path
from tests.e2e.patience import until, until_page

from manyvoices.design import load_study

if TYPE_CHECKING:
    from pytest_django.live_server_helper import LiveServer

    from manyvoices.collect.trees.models import RankingGiven, Task

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

ORCHARD = Path(__file__).parents[1] / "assets" / "studies" / "orchard" / "study.yaml"
TEXTS = tuple(
    f"{name} replies.\n\n" + f"This is what {name} has to say. " * 12
    for name in ("Apple", "Berry", "Cherry")
)
WANTED = [["Cherry"], ["Apple", "Berry"]]
SHOTS = Path(__file__).parents[2] / "screenshots" / "ranking"

if chromium_path() is None:
    pytest.skip("no Chromium: install one or name it in CHROMIUM", allow_module_level=True)


class Ranking:
    """The ranking page of one task in one window."""

    def __init__(self, window: Any, base: str, task: Task) -> None:
        from django.urls import reverse
        from tests.collect.trees.ranking_sets import cookie

        self.window, self.task = window, task
        name, value = cookie(task.participant)
        window.context.add_cookies([{"name": name, "value": value, "url": base}])
        # Requests beside the page's own would meet in the tests' one database in memory.
        self.beside: list[str] = []
        for address in ("**/keep/", "**/draft/**"):
            window.route(address, self._answer)
        self.url = base + reverse("trees:rank", args=["orchard", task.pk])

    def _answer(self, route: Any) -> None:
        self.beside.append(route.request.url)
        route.fulfill(json={"saved_at": "2026-11-21T14:05:00+00:00"})

    def open(self) -> Ranking:
        self.window.goto(self.url)
        return self

    def card(self, name: str) -> Any:
        return self.window.locator("[data-reply]", has_text=f"{name} replies.")

    def order(self) -> list[str]:
        return [
            text.split()[0]
            for text in self.window.locator("[data-reply] .answer").all_inner_texts()
        ]

    def said(self) -> str:
        return str(self.window.locator("[data-rank-status]").text_content())

    def letter(self, name: str) -> str:
        return str(self.card(name).get_attribute("data-letter"))

    def up(self, name: str) -> Any:
        return self.card(name).locator("[data-rank-move='-1']")

    def down(self, name: str) -> Any:
        return self.card(name).locator("[data-rank-move='1']")

    def tie(self, name: str) -> Any:
        return self.card(name).locator("[data-rank-tie]")

    def handle(self, name: str) -> tuple[float, float]:
        box = self.card(name).locator("[data-rank-handle]").bounding_box()
        return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2

    def middle(self, name: str, across: float, along: float) -> tuple[float, float]:
        """A point in a card, by shares of its width and height."""
        box = self.card(name).bounding_box()
        return box["x"] + box["width"] * across, box["y"] + box["height"] * along

    def send(self) -> None:
        self.window.get_by_role("button", name="Send my order").click()
        self.window.wait_for_url("**/done/")

    def names(self, keys: list[str]) -> list[str]:
        from tests.collect.trees.ranking_sets import texts_of

        return [name for [name] in texts_of(self.task, [[key] for key in keys])]

    def stored(self) -> tuple[list[list[str]], RankingGiven]:
        from tests.collect.trees.ranking_sets import texts_of

        from manyvoices.collect.trees.models import RankingGiven

        given = RankingGiven.objects.get(task=self.task)
        return texts_of(self.task, given.groups), given


@pytest.fixture
def a_task(transactional_db: None) -> Callable[..., Task]:
    from tests.collect.trees.ranking_sets import ranking_task

    from manyvoices.collect.studies.operations import publish_study
    from manyvoices.collect.trees import policies

    policies._read.clear()
    version = publish_study(spec=load_study(ORCHARD), now=datetime(2026, 11, 21, tzinfo=UTC))
    return lambda texts=TEXTS, **more: ranking_task(version, texts, **more)


@pytest.fixture
def desk(page: Any, live_server: LiveServer, a_task: Callable[..., Task]) -> Ranking:
    return Ranking(page, live_server.url, a_task()).open()


@pytest.fixture
def hand(phone: Any, live_server: LiveServer, a_task: Callable[..., Task]) -> Ranking:
    phone.clock.install()
    return Ranking(phone, live_server.url, a_task()).open()


class Finger:
    """One finger on a window's glass."""

    def __init__(self, window: Any) -> None:
        self.window, self.cdp = window, window.context.new_cdp_session(window)

    def _send(self, kind: str, points: list[tuple[float, float]]) -> None:
        touches = [{"x": x, "y": y} for x, y in points]
        self.cdp.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": touches})

    def drag(
        self, start: tuple[float, float], end: tuple[float, float], *, holds: bool = False
    ) -> None:
        """From `start` to `end`; `holds`: not before the page shows that it has taken hold."""
        self._send("touchStart", [start])
        if holds:
            self.window.locator(".drag-chip").wait_for()
        for i in range(1, 11):
            at = (start[0] + (end[0] - start[0]) * i / 10, start[1] + (end[1] - start[1]) * i / 10)
            self._send("touchMove", [at])
            self.window.wait_for_timeout(16)
        self._send("touchEnd", [])


def by_buttons(page: Ranking) -> None:
    while page.order()[0] != "Cherry":
        page.up("Cherry").click()
    page.tie(page.order()[2]).click()


def by_digits(page: Ranking) -> None:
    page.up("Cherry").focus()
    page.window.keyboard.press("1")
    page.tie(page.order()[2]).focus()
    page.window.keyboard.press("=")


def by_mouse(page: Ranking) -> None:
    mouse, first = page.window.mouse, page.order()[0]
    if first != "Cherry":
        mouse.move(*page.handle("Cherry"))
        mouse.down()
        mouse.move(*page.middle(first, 0.4, 0.5), steps=4)
        mouse.move(*page.middle(first, 0.2, 0.5), steps=4)
        assert page.card(first).get_attribute("class").endswith("drop-before")
        mouse.up()
    page.tie(page.order()[2]).click()


@pytest.mark.parametrize("way", [by_buttons, by_digits, by_mouse])
def test_every_way_leads_to_the_same_order(desk: Ranking, way: Callable[[Ranking], None]) -> None:
    shown = desk.order()
    way(desk)
    last = [name for name in desk.order() if name != "Cherry"]
    assert desk.said().endswith(f"is now second, equal to {desk.letter(last[0])}.")
    desk.send()
    groups, given = desk.stored()
    assert groups == WANTED
    assert desk.names(given.shown) == shown


def test_without_javascript_numbers_do_it(
    chromium: Any, live_server: LiveServer, a_task: Callable[..., Task]
) -> None:
    size = {"width": 390, "height": 844}
    context = chromium.new_context(java_script_enabled=False, viewport=size)
    page = Ranking(context.new_page(), live_server.url, a_task()).open()
    assert not page.up("Cherry").is_visible()
    page.card("Cherry").locator("select").select_option("1")
    page.window.get_by_role("button", name="Send my order").click()
    page.window.wait_for_load_state()
    assert "Put at least two replies in order" in page.window.locator("#order-error").inner_text()
    assert page.card("Cherry").locator("select").input_value() == "1"
    SHOTS.mkdir(parents=True, exist_ok=True)
    page.window.screenshot(path=SHOTS / "plain-390.png", full_page=True)
    for name, place in (("Cherry", "1"), ("Apple", "3"), ("Berry", "3")):
        page.card(name).locator("select").select_option(place)
    page.send()
    assert page.stored()[0] == WANTED
    context.close()


def test_a_finger_that_holds_the_handle_moves_a_reply(hand: Ranking) -> None:
    finger = Finger(hand.window)
    first, second, third = hand.order()
    hand.card(second).locator("[data-rank-handle]").scroll_into_view_if_needed()
    hand.window.evaluate("scrollBy(0, 150)")
    start = hand.handle(second)
    box = hand.card(first).bounding_box()
    finger.drag(start, (start[0], box["y"] + box["height"] * 0.3), holds=True)
    until(lambda: hand.order() == [second, first, third])
    assert hand.said() == f"Reply {hand.letter(second)} is now first."


@pytest.mark.parametrize("on_handle", [False, True])
def test_nothing_moves_by_scrolling(hand: Ranking, *, on_handle: bool) -> None:
    finger, before = Finger(hand.window), hand.order()
    hand.card(before[1]).locator("[data-rank-handle]").scroll_into_view_if_needed()
    x, y = hand.handle(before[1])
    start = (x, y) if on_handle else (200, y)
    at = hand.window.evaluate("scrollY")
    # On a busy machine a quick finger's first move comes late: time goes on when the finger has.
    hand.window.clock.pause_at(hand.window.evaluate("Date.now()") + 1000)
    finger.drag(start, (start[0], max(y - 300, 20)))
    until_page(hand.window, f"scrollY > {at}")
    finger.drag(hand.handle(before[1]) if on_handle else start, (start[0], 20))
    hand.window.clock.run_for(1000)
    assert hand.window.locator(".drag-chip").count() == 0
    assert hand.order() == before
    assert hand.window.locator("[name=moved]").input_value() == "0"
    assert hand.said() == ""


def test_from_a_text_no_drag_begins(desk: Ranking) -> None:
    before, mouse = desk.order(), desk.window.mouse
    mouse.move(*desk.middle(before[2], 0.5, 0.4))
    mouse.down()
    mouse.move(*desk.middle(before[0], 0.2, 0.4), steps=5)
    mouse.up()
    assert desk.order() == before


def test_escape_leaves_all_as_it_was(desk: Ranking) -> None:
    before, mouse = desk.order(), desk.window.mouse
    mouse.move(*desk.handle(before[2]))
    mouse.down()
    mouse.move(*desk.middle(before[0], 0.2, 0.5), steps=5)
    assert desk.window.locator(".drag-chip").is_visible()
    desk.window.keyboard.press("Escape")
    mouse.up()
    assert desk.order() == before
    assert desk.window.locator(".drag-chip").count() == 0


def test_the_whole_task_by_keyboard(desk: Ranking) -> None:
    keyboard, focused = desk.window.keyboard, "document.activeElement"

    def tab_to(condition: str) -> None:
        for _ in range(80):
            keyboard.press("Tab")
            if desk.window.evaluate(f"{focused}.matches({condition!r})"):
                return
        raise AssertionError(condition)

    first, second, third = desk.order()
    tab_to("[data-rank-move='1']")
    keyboard.press("Enter")
    assert desk.order() == [second, first, third]
    assert desk.said() == f"Reply {desk.letter(first)} is now second."
    assert desk.window.evaluate(f"{focused}.closest('[data-reply]').dataset.letter") == desk.letter(
        first
    )
    keyboard.press("3")
    assert desk.order() == [second, third, first]
    keyboard.press("=")
    assert (
        desk.said() == f"Reply {desk.letter(first)} is now second, equal to {desk.letter(third)}."
    )
    keyboard.press("0")
    assert desk.said() == f"Reply {desk.letter(first)} is left out of your order."
    tab_to("[name^=flag-][value=cannot_judge]")
    keyboard.press("Space")
    tab_to("#rank-form .primary")
    keyboard.press("Enter")
    desk.window.wait_for_url("**/done/")
    groups, given = desk.stored()
    assert groups == [[second], [third]]
    assert list(given.flags.values()) == [["cannot_judge"]]


def test_an_order_that_nobody_made_is_asked_back_once(desk: Ranking) -> None:
    shown = desk.order()
    desk.window.get_by_role("button", name="Send my order").click()
    block = desk.window.locator("[data-asked-back]")
    SHOTS.mkdir(parents=True, exist_ok=True)
    desk.window.screenshot(path=SHOTS / "asked-back.png", full_page=True)
    assert block.is_visible()
    assert "is this the order you mean?" in block.inner_text()
    assert desk.window.evaluate("document.activeElement.id") == "asked-back"
    desk.window.get_by_role("button", name="Yes, send it as it stands").click()
    desk.window.wait_for_url("**/done/")
    assert desk.stored()[0] == [[name] for name in shown]


def test_all_bad_is_sent_without_an_order(desk: Ranking) -> None:
    desk.window.check("#all-bad")
    desk.send()
    groups, given = desk.stored()
    assert (groups, given.all_bad) == ([], True)


def test_the_task_is_kept_while_its_page_is_open(desk: Ranking) -> None:
    until(lambda: any("/keep/" in url for url in desk.beside), page=desk.window)


def test_an_order_survives_a_reload(desk: Ranking) -> None:
    desk.window.unroute("**/draft/**")
    by_buttons(desk)
    desk.card("Apple").locator("[name^=flag-][value=wrong]").check()
    until_page(
        desk.window, "document.querySelector('[data-draft-status]').textContent.startsWith('Saved')"
    )
    until_page(desk.window, "localStorage.length === 0")
    before = desk.order()
    desk.window.reload()
    assert desk.order() == before
    assert desk.card("Apple").locator("[name^=flag-][value=wrong]").is_checked()
    desk.send()
    assert desk.stored()[0] == WANTED


def test_buttons_stay_under_the_finger_that_presses_them(hand: Ranking) -> None:
    last = hand.order()[2]
    hand.up(last).scroll_into_view_if_needed()
    before = hand.up(last).bounding_box()["y"]
    hand.up(last).tap()
    assert abs(hand.up(last).bounding_box()["y"] - before) < 2


def test_whatever_is_pressed_the_form_says_what_the_page_shows(desk: Ranking) -> None:
    """Random presses: the numbers sent are those that the words on the cards say."""
    rng, words = random.Random(3), ["first", "second", "third"]
    for _ in range(40):
        button = rng.choice(desk.window.locator("[data-reply] button:visible").all())
        button.evaluate("button => button.click()")
        for card in desk.window.locator("[data-reply]").all():
            place = card.locator("select").input_value()
            said = card.locator("[data-rank-place]").text_content()
            assert said.split(",")[0] == (words[int(place) - 1] if place else "left out")


def test_all_orders_are_reached_by_keys_and_by_moves(desk: Ranking) -> None:
    """In the module itself: digits and ties make any order, and numbers give it back."""
    wrong = desk.window.evaluate(
        """async () => {
          const o = await import("/static/js/rank_order.js");
          const ids = ["a", "b", "c", "d"];
          const all = (ids) => [...ids].sort();
          const sorted = (order) => JSON.stringify([order.groups.map(all), all(order.out)]);
          const wrong = [];
          for (let code = 0; code < 5 ** 4; code++) {
            const given = ids.map((id, i) => [id, String(Math.floor(code / 5 ** i) % 5 || "")]);
            const wanted = o.fromPlaces(given);
            const again = o.fromPlaces([...o.places(wanted)]);
            if (sorted(again) !== sorted(wanted)) wrong.push(["numbers", code]);
            let keys = { groups: ids.map((id) => [id]), out: [] }, moves = keys;
            for (const id of wanted.out) {
              keys = o.toggleOut(keys, id);
              moves = o.toggleOut(moves, id);
            }
            wanted.groups.flat().forEach((id, i) => {
              keys = o.put(keys, id, i + 1);
              while (o.find(moves, id).group > i) moves = o.move(moves, id, -1);
            });
            for (const id of wanted.groups.flatMap((group) => group.slice(1))) {
              keys = o.toggleTie(keys, id);
              moves = o.toggleTie(moves, id);
            }
            if (sorted(keys) !== sorted(wanted)) wrong.push(["keys", code]);
            if (sorted(moves) !== sorted(wanted)) wrong.push(["moves", code]);
          }
          return wrong;
        }"""
    )
    assert wrong == []


@pytest.fixture
def windows(chromium: Any) -> Iterator[Callable[..., Any]]:
    contexts = []

    def window(width: int, scheme: str = "light") -> Any:
        context = chromium.new_context(
            viewport={"width": width, "height": 900 if width > 390 else 844},
            color_scheme=scheme, reduced_motion="reduce", has_touch=width == 390,
        )  # fmt: skip
        contexts.append(context)
        return context.new_page()

    yield window
    for context in contexts:
        context.close()


@pytest.mark.parametrize("width", [390, 1280])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_and_nothing_is_too_wide(
    windows: Callable[..., Any],
    live_server: LiveServer,
    a_task: Callable[..., Task],
    width: int,
    scheme: str,
) -> None:
    page = Ranking(windows(width, scheme), live_server.url, a_task()).open()
    assert axe_findings(page.window) == []
    page.up(page.order()[2]).click()
    page.tie(page.order()[1]).click()
    page.card(page.order()[2]).locator("[data-rank-out]").click()
    page.window.evaluate("scrollTo(0, 0)")
    SHOTS.mkdir(parents=True, exist_ok=True)
    page.window.screenshot(path=SHOTS / f"ordered-{width}-{scheme}.png", full_page=True)
    assert axe_findings(page.window) == []
    assert page.window.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0


ARABIC = ("بسبب الجاذبية.", "لأنها تريد ذلك.", "Newton قال إن الأرض تجذبها.")


@pytest.mark.parametrize("width", [390, 1280])
def test_from_right_to_left_the_page_is_mirrored(
    windows: Callable[..., Any], live_server: LiveServer, a_task: Callable[..., Task], width: int
) -> None:
    window = windows(width)
    window.context.add_cookies([{"name": "django_language", "value": "ar", "url": live_server.url}])
    task = a_task(ARABIC, language="ar", prompt="لماذا يسقط التفاح؟")
    Ranking(window, live_server.url, task).open()
    cards = window.locator("[data-reply]")
    first, last = cards.nth(0), cards.nth(2)
    assert window.evaluate("document.documentElement.dir") == "rtl"
    name = last.get_attribute("data-letter")
    SHOTS.mkdir(parents=True, exist_ok=True)
    if width == 1280:
        assert first.bounding_box()["x"] > last.bounding_box()["x"]
        box, head = first.bounding_box(), last.locator("[data-rank-handle]").bounding_box()
        window.mouse.move(head["x"] + 20, head["y"] + 20)
        window.mouse.down()
        window.mouse.move(box["x"] + box["width"] * 0.8, box["y"] + 100, steps=6)
        assert "drop-before" in first.get_attribute("class")
        window.screenshot(path=SHOTS / "arabic-dragging.png")
        window.mouse.up()
    else:
        last.locator("[data-rank-move='-1']").click()
        last = cards.nth(1)
        last.locator("[data-rank-move='-1']").click()
    assert cards.nth(0).get_attribute("data-letter") == name
    handle, heading = (
        cards.nth(0).locator(s).bounding_box()["x"] for s in ("[data-rank-handle]", "h3")
    )
    assert handle > heading
    window.evaluate("scrollTo(0, 0)")
    window.screenshot(path=SHOTS / f"arabic-{width}.png", full_page=True)
    assert axe_findings(window) == []
    assert window.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
    window.locator("#rank-form .primary").click()
    window.wait_for_url("**/done/")
