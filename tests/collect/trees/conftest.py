"""A project in which trees grow."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from manyvoices.collect.studies.models import StudyVersion
from manyvoices.collect.studies.operations import publish_study
from manyvoices.collect.trees import policies
from manyvoices.design import Study, load_study

ORCHARD = Path(__file__).parents[2] / "assets" / "studies" / "orchard" / "study.yaml"


@pytest.fixture(scope="session")
def orchard_spec() -> Study:
    return load_study(ORCHARD)


@pytest.fixture
def orchard(db: None, orchard_spec: Study) -> StudyVersion:
    """The project, published; no policy of another test is remembered."""
    policies._read.clear()
    return publish_study(spec=orchard_spec, now=datetime(2026, 11, 21, 12, 0, tzinfo=UTC))
