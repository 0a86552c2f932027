"""One ordinary report, rendered once for all tests that only read it, and a browser."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest
from tests.analyse.releases import Plan
from tests.report.browsing import CHROMIUM
from tests.report.pages import Page, analysed, reported

from manyvoices.analyse.study_report import ReleaseAnalysis
from manyvoices.report import Report

if TYPE_CHECKING:
    from playwright.sync_api import Browser


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


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    playwright = pytest.importorskip("playwright.sync_api")
    with playwright.sync_playwright() as started:
        found = started.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield found
        found.close()
