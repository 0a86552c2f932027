"""How a text was written, as the browser tells it: stored for people to look at, never acted upon.

A pasted text is no offence: honest people write in an editor (Open-Assistant #1324, #1392).
"""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from datetime import datetime

from manyvoices.collect.trees.models import Task

MOST = 2000
"""Characters of what a browser may tell."""
_LIMITS = {
    "seconds": 7 * 86_400.0,
    "typed": 1_000_000.0,
    "pasted": 1_000_000.0,
    "pastes": 10_000.0,
}


def read_evidence(told: str, task: Task, now: datetime) -> dict[str, float | str]:
    """What is stored: seconds in which the page was used, shares typed and pasted, and the
    seconds since the task was taken, which we know ourselves. Nonsense is left out."""
    found = _numbers(told)
    kept: dict[str, float | str] = {
        "seconds_since_taken": round((now - task.leased_at).total_seconds(), 1)
    }
    if "seconds" in found:
        kept["seconds"] = round(found["seconds"], 1)
    typed, pasted = found.get("typed", 0.0), found.get("pasted", 0.0)
    if typed + pasted > 0:
        kept["typed_share"] = round(typed / (typed + pasted), 4)
        kept["pasted_share"] = round(pasted / (typed + pasted), 4)
    if "pastes" in found:
        kept["pastes"] = int(found["pastes"])
    return kept


def _numbers(told: str) -> dict[str, float]:
    try:
        document = json.loads(told[:MOST]) if told else {}
    except ValueError:
        return {}
    if not isinstance(document, dict):
        return {}
    return {
        name: float(document[name])
        for name, most in _LIMITS.items()
        if isinstance(document.get(name), int | float)
        and not isinstance(document[name], bool)
        and math.isfinite(document[name])
        and 0 <= document[name] <= most
    }


def read_sources(
    titles: Sequence[str], urls: Sequence[str]
) -> tuple[list[dict[str, str]], dict[int, str]]:
    """Rows of title and address -> what is stored, and what is wrong in which row.

    Wrong is ``url`` (no https address), ``long``; empty rows are left out.
    """
    stored: list[dict[str, str]] = []
    wrong: dict[int, str] = {}
    for row, (title, url) in enumerate(zip(titles, urls, strict=False)):
        title, url = title.strip(), url.strip()
        if not title and not url:
            continue
        if len(title) > 300 or len(url) > 2000:
            wrong[row] = "long"
        elif not _is_address(url):
            wrong[row] = "url"
        else:
            stored.append({"title": title or url, "url": url})
    return stored, wrong


def _is_address(url: str) -> bool:
    from urllib.parse import urlsplit

    if any(character.isspace() for character in url):
        return False
    try:
        parts = urlsplit(url)
        return parts.scheme == "https" and "." in (parts.hostname or "")
    except ValueError:
        return False
