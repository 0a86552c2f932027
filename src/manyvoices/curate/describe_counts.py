"""Counting values for the tables that describe data: one rule for order and for what is missing.

PRISM's order (its summary notebook): the most frequent first, Other and "Prefer not to say" last.
Values that are equally frequent are in the order of the alphabet here; there, in that of the rows.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

NOT_SAID = "Prefer not to say"
NOT_SHOWN = "Not shown question"
LAST = ("Other", NOT_SAID, NOT_SHOWN)
"""Labels that end a list, in this order, however frequent they are."""


@dataclass(frozen=True, slots=True)
class Share:
    """So many of so many."""

    label: str
    n: int
    of: int

    @property
    def share(self) -> float:
        """0 to 1; NaN of nothing."""
        return self.n / self.of if self.of else float("nan")


@dataclass(frozen=True, slots=True)
class Block:
    """One variable of a table."""

    title: str
    rows: tuple[Share, ...]
    n_missing: int
    """Rows without a value; they are in no row of the block unless it says so."""


def block(title: str, values: Iterable[Any], *, missing: str = "", of: int | None = None) -> Block:
    """Count `values`.

    Args:
        missing: Label under which None is counted too; empty = None is left out of the shares.
        of: Denominator; None = all that is counted.
    """
    given = list(values)
    n_missing = sum(value is None for value in given)
    counts = Counter(str(value) for value in given if value is not None)
    if missing and n_missing:
        counts[missing] += n_missing
    total = counts.total() if of is None else of
    rows = tuple(Share(label, counts[label], total) for label in ordered(counts))
    return Block(title, rows, n_missing)


def ordered(counts: Counter[str]) -> list[str]:
    """Labels by frequency, then name; those of `LAST` at the end."""
    usual = sorted((x for x in counts if x not in LAST), key=lambda x: (-counts[x], x))
    return usual + [label for label in LAST if label in counts]


def top(counts: Counter[str], n: int) -> tuple[Sequence[Share], Share]:
    """The `n` most frequent and the sum of all others, as shares of everything."""
    total = counts.total()
    labels = sorted(counts, key=lambda x: (-counts[x], x))
    first = [Share(label, counts[label], total) for label in labels[:n]]
    return first, Share("Other", total - sum(row.n for row in first), total)
