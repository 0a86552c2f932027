"""A project in which trees grow, and one person's finished tree."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from manyvoices.collect.community import standing
from manyvoices.collect.studies.models import StudyVersion
from manyvoices.collect.studies.operations import publish_study
from manyvoices.collect.trees import policies
from manyvoices.design import Study, load_study

ORCHARD = Path(__file__).parents[2] / "assets" / "studies" / "orchard" / "study.yaml"


@pytest.fixture
def spec_of_orchard() -> Study:
    return load_study(ORCHARD)


@pytest.fixture
def orchard(db: None, spec_of_orchard: Study) -> StudyVersion:
    """The project, published; nothing of another test is remembered."""
    policies._read.clear()
    standing.forget()
    return publish_study(spec=spec_of_orchard, now=datetime(2026, 11, 21, 12, 0, tzinfo=UTC))
