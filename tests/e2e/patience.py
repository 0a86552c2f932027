"""Waiting for a page without `wait_for_function`, which the pages' own policy forbids (eval), and
pages whose time stands still, where a test is about what happens before or after it."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from tests.serving import PATIENCE_S


def until(
    condition: Callable[[], object], *, page: Any = None, seconds: float = PATIENCE_S
) -> None:
    """Wait until `condition` holds; `page`: one whose requests this process answers meanwhile."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it did not happen"
        page.wait_for_timeout(20) if page else time.sleep(0.02)


def until_page(page: Any, expression: str, *, seconds: float = PATIENCE_S) -> None:
    """Wait until a JavaScript expression holds in the page."""
    end = time.monotonic() + seconds
    while not page.evaluate(expression):
        assert time.monotonic() < end, f"it did not happen: {expression}"
        page.wait_for_timeout(20)


def open_without_time(page: Any, url: str) -> None:
    """Open a page whose timers wait for `page.clock.run_for`, however long its keys take."""
    page.clock.install()
    page.goto(url)
    page.clock.pause_at(page.evaluate("Date.now()") + 1000)


def until_sent(page: Any) -> None:
    """Wait for the page that the stand-in shows after a form."""
    until(lambda: page.title() == "Next")
