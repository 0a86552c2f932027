"""A project in which trees grow, with a message that somebody wrote."""

from __future__ import annotations

import random
from datetime import UTC, datetime
from pathlib import Path

import pytest
from tests.collect.trees.growing import NOW, give, growing_tree, people

from manyvoices.collect.studies.models import StudyVersion
from manyvoices.collect.studies.operations import publish_study
from manyvoices.collect.trees import operations, policies
from manyvoices.collect.trees.models import Message
from manyvoices.design import Study, load_study
from manyvoices.design.trees import TaskKind

ORCHARD = Path(__file__).parents[2] / "assets" / "studies" / "orchard" / "study.yaml"


@pytest.fixture(scope="session")
def orchard_spec() -> Study:
    return load_study(ORCHARD)


@pytest.fixture
def orchard(db: None, orchard_spec: Study) -> StudyVersion:
    """The project, published; no policy of another test is remembered."""
    policies._read.clear()
    return publish_study(spec=orchard_spec, now=datetime(2026, 11, 21, 12, 0, tzinfo=UTC))


@pytest.fixture
def reply(orchard: StudyVersion) -> Message:
    """A reply that waits for its reviews."""
    growing_tree(orchard, author=people(orchard, 1)[0])
    handed = give(people(orchard, 1)[0], TaskKind.ASSISTANT_REPLY)
    assert handed is not None
    return operations.send_text(task=handed.task, text="Gravity.", now=NOW, rng=random.Random(0))
