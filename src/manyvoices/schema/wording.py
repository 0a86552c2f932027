"""Numbers in sentences: what every room's messages, notes and documents count with."""

from __future__ import annotations


def plural(n: int, one: str, many: str = "") -> str:
    """``1 page``, ``3,000 pages``, ``2 people``: `many` is `one` with an s unless it is given."""
    return f"{n:,} {one if n == 1 else many or one + 's'}"


def people(n: int) -> str:
    """``1 person``, ``2 people``."""
    return plural(n, "person", "people")
