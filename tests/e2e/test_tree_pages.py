"""Contributors in a real Chromium, before a real server: by keys, by touch, in any direction."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.collect.pages_preview import axe_findings
from tests.e2e.patience import until_page
from tests.serving import PATIENCE_S, Server

from manyvoices.design.templates import template_path

pytestmark = [pytest.mark.browser, pytest.mark.slow]
ROOT = Path(__file__).parents[2]
WIDE = "document.documentElement.scrollWidth > document.documentElement.clientWidth"
SAVED = "document.querySelector('[data-draft-status]').textContent.startsWith('Saved')"
MOST_TABS = 150


class Project:
    """A running server with trees in it."""

    def __init__(self, server: Server, keys: dict[str, str]) -> None:
        self.url, self.keys = f"{server.url}/s/oasst", keys

    def enter(self, page: Any, name: str) -> None:
        page.goto(f"{self.url}/resume/{self.keys[name]}/")
        page.get_by_role("heading", name="What is needed").wait_for()

    def speak(self, page: Any, *tags: str) -> None:
        """Choose data languages."""
        for box in page.locator("input[name=language][type=checkbox]").all():
            box.set_checked(box.get_attribute("value") in tags)
        page.get_by_role("button", name="Save my languages").click()

    def take(self, page: Any, kind: str) -> None:
        page.locator(f"button.kind[value={kind}]").first.click()
        page.wait_for_url(re.compile("/task/"))


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Project]:
    folder = tmp_path_factory.mktemp("trees")
    database = f"sqlite:///{folder / 'trees.sqlite3'}"
    server = Server(template_path("oasst") / "study.yaml", database, folder / "data")
    try:
        server.start()
        seed = [sys.executable, "-m", "tests.e2e.tree_seed", database, "oasst"]
        done = subprocess.run(seed, cwd=ROOT, env=os.environ, capture_output=True, check=True)
        yield Project(server, json.loads(done.stdout.splitlines()[-1]))
    finally:
        server.stop()


def sound(page: Any) -> None:
    """Nothing for axe to find, nothing wider than the screen."""
    assert axe_findings(page) == []
    assert not page.evaluate(WIDE)


@pytest.fixture
def page(chromium: Any) -> Iterator[Any]:
    context = chromium.new_context(
        viewport={"width": 1280, "height": 900}, locale="en-GB", reduced_motion="reduce"
    )
    window = context.new_page()
    problems: list[str] = []
    window.on("pageerror", lambda error: problems.append(str(error)))
    window.on("console", lambda m: problems.append(m.text) if _is_problem(m) else None)
    yield window
    context.close()
    assert problems == []


@pytest.fixture
def phone(chromium: Any) -> Iterator[Any]:
    context = chromium.new_context(
        viewport={"width": 390, "height": 700}, has_touch=True, is_mobile=True, locale="en-GB",
        reduced_motion="reduce", color_scheme="dark",
    )  # fmt: skip
    yield context.new_page()
    context.close()


def _is_problem(message: Any) -> bool:
    """A form that came back with something to put right is logged by Chromium; it is meant."""
    return message.type in {"error", "warning"} and "status of 4" not in message.text


def tab_to(page: Any, selector: str) -> None:
    """By the Tab key alone."""
    for _ in range(MOST_TABS):
        if page.evaluate("s => document.activeElement?.matches(s)", selector):
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"no way to {selector} by Tab")


def test_a_newcomer_goes_from_consent_through_the_quiz_to_a_stored_reply_by_keyboard(
    project: Project, page: Any
) -> None:
    page.goto(f"{project.url}/")
    for box in page.locator("main input[type=checkbox]").all():
        tab_to(page, f"#{box.get_attribute('id')}")
        page.keyboard.press("Space")
    tab_to(page, "main button.primary")
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile("/survey/"))
    tab_to(page, "main button.primary")
    page.keyboard.press("Enter")
    page.get_by_role("heading", name="What is needed").wait_for()
    sound(page)
    tab_to(page, "a.kind[href*='kind=assistant_reply']")
    page.keyboard.press("Enter")
    page.get_by_role("heading", name="Three questions before you write").wait_for()
    sound(page)
    for question, right in (("unsure", 1), ("copied", 2), ("personal", 0)):
        tab_to(page, f"input[name=q-{question}]")
        page.keyboard.press("Space")
        for _ in range(right):
            page.keyboard.press("ArrowDown")
    tab_to(page, "main button.primary")
    page.keyboard.press("Enter")
    page.get_by_role("heading", name="Passed").wait_for()
    sound(page)
    tab_to(page, "main button.primary")
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile("/write/"))
    sound(page)
    tab_to(page, "#text")
    page.keyboard.type("They fall because of **gravity**.")
    until_page(page, "document.querySelector('[data-words-for]').textContent === '5 words'")
    tab_to(page, "button[value=preview]")
    page.keyboard.press("Enter")
    page.locator("#preview strong", has_text="gravity").wait_for()
    assert page.url.endswith("/write/")
    sound(page)
    tab_to(page, "button[value=send]")
    page.keyboard.press("Enter")
    page.get_by_role("heading", name="Thank you. It is stored.").wait_for()
    sound(page)
    page.get_by_role("link", name="My contributions").click()
    page.get_by_text("Under review.").wait_for()
    sound(page)
    page.get_by_role("link", name="Change it").click()
    page.locator("#text").wait_for()
    sound(page)


def test_a_review_is_done_by_number_keys_alone(project: Project, page: Any) -> None:
    project.enter(page, "ann")
    project.take(page, "label_assistant_reply")
    sound(page)
    assert page.locator("input:checked").count() == 0
    page.keyboard.press("2")
    assert page.is_checked("#label-spam-2")
    page.keyboard.press("0")
    assert page.is_checked("#label-fails_task-cannot")
    tab_to(page, "input[name=label-quality]")
    page.keyboard.press("4")
    assert page.is_checked("#label-quality-4")
    until_page(
        page, "document.querySelector('[data-draft-status]').textContent.startsWith('Saved')"
    )
    page.reload()
    assert page.is_checked("#label-spam-2")
    assert page.is_checked("#label-quality-4")
    sound(page)
    tab_to(page, "main form[data-keep] button.primary")
    page.keyboard.press("Enter")
    page.get_by_role("heading", name="Thank you. It is stored.").wait_for()


def test_a_needed_label_is_asked_for_and_takes_the_focus(project: Project, page: Any) -> None:
    project.enter(page, "ben")
    project.take(page, "label_assistant_reply")
    page.locator("form[data-keep] button.primary").click()
    until_page(page, "document.activeElement.matches('[data-error-summary]')")
    sound(page)
    page.locator("[data-error-summary] a").click()
    until_page(page, "document.activeElement.id === 'label-spam-1'")
    page.locator("details.skip-task summary").click()
    sound(page)
    page.get_by_label("I do not know enough about this").check()
    page.get_by_role("button", name="Give it back").click()
    page.get_by_text("The task was given back").wait_for()


def test_how_a_text_came_to_be_is_told_and_kept_over_a_reload(project: Project, page: Any) -> None:
    project.enter(page, "cleo")
    project.take(page, "assistant_reply")
    page.locator("#text").press_sequentially("typed")
    page.evaluate("""() => {
        const text = document.getElementById("text");
        text.value += " and pasted";
        text.dispatchEvent(new InputEvent("input", {inputType: "insertFromPaste", bubbles: true}));
    }""")
    until_page(
        page, "document.querySelector('[data-draft-status]').textContent.startsWith('Saved')"
    )
    page.reload()
    assert page.input_value("#text") == "typed and pasted"
    told = json.loads(page.input_value("[data-evidence]"))
    assert (told["typed"], told["pasted"], told["pastes"]) == (5, 11, 1)
    assert page.evaluate("localStorage.length") == 0


@pytest.mark.parametrize(("tag", "begins"), [("ar", "لماذا"), ("he", "GPS")])
def test_texts_from_right_to_left_stand_right_in_an_english_page_on_a_phone(
    project: Project, phone: Any, tag: str, begins: str
) -> None:
    project.enter(phone, "dan" if tag == "ar" else "eve")
    project.speak(phone, tag)
    sound(phone)
    project.take(phone, "assistant_reply")
    sound(phone)
    said = phone.locator(".letter .answer", has_text=begins).first
    assert said.get_attribute("lang") == tag
    assert said.evaluate("e => getComputedStyle(e).direction") == "rtl"
    assert said.evaluate("e => getComputedStyle(e).textAlign") in {"start", "right"}
    text = phone.locator("#text")
    assert text.evaluate("e => getComputedStyle(e).direction") == "rtl"
    assert phone.evaluate("document.documentElement.dir") == "ltr"
    assert phone.evaluate("document.documentElement.lang") == "en"


def test_an_arabic_interface_is_mirrored_and_an_english_text_in_it_is_not(
    project: Project, phone: Any
) -> None:
    project.enter(phone, "other")
    phone.locator("form.languages button[value=ar]").click()
    phone.locator("html[dir=rtl]").wait_for()
    sound(phone)
    project.take(phone, "assistant_reply")
    sound(phone)
    said = phone.locator(".letter .answer", has_text="apples").first
    assert said.evaluate("e => getComputedStyle(e).direction") == "ltr"


def test_touch_targets_on_a_phone_are_large_enough(project: Project, phone: Any) -> None:
    project.enter(phone, "ben")
    project.take(phone, "label_assistant_reply")
    for control in phone.locator(".label-field label:visible, main button:visible").all():
        box = control.bounding_box()
        assert box is not None
        assert min(box["width"], box["height"]) >= 43, control.inner_text()
    phone.locator("label[for=label-spam-2]").tap()
    phone.locator("label[for=label-quality-3]").tap()
    assert phone.is_checked("#label-quality-3")
    phone.locator("label[for=label-quality-open]").tap()
    assert not phone.is_checked("#label-quality-3")
    sound(phone)
    phone.locator("form[data-keep] button.primary").tap()
    phone.get_by_role("heading", name="Thank you. It is stored.").wait_for()


def test_without_scripts_a_reply_is_previewed_and_stored(project: Project, chromium: Any) -> None:
    context = chromium.new_context(java_script_enabled=False, locale="en-GB")
    window = context.new_page()
    project.enter(window, "cleo")
    window.get_by_role("link", name="Reply as the assistant").first.click()
    window.fill("#text", "Plain and **simple**.")
    window.get_by_role("button", name="Preview").click()
    window.locator("#preview strong", has_text="simple").wait_for()
    assert window.input_value("#text") == "Plain and **simple**."
    window.get_by_role("button", name="Send", exact=True).click()
    window.get_by_role("heading", name="Thank you. It is stored.").wait_for()
    context.close()


def test_prompts_that_wait_are_put_in_order_by_keys(project: Project, page: Any) -> None:
    project.enter(page, "cleo")
    project.speak(page, "de")
    offered = page.locator("button.kind[value=rank_initial_prompts]")
    end = time.monotonic() + PATIENCE_S
    while not offered.count():  # The runner offers them at its next round.
        assert time.monotonic() < end, "no prompts to put in order"
        page.wait_for_timeout(500)
        page.reload()
    project.take(page, "rank_initial_prompts")
    sound(page)
    look(page, "rank_initial_prompts_1280")
    assert page.locator("[data-reply]").count() in (3, 4)
    assert page.locator("#all-bad").count() == 0
    last = page.locator("[data-reply]").last.get_attribute("data-letter")
    tab_to(page, f"[data-letter='{last}'] [data-rank-move='-1']")
    page.keyboard.press("1")
    assert page.locator("[data-reply]").first.get_attribute("data-letter") == last
    tab_to(page, "#rank-form .primary")
    page.keyboard.press("Enter")
    page.get_by_role("heading", name="Thank you. It is stored.").wait_for()
    sound(page)


def test_a_prompt_and_its_answer_are_written_on_a_phone_and_both_are_kept(
    project: Project, phone: Any
) -> None:
    project.enter(phone, "dan")
    project.speak(phone, "de")
    project.take(phone, "prompt_with_answer")
    sound(phone)
    phone.fill("#text", "Warum wird Tee im Winter so schnell kalt?")
    phone.locator("#answer").press_sequentially("Weil die Luft kälter ist als er.")
    until_page(phone, SAVED)
    phone.reload()
    assert phone.input_value("#answer") == "Weil die Luft kälter ist als er."
    look(phone, "prompt_with_answer_390")
    sound(phone)
    phone.get_by_role("button", name="Send", exact=True).tap()
    stored = phone.get_by_role("heading", name="Thank you. It is stored.")
    stored.or_(phone.locator("[name=advised]")).first.wait_for(state="attached")
    if phone.locator("[name=advised]").count():
        phone.get_by_role("button", name="Send", exact=True).tap()
    stored.wait_for()


def look(page: Any, name: str) -> None:
    """Save what is seen where ``SCREENSHOTS`` names a folder."""
    if folder := os.environ.get("SCREENSHOTS"):
        page.screenshot(path=Path(folder) / f"{name}.png", full_page=True)
