"""Plans of the studies that rehearsals are tested on."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from manyvoices.collect.rehearsal import Plan, make_plan
from manyvoices.design import Study, load_study
from manyvoices.design.templates import demo_path

SMALL = Path(__file__).parents[2] / "assets" / "studies" / "small" / "study.yaml"


@pytest.fixture(scope="session")
def small() -> Study:
    return load_study(SMALL)


@pytest.fixture(scope="session")
def demo() -> Study:
    return load_study(demo_path())


@pytest.fixture
def plan_of(small: Study) -> Callable[..., Plan]:
    """A plan of the small study with a few bots."""

    def make(participants: int = 10, **options: object) -> Plan:
        return make_plan(small, participants=participants, **options)  # type: ignore[arg-type]

    return make
