"""Collecting the faults of a file, and saying what a value is without repeating all of it."""

from __future__ import annotations

from typing import Any

import msgspec

from manyvoices.schema import DataError, Fault

MAX_FAULTS = 100
"""How many faults of one file are listed; the rest are counted."""

MAX_SHOWN = 60
"""How many characters of a value are shown at most: it may be a participant's text."""


class FaultLog:
    """The faults of one file or folder, the first `limit` of them kept and all of them counted."""

    def __init__(self, limit: int = MAX_FAULTS) -> None:
        self.limit = limit
        self.faults: list[Fault] = []
        self.n_more = 0
        self.line = 0
        """Line of the record that a reader yielded last, for faults that its user finds."""

    def add(self, fault: Fault) -> None:
        if len(self.faults) < self.limit:
            self.faults.append(fault)
        else:
            self.n_more += 1

    def raise_if_any(self) -> None:
        """Raise all faults as one `DataError`."""
        if self.faults:
            raise DataError(self.faults, n_more=self.n_more)


def shorten(text: str, limit: int = MAX_SHOWN) -> str:
    """`text` on one line, printable, and at most `limit` characters long."""
    cut = text[: limit + 1]
    plain = "".join(c if c.isprintable() else f"\\u{ord(c):04x}" for c in cut)
    return plain if len(plain) <= limit else plain[: limit - 1] + "…"


def describe(value: Any) -> str:
    """What `value` is, in JSON's words: its type, and the value itself when it is short."""
    match value:
        case None:
            return "null"
        case bool():
            return "true" if value else "false"
        case int() | float():
            return f"the number {shorten(msgspec.json.encode(value).decode())}"
        case str():
            return f'the string "{shorten(value, MAX_SHOWN - 2)}"'
        case list():
            return f"a list of {len(value)}"
        case _:
            return f"an object with {len(value)} fields"
