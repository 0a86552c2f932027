"""A preference study with three raters in a real Chromium, from the invitation to the result that
is read back from its release: with a mouse, by keys alone, and by touch on a phone."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.collect.pages_preview import axe_findings
from tests.serving import Server

from manyvoices.design.templates import template_path
from manyvoices.io import read_comparisons

pytestmark = [pytest.mark.browser, pytest.mark.slow]
WIDE = "document.documentElement.scrollWidth > document.documentElement.clientWidth"
SMALL_TARGETS = """() => [...document.querySelectorAll("main :is(button, .option, textarea)")]
    .filter((e) => e.offsetParent && (e.offsetHeight < 44 || e.offsetWidth < 44))
    .map((e) => e.outerHTML.slice(0, 120))"""
NAMES = {"reference": "zanzibar-quux", "candidate": "wombat/flimflam"}
"""Names of models that no other text of a page holds."""
ARABIC = "خبزي لا ينتفخ بعد ساعتين. ماذا أفحص؟"
PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}
DESK = {"viewport": {"width": 1280, "height": 900}}
COUNT = 3
UNHURRIED_MS = 1100
"""A little more than the least that a vote takes which is not set aside."""
PICTURES = os.environ.get("PREFERENCE_PICTURES")
"""A folder for pictures of every page; none are taken without it."""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    folder = tmp_path_factory.mktemp("preference")
    shutil.copytree(template_path("preference"), folder / "study")
    _change(folder / "study" / "study.yaml", "count: 6 ", f"count: {COUNT} ")
    _change(folder / "study" / "study.yaml", "min_seconds: 3 ", "min_seconds: 1 ")
    for name in ("study.yaml", "outputs.yaml"):
        for plain, odd in NAMES.items():
            text = (folder / "study" / name).read_text(encoding="utf-8")
            text = re.sub(rf"(model: |baseline: |\[|, ){plain}\b", rf"\g<1>{odd}", text)
            (folder / "study" / name).write_text(text, encoding="utf-8")
    prompts = folder / "study" / "prompts.yaml"
    _change(prompts, "text: My bread dough has not risen after two hours. What should I check?",
            f'language: ar\n  text: "{ARABIC}"')  # fmt: skip
    running = Server(
        folder / "study" / "study.yaml", f"sqlite:///{folder / 'p.sqlite3'}", folder / "data"
    )
    try:
        running.start()
        yield running
    finally:
        running.stop()


def _change(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")


@pytest.fixture
def open_window(chromium: Any) -> Iterator[Callable[..., Any]]:
    """A window; at the end its scripts have no complaint, and no name of a model was ever sent."""
    contexts: list[Any] = []
    problems: list[str] = []

    def open_(**options: Any) -> Any:
        context = chromium.new_context(locale="en-GB", reduced_motion="reduce", **options)
        contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: problems.append(str(error)))
        page.on("console", lambda m: problems.append(m.text) if _is_problem(m) else None)
        page.on("response", lambda r: problems.extend(_names(r)))
        return page

    yield open_
    for context in contexts:
        context.close()
    assert problems == []


def _is_problem(message: Any) -> bool:
    return message.type in {"error", "warning"} and "status of 422" not in message.text


def _names(response: Any) -> list[str]:
    if response.status in {204, 302, 304}:
        return []
    told = response.text() + str(response.headers)
    return [f"{name} in {response.url}" for name in NAMES.values() if name in told]


def look(page: Any, name: str) -> None:
    """Nothing for axe to find in either scheme, nothing wider than the screen, no small target."""
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
        assert axe_findings(page) == [], f"{name}, {scheme}"
        if PICTURES:
            width = page.viewport_size["width"]
            page.screenshot(path=Path(PICTURES) / f"{name}-{width}-{scheme}.png", full_page=True)
    assert not page.evaluate(WIDE), name
    assert page.evaluate(SMALL_TARGETS) == [], name


def _number(page: Any) -> int:
    return int(re.search(r"/compare/2/(\d+)/", page.url)[1])  # type: ignore[index]


def _rate_with_a_mouse(page: Any, server: Server) -> None:
    page.goto(f"{server.url}/s/preference/")
    for box in page.get_by_role("checkbox").all():
        box.check()
    page.click("main form button.primary")
    page.get_by_label("No", exact=True).check()
    page.click("main form button.primary")
    page.wait_for_url(re.compile(r"/compare/2/$"))
    look(page, "first")
    page.get_by_role("button", name="Begin").click()
    for number in range(1, COUNT + 1):
        page.wait_for_url(re.compile(rf"/compare/2/{number}/$"))
        if number == 1:
            look(page, "judge")
            page.click("main form button.primary")
            page.get_by_text("Something is still needed").wait_for()
            look(page, "judge-error")
        columns = [side.bounding_box() for side in page.locator(".side").all()]
        assert columns[0]["y"] == columns[1]["y"]
        page.get_by_label("Answer A is better").check()
        page.get_by_label("It is right").check()
        page.fill("#reason-text", f"Reason {number}")
        page.get_by_text(re.compile("^Saved")).wait_for()
        page.goto(page.url)
        assert page.get_by_label("Answer A is better").is_checked()
        assert page.input_value("#reason-text") == f"Reason {number}"
        page.wait_for_timeout(UNHURRIED_MS)
        page.click("main form button.primary")
    page.wait_for_url(re.compile("/done/"))


def _rate_by_keys(page: Any, server: Server) -> None:
    def to(selector: str) -> None:
        focused = f"document.activeElement && document.activeElement.matches({selector!r})"
        for _ in range(80):
            if page.evaluate(focused):
                return
            page.keyboard.press("Tab")
        pytest.fail(f"no way by Tab to {selector} on {page.url}")

    def send() -> None:
        to("main form button.primary")
        with page.expect_navigation():
            page.keyboard.press("Enter")

    page.goto(f"{server.url}/s/preference/")
    for box in ("#agree", "#age"):
        to(box)
        page.keyboard.press("Space")
    send()
    to("[name='q-trade']")
    page.keyboard.press("ArrowDown")
    send()
    send()
    for number in range(1, COUNT + 1):
        assert _number(page) == number
        page.keyboard.press("1")
        page.keyboard.press("2")
        assert page.get_by_label("Answer B is better").is_checked()
        assert page.evaluate("document.activeElement.matches('button.primary')")
        if number == 2:
            page.keyboard.press("3")
        page.wait_for_timeout(UNHURRIED_MS)
        with page.expect_navigation():
            page.keyboard.press("Enter")
    assert "/done/" in page.url


def _rate_by_touch(page: Any, server: Server) -> None:
    page.goto(f"{server.url}/s/preference/")
    for box in page.get_by_role("checkbox").all():
        box.tap()
    page.locator("main form button.primary").tap()
    page.get_by_label("No", exact=True).tap()
    page.locator("main form button.primary").tap()
    page.wait_for_url(re.compile(r"/compare/2/$"))
    look(page, "first")
    page.locator("main form button.primary").tap()
    for number in range(1, COUNT + 1):
        page.wait_for_url(re.compile(rf"/compare/2/{number}/$"))
        if number == 1:
            look(page, "judge")
        above, below = (side.bounding_box() for side in page.locator(".side").all())
        assert above["y"] + above["height"] <= below["y"]
        page.get_by_text("I cannot judge this" if number == 3 else "Answer A is better").tap()
        page.locator("main form button.primary").tap()
    page.wait_for_url(re.compile("/done/"))
    page.get_by_text("PREFER-1").first.wait_for()
    look(page, "done")


def test_three_raters_come_from_the_invitation_to_the_result_in_a_release(
    server: Server, open_window: Callable[..., Any], tmp_path: Path
) -> None:
    _rate_with_a_mouse(open_window(**DESK), server)
    _rate_by_keys(open_window(**DESK), server)
    _rate_by_touch(open_window(**PHONE), server)
    out = tmp_path / "release"
    command = [sys.executable, "-m", "manyvoices", "release", "--study", "preference"]
    command += ["--db", server.database_url, "--out", str(out), "--formats", "native"]
    done = subprocess.run(
        [*command, "--pseudonyms", "none"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    rows = sorted(read_comparisons(out), key=lambda row: row.started_at)
    assert len(rows) == 3 * COUNT
    people = list(dict.fromkeys(row.participant_id for row in rows))
    said = {who: [r for r in rows if r.participant_id == who] for who in people}
    mouse, keys, touch = said.values()
    assert [r.order for r in mouse] == [[[0], [1]]] * COUNT
    assert [r.reason_text for r in mouse] == [f"Reason {n}" for n in range(1, COUNT + 1)]
    assert [r.reasons for r in mouse] == [["right"]] * COUNT
    assert [r.verdict and r.verdict.value for r in keys] == ["choice", "tie", "choice"]
    assert touch[2].verdict is not None
    assert touch[2].verdict.value == "cannot_judge"
    assert {model for row in rows for model in row.models} == set(NAMES.values())
    assert {row.pool for row in rows} == {"crowd"}
    assert not any(row.quarantined for row in (*mouse, *keys))
    # The finger on the phone may be so quick that its votes are set aside: the draw balances the
    # places among the votes that count.
    left = [row.models[0] for row in (*mouse, *keys)]
    assert abs(left.count(NAMES["reference"]) - left.count(NAMES["candidate"])) <= 1


def test_a_prompt_that_is_written_from_the_right_stands_so(
    server: Server, open_window: Callable[..., Any]
) -> None:
    page = open_window(**PHONE)
    page.goto(f"{server.url}/s/preference/")
    for box in page.get_by_role("checkbox").all():
        box.tap()
    page.locator("main form button.primary").tap()
    page.get_by_label("Yes", exact=True).tap()
    page.locator("main form button.primary").tap()
    page.locator("main form button.primary").tap()
    for number in range(1, COUNT + 1):
        page.wait_for_url(re.compile(rf"/compare/2/{number}/$"))
        said = page.locator(".said").last
        if said.text_content() == ARABIC:
            assert said.get_attribute("lang") == "ar"
            assert page.evaluate("e => getComputedStyle(e).direction", said.element_handle()) == (
                "rtl"
            )
            look(page, "judge-rtl")
        page.get_by_text("They are equally good").tap()
        page.locator("main form button.primary").tap()
    page.wait_for_url(re.compile("/done/"))
