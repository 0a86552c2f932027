"""Collecting the faults of a file, and saying what a value is without repeating all of it."""

from __future__ import annotations

import re
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from typing import Any

import msgspec

from manyvoices.schema import DataError, Fault

MAX_FAULTS = 100
"""How many faults of one file are listed; the rest are counted."""

MAX_SHOWN = 60
"""How many characters of a value are shown at most: it may be a participant's text."""


_QUOTED = re.compile(r'".*"', re.DOTALL)
_NUMBER = re.compile(r"\[\d+\]|-?\d[\d,.]*(?:e[+-]?\d+)?")

LISTED_SINGLY = 5
"""How many faults of one kind are listed one by one; more of them become one line."""


@dataclass
class FaultGroup:
    """Faults that differ only in where they are and in the value that was found."""

    faults: list[Fault]
    """The first `LISTED_SINGLY` of them."""
    count: int = 1

    @property
    def lines(self) -> list[str]:
        """One line for each, or one for all where there are many: ``x 1,204, first at ...``."""
        if self.count <= LISTED_SINGLY:
            return [str(fault) for fault in self.faults]
        first = self.faults[0]
        where = f"{first.file}: {general(first.path)}" if first.path else first.file
        begin = "" if first.line is None else f", first at line {first.line:,}"
        hint = f" ({first.hint})" if first.hint else ""
        found = f"e.g. found {first.found}, expected {first.expected}{hint}"
        return [f"{where}: x {self.count:,}{begin}, {found}"]


class FaultLog:
    """The faults of one file or folder, the first `limit` of them kept and all of them counted.

    Memory is bounded: of `groups`, too, there are `limit` at most.
    """

    def __init__(self, limit: int = MAX_FAULTS) -> None:
        self.limit = limit
        self.faults: list[Fault] = []
        self.n_more = 0
        self.groups: dict[Hashable, FaultGroup] = {}
        self.n_ungrouped = 0
        """Faults of further kinds, when there were `limit` groups already."""
        self.line = 0
        """Line of the record that a reader yielded last, for faults that its user finds."""

    def add(self, fault: Fault) -> None:
        if len(self.faults) < self.limit:
            self.faults.append(fault)
        else:
            self.n_more += 1
        kind = (fault.file, general(fault.path), general(fault.found), general(fault.expected))
        group = self.groups.get(kind)
        if group is not None:
            group.count += 1
            if len(group.faults) < LISTED_SINGLY:
                group.faults.append(fault)
        elif len(self.groups) < self.limit:
            self.groups[kind] = FaultGroup([fault])
        else:
            self.n_ungrouped += 1

    def reporter(self, file: object) -> Callable[[int, tuple[str, str, str]], None]:
        """A function of (line, (path, found, expected)) that adds a fault of `file`."""
        return lambda line, problem: self.add(Fault(str(file), line, *problem))

    def raise_if_any(self) -> None:
        """Raise all faults as one `DataError`."""
        if self.faults:
            raise DataError(self.faults, n_more=self.n_more)


def general(text: str) -> str:
    """`text` without its values: what two faults of one kind have in common."""
    return _NUMBER.sub(_without_digits, _QUOTED.sub('"…"', text))


def _without_digits(match: re.Match[str]) -> str:
    return "[]" if match.group().startswith("[") else "N"


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
