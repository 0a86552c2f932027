"""The console in a real browser: axe finds nothing, nothing is too wide, no style is blocked."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.conf import settings
from django.contrib.auth.models import User
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import Browser, Page, sync_playwright
from pytest_django.live_server_helper import LiveServer
from tests.collect import pages_preview

from manyvoices.collect.conversations.models import Conversation, Spending
from manyvoices.collect.people.models import Participant, QuotaCell, Reservation
from manyvoices.collect.studies.models import Study as StoredStudy
from manyvoices.collect.studies.operations import publish_study
from manyvoices.collect.surveys.models import SurveyAnswer
from manyvoices.collect.webhooks.models import CHOICES, Delivery, Webhook
from manyvoices.collect.webhooks.operations import create_webhook, send_test
from manyvoices.design import Study
from manyvoices.design.responders import Budget, Expected

SHOTS = "MANYVOICES_CONSOLE_SHOTS"
"""A folder: where pictures of every page go, to be looked at."""
pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    path = pages_preview.chromium()
    if path is None:
        pytest.skip("no Chromium: install one or name it in CHROMIUM")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture
def busy(walk: Callable[..., Participant], spec: Study) -> None:
    """A study with quotas, a budget that is used up, and people who wait or left."""
    quotas = {"gender": {"Female": 1, "Male": 200}}
    changed = {
        "recruitment": spec.recruitment.model_copy(update={"quotas": quotas, "places": 300}),
        "budget": Budget(tokens=1000, money=5, per_person=Expected(tokens=400)),
        "digest": "busy",
    }
    publish_study(spec=spec.model_copy(update=changed), now=timezone.now())
    Spending.objects.create(study_id="small", n_calls=3, prompt_tokens=500, completion_tokens=200)
    for cell in QuotaCell.objects.exclude(key__contains="Male"):
        Reservation.objects.create(cell=cell, participant=walk(pages=2), reserved_at=timezone.now())
    walk(pages=1, waiting_since=timezone.now())
    walk(pages=1, left_at=timezone.now(), left_because="timeout")
    person = walk(pages=2)
    SurveyAnswer.objects.create(
        participant=person, survey="survey", question="gender", kind="single", value="Female",
        consent_version=person.consent_version, answered_at=person.consented_at,
    )  # fmt: skip


@pytest.fixture
def urls(
    alice: User, busy: None, walk: Callable[..., Participant], talk: Callable[..., Conversation]
) -> list[str]:
    walk(pages=2, conversations=2)
    walk(pages=1, simulated=True)
    tied = {"0": 60, "1": 60}
    conversation = talk(walk(), 1, failing=frozenset({2, 3}), scores=tied)
    names = (
        *("study", "people", "conversations", "failures", "quality", "cost", "tables", "roles"),
        "audit",
    )
    return [
        reverse("console:studies"),
        *(reverse(f"console:{name}", args=["small"]) for name in names),
        reverse("console:conversation", args=["small", conversation.pk]),
        *_webhooks(conversation.participant.study),
        reverse("console:people", args=["small"]) + "?done=survey-1-0&who=simulated",
    ]


def _webhooks(study: StoredStudy) -> list[str]:
    """One in force with requests of each state, and one that the server switched off."""
    about = {"url": f"https://receiver.example/{'told/' * 20}", "events": CHOICES}
    made = [
        create_webhook(study=study, include_text=True, by="alice", now=timezone.now(), **about)[0]  # type: ignore[arg-type]
        for _ in range(2)
    ]
    Webhook.objects.filter(pk=made[1].pk).update(is_active=False, off_because="timeout")
    rows = [send_test(hook=made[0], by="alice", now=timezone.now()) for _ in range(3)]
    Delivery.objects.filter(pk=rows[0].pk).update(state="sent", status=204, attempts=1)
    Delivery.objects.filter(pk=rows[1].pk).update(state="failed", problem="redirect", status=301)
    pages = [reverse("webhooks:hook", args=["small", hook.pk]) for hook in made]
    return [reverse("webhooks:hooks", args=["small"]), *pages]


def _log_in(page: Page, base: str) -> None:
    page.goto(base + reverse("console:studies"))
    page.locator("#id_username").fill("alice")
    page.locator("#id_password").fill("correct horse battery")
    page.locator("button.primary").click()
    page.wait_for_url(base + reverse("console:studies"))


@pytest.mark.parametrize(
    ("width", "scheme", "language"),
    [
        (390, "light", "en"),
        (390, "dark", "ar"),
        (390, "light", "de"),
        (1280, "dark", "en"),
        (1280, "light", "ar"),
        (1280, "light", "de"),
    ],
)
def test_every_page_passes_axe_and_fits_its_window(
    browser: Browser,
    live_server: LiveServer,
    urls: list[str],
    scheme: str,
    width: int,
    language: str,
) -> None:
    context = browser.new_context(
        viewport={"width": width, "height": 900},
        color_scheme="dark" if scheme == "dark" else "light",
    )
    cookie = {"name": settings.LANGUAGE_COOKIE_NAME, "value": language, "url": live_server.url}
    context.add_cookies([cookie])  # type: ignore[list-item]  # a dict is what it takes
    page = context.new_page()
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    page.goto(live_server.url + reverse("console:login"))
    found = {"login": Axe().run(page).response["violations"]}
    _log_in(page, live_server.url)
    for place, url in enumerate(urls):
        page.goto(live_server.url + url)
        if folder := os.environ.get(SHOTS):
            name = f"{place}-{url.strip('/').split('/')[-1][:12]}-{language}-{width}-{scheme}.png"
            page.screenshot(path=Path(folder) / name, full_page=True)
        found[url] = Axe().run(page).response["violations"]
        wider = page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
        assert wider <= 0, url
    context.close()
    assert {url: faults for url, faults in found.items() if faults} == {}
    assert said == []


def test_a_list_is_narrowed_by_keyboard_alone(
    browser: Browser, live_server: LiveServer, urls: list[str]
) -> None:
    page = browser.new_page()
    _log_in(page, live_server.url)
    page.goto(live_server.url + urls[2])
    page.get_by_label("Who").focus()
    page.keyboard.press("s")
    for _ in range(3):
        page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.wait_for_url("**who=simulated**")
    assert page.locator("table.rows tbody tr").count() == 1
    page.close()
