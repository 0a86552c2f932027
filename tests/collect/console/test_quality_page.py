"""The page of quality checks: every check, and why some say nothing in a study."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client
from django.urls import reverse

from manyvoices.collect.people.models import Participant, PlatformSubmission
from manyvoices.collect.studies.models import StudyVersion

from .conftest import NOW

pytestmark = pytest.mark.django_db


def page(client: Client) -> str:
    return client.get(reverse("console:quality", args=["small"])).content.decode()


def test_without_a_platform_its_checks_say_that_they_do_not_apply(
    staff_client: Client, version: StudyVersion
) -> None:
    text = page(staff_client)
    assert text.count("people come by no recruitment platform") == 4
    for check in ("one record", "consent", "time", "survey", "conversations", "attention"):
        assert f'<th scope="row">{check}</th>' in text


def test_what_a_platform_said_is_counted_and_shown_beside_the_person(
    staff_client: Client, make_participant: Callable[..., Participant]
) -> None:
    person = make_participant(external_id="pid", completed_at=NOW)
    for number, status in enumerate(("RETURNED", "APPROVED")):
        PlatformSubmission.objects.create(
            participant=person,
            submission_id=f"submission-{number}",
            status=status,
            entered_code="WRONG",
            seconds=600.0,
            read_at=NOW,
        )
    text = page(staff_client)
    assert "on the platform: APPROVED, 10.0 min, 1 more submissions" in text
    assert "completion code: entered WRONG" in text
    assert "people come by no recruitment platform" not in text
    assert "pid" not in text.replace("pid=", "")
    assert "submission-1" not in text
