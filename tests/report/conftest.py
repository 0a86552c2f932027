"""One ordinary report, rendered once for all tests that only read it."""

from __future__ import annotations

import pytest
from tests.analyse.releases import Plan
from tests.report.pages import Page, analysed, reported

from manyvoices.analyse.study_report import ReleaseAnalysis
from manyvoices.report import Report


@pytest.fixture(scope="session")
def result() -> ReleaseAnalysis:
    """An ordinary release of eighty people."""
    return analysed(Plan(n_people=80, n_turns=3))


@pytest.fixture(scope="session")
def report(result: ReleaseAnalysis) -> Report:
    return reported(result)


@pytest.fixture(scope="session")
def page(report: Report) -> Page:
    return Page(report.html)
