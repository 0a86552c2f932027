"""Pages of results in a real Chromium: the sizes and schemes to look at, and what holds for all."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

CHROMIUM = (
    os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
)
needs_chromium = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="no chromium on the path, and CHROMIUM is not set"),
]
"""Marks of a module or class; `in_a_browser` is the same for one test."""
SIZES = [(1280, "light"), (1280, "dark"), (390, "light"), (390, "dark")]
OPEN_ALL = "document.querySelectorAll('details').forEach(d => d.open = true)"


def in_a_browser(test: object) -> object:
    """Marks `test` as one that needs Chromium."""
    for mark in needs_chromium:
        test = mark(test)
    return test


def opened(browser: Browser, file: Path, width: int, scheme: str) -> tuple[Page, list[str]]:
    """The page, and the addresses that it asked for, to be read at any time."""
    dark: Literal["dark", "light"] = "dark" if scheme == "dark" else "light"
    page = browser.new_page(viewport={"width": width, "height": 900}, color_scheme=dark)
    requests: list[str] = []
    page.on("request", lambda request: requests.append(request.url))
    page.goto(file.as_uri())
    return page, requests


def check_fits_and_is_accessible(page: Page, width: int) -> None:
    """Nothing is wider than the screen, with details closed and open; axe finds nothing; a table
    that must be scrolled can be by keyboard."""
    axe = pytest.importorskip("axe_playwright_python.sync_playwright").Axe()
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.evaluate(OPEN_ALL)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    found = axe.run(page)
    assert found.violations_count == 0, found.generate_report()
    assert page.evaluate(_CUT) == []


_CUT = """
[...document.querySelectorAll('body *')].filter(e => {
  const how = getComputedStyle(e).overflowX;
  return how !== 'visible' && e.scrollWidth > e.clientWidth + 1 && e.clientWidth > 0
    && !(e.tabIndex >= 0 && (how === 'auto' || how === 'scroll'));
}).map(e => `${e.tagName}.${e.className}`)
"""
"""Elements whose content is cut off, or can be scrolled by a pointer alone."""
