"""Moderation and community in a real browser: axe, widths, both schemes, and keys alone."""

from __future__ import annotations

import os
import random
from collections.abc import Iterator
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.contrib.auth.models import User
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import Browser, Page, sync_playwright
from pytest_django.live_server_helper import LiveServer
from tests.collect import pages_preview
from tests.collect.trees.growing import give, growing_tree, meet, people

from manyvoices.collect.community import boards, standing
from manyvoices.collect.community.models import Notice
from manyvoices.collect.moderation import cases, deciding, restrictions
from manyvoices.collect.moderation.models import Decision
from manyvoices.collect.studies.models import StudyVersion
from manyvoices.collect.trees.models import Message, Tree
from manyvoices.design.trees import TaskKind
from manyvoices.schema import TreeState

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
SHOTS = os.environ.get("MANYVOICES_SHOTS", "")
PASSWORD = "correct horse battery"


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    path = pages_preview.chromium()
    if path is None:
        pytest.skip("no Chromium: install one or name it in CHROMIUM")
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture
def filled(orchard: StudyVersion, reply: Message) -> dict[str, list[str]]:
    """Addresses of every page, with something on each."""
    standing.forget()
    now, rng = timezone.now(), random.Random(1)
    User.objects.create_user("alice", password=PASSWORD, is_staff=True)
    reporters = people(orchard, 3)
    for person in reporters[:2]:
        cases.report(
            message=reply, participant=person, reason="It is rude to apples", now=now, rng=rng
        )
    flagged = cases.flag(reply, "near_duplicate", {"similarity": 0.93}, now=now).case
    assert give(reporters[2], TaskKind.LABEL_ASSISTANT_REPLY) is not None
    other = growing_tree(orchard, author=reporters[0]).messages.get()
    made = deciding.decide(
        case=cases.flag(other, "evidence", {"pasted": 0.97}, now=now).case,
        action="reject", reason="copied from a page of an encyclopaedia", by="alice", now=now,
        rng=rng,
    )  # fmt: skip
    restrictions.restrict(
        participant=reporters[0], kind="limit", is_shadow=True, reason="much copied", by="alice",
        now=now,
    )  # fmt: skip
    done = growing_tree(orchard, author=reporters[1])
    handed = give(people(orchard, 1)[0], TaskKind.ASSISTANT_REPLY)
    if handed is not None:
        meet(handed, rng, now)
    Tree.objects.filter(pk=done.pk).update(state=TreeState.READY_FOR_EXPORT.value)
    Message.objects.filter(tree=done).update(accepted=True)
    me = people(orchard, 1)[0]
    Notice.objects.create(participant=reporters[1], message=other, kind="accepted", at=now)
    boards.rebuild(orchard.study, now=now)

    def console(name: str, *arguments: object) -> str:
        return reverse(f"moderating:{name}", args=["orchard", *arguments])

    return {
        "console": [
            console("queue"), console("queue") + f"?done={made.pk}",
            console("case", flagged.pk), console("case", made.case_id), console("outcomes"),
            console("trees"), console("tree", reply.tree_id),
            console("person", reporters[0].pk),
        ],
        "people": [
            *(
                reverse(f"community:{name}", args=["orchard"])
                for name in ("home", "board", "profile", "notices", "finished")
            ),
            reverse("community:read", args=["orchard", done.pk]),
        ],
        "report": [reverse("moderation:report", args=["orchard", reply.pk])],
        "me": [reporters[1].resume_key, reporters[2].resume_key, me.resume_key],
    }  # fmt: skip


def _log_in(page: Page, base: str) -> None:
    page.goto(base + reverse("console:studies"))
    page.get_by_label("Name").fill("alice")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Log in").click()
    page.wait_for_url(base + reverse("console:studies"))


def _look(page: Page, url: str, width: int, found: dict[str, object]) -> None:
    page.goto(url)
    for scheme in ("light", "dark"):
        page.emulate_media(
            color_scheme="dark" if scheme == "dark" else "light", reduced_motion="reduce"
        )
        faults = Axe().run(page).response["violations"]
        if faults:
            found[f"{url} {scheme}"] = [
                (f["id"], [n["html"][:120] for n in f["nodes"][:2]]) for f in faults
            ]
        if SHOTS:
            name = url.split("/", 3)[3].replace("/", "_").split("?")[0][-60:]
            path = Path(SHOTS) / f"{name}{'q' if '?' in url else ''}_{width}_{scheme}.png"
            page.screenshot(path=path, full_page=True)
    wider = page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
    if wider > 0:
        found[f"{url} too wide"] = wider


@pytest.mark.parametrize("width", [390, 1280])
def test_every_page_passes_axe_and_fits_its_window(
    browser: Browser, live_server: LiveServer, filled: dict[str, list[str]], width: int
) -> None:
    context = browser.new_context(viewport={"width": width, "height": 900})
    page = context.new_page()
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    found: dict[str, object] = {}
    _log_in(page, live_server.url)
    for url in filled["console"]:
        _look(page, live_server.url + url, width, found)
    for key, urls in zip(filled["me"], (filled["people"], filled["report"]), strict=False):
        page.goto(live_server.url + reverse("people:resume", args=["orchard", key]))
        for url in urls:
            _look(page, live_server.url + url, width, found)
    context.close()
    assert found == {}, str(found)
    assert said == []


def test_a_case_is_decided_and_undone_by_keys_alone(
    browser: Browser, live_server: LiveServer, filled: dict[str, list[str]]
) -> None:
    page = browser.new_page()
    _log_in(page, live_server.url)
    page.goto(live_server.url + filled["console"][2])
    n_before = Decision.objects.count()
    page.keyboard.press("r")
    assert page.get_by_label("Reject").is_checked()
    page.keyboard.type("rude and drab")
    assert page.get_by_label("Reject").is_checked()
    page.keyboard.press("Enter")
    page.wait_for_url("**?done=*")
    made = Decision.objects.latest("pk")
    assert (made.action, made.reason, Decision.objects.count()) == (
        "reject", "rude and drab", n_before + 1,
    )  # fmt: skip
    page.get_by_role("button", name="Undo").focus()
    page.keyboard.press("Enter")
    page.wait_for_url(live_server.url + filled["console"][0])
    made.refresh_from_db()
    assert made.undone_by == "alice"
    page.close()
