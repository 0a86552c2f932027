"""Waiting for a page without `wait_for_function`, which the pages' own policy forbids (eval)."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any


def until(condition: Callable[[], object], *, seconds: float = 10) -> None:
    """Wait until `condition` holds."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.02)


def until_page(page: Any, expression: str, *, seconds: float = 10) -> None:
    """Wait until a JavaScript expression holds in the page."""
    end = time.monotonic() + seconds
    while not page.evaluate(expression):
        assert time.monotonic() < end, f"it did not happen: {expression}"
        page.wait_for_timeout(20)


def until_sent(page: Any) -> None:
    """Wait for the page that the stand-in shows after a form."""
    until(lambda: page.title() == "Next")
