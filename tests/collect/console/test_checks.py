"""Why is nobody coming in? The page says what it can see."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from django.test import Client
from django.urls import reverse

from manyvoices.collect.console.presenting.checks import checks, queue_view
from manyvoices.collect.console.queries.queue import Queue
from manyvoices.collect.console.queries.study import study_facts
from manyvoices.collect.conversations.models import Utterance
from manyvoices.collect.people.models import Participant
from manyvoices.collect.studies.models import Study, StudyVersion

NOTHING = Queue(due=0, later=0, leased=0, abandoned=0, oldest_due=None, broken=0, last_done=None)


def bad(study: Study, now: datetime) -> list[str]:
    return [check.text for check in checks(study_facts(study, now=now)) if not check.good]


def test_an_open_study_with_a_version_and_an_idle_runner_is_fine(version: StudyVersion) -> None:
    assert bad(version.study, version.created_at) == []


def test_a_closed_study_is_named_as_the_reason(version: StudyVersion) -> None:
    version.study.is_open = False
    assert bad(version.study, version.created_at) == ["The study is closed."]


def test_a_study_without_a_version_is_shown_with_its_reason(
    staff_client: Client, version: StudyVersion
) -> None:
    Study.objects.create(id="bare", title="Bare", created_at=version.created_at)
    for name in ("study", "people", "conversations", "failures"):
        page = staff_client.get(reverse(f"console:{name}", args=["bare"]))
        assert page.status_code == 200
    page = staff_client.get(reverse("console:study", args=["bare"]))
    assert "It has no current version, so nobody can begin." in page.content.decode()
    assert "no version" in staff_client.get(reverse("console:studies")).content.decode()


@pytest.mark.parametrize(
    ("seconds", "state"), [(29, "working"), (31, "stuck")], ids=["soon", "too late"]
)
def test_a_call_that_waits_for_over_30_seconds_says_that_no_runner_works(
    version: StudyVersion, seconds: int, state: str
) -> None:
    now = version.created_at
    queue = Queue(
        due=1,
        later=0,
        leased=0,
        abandoned=0,
        oldest_due=now - timedelta(seconds=seconds),
        broken=0,
        last_done=None,
    )
    assert queue_view(queue, now=now).state == state


def test_an_empty_queue_is_idle(version: StudyVersion) -> None:
    assert queue_view(NOTHING, now=version.created_at).state == "idle"


def test_a_model_that_never_answers_is_named(
    version: StudyVersion, walk: Callable[..., Participant]
) -> None:
    for _ in range(2):
        walk(pages=2, conversations=2)
    Utterance.objects.update(responder="brief")
    Utterance.objects.filter(turn__index=0).update(
        responder="careful", failure="unreachable", text=None
    )
    assert bad(version.study, version.created_at) == [
        "This model has not answered any call of the last hour: careful."
    ]
    assert bad(version.study, version.created_at + timedelta(hours=2)) == []
