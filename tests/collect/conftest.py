"""A small study, its people, and ways to move them through it."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils import translation

from manyvoices.collect.conversations.models import Turn
from manyvoices.collect.jobs.models import Job
from manyvoices.collect.people.models import Participant
from manyvoices.collect.studies.models import StudyVersion
from manyvoices.collect.studies.operations import publish_study
from manyvoices.design import Study, load_study

ASSETS = Path(__file__).parent.parent / "assets"
SMALL = ASSETS / "studies" / "small" / "study.yaml"
NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)


@pytest.fixture(autouse=True)
def english() -> Iterator[None]:
    """Every test begins in English: a page in another language leaves its thread in that one."""
    translation.deactivate()
    yield
    translation.deactivate()


@pytest.fixture(scope="session")
def spec() -> Study:
    return load_study(SMALL)


@pytest.fixture
def version(db: None, spec: Study) -> StudyVersion:
    return publish_study(spec=spec, now=NOW)


@pytest.fixture
def make_participant(version: StudyVersion) -> Callable[..., Participant]:
    """Make a participant; every field has a default."""

    def make(**fields: object) -> Participant:
        defaults: dict[str, object] = {
            "id": uuid.uuid4(),
            "study": version.study,
            "version": version,
            "consent_version": version.spec.consent.version,
            "consented_at": NOW,
            "seed": 7,
        }
        return Participant.objects.create(**(defaults | fields))

    return make


@pytest.fixture
def participant(make_participant: Callable[..., Participant]) -> Participant:
    return make_participant()


@pytest.fixture
def alice(db: None) -> User:
    """A researcher: staff."""
    return User.objects.create_user("alice", password="correct horse battery", is_staff=True)


@pytest.fixture
def charlie(db: None) -> User:
    """A stranger: logged in, but not staff."""
    return User.objects.create_user("charlie", password="correct horse battery")


@pytest.fixture
def staff_client(alice: User) -> Client:
    client = Client()
    client.force_login(alice)
    return client


@pytest.fixture
def answer_all() -> Callable[..., None]:
    """Let every responder of a turn answer at once, as the runner would store it.

    `failing`: positions whose responder gives no answer.
    """

    def answer(turn: Turn, *, failing: frozenset[int] = frozenset(), now: datetime = NOW) -> None:
        for utterance in turn.utterances.filter(attempt=turn.attempt, settled_at=None):
            if utterance.position in failing:
                utterance.failure = "timeout"
            else:
                utterance.text = f"Answer {utterance.position} of {utterance.responder}."
            utterance.settled_at = now
            utterance.latency_ms = 120.0
            utterance.save()
            Job.objects.filter(kind="utterance", key=str(utterance.id)).update(
                state=Job.State.DONE, finished_at=now
            )

    return answer
