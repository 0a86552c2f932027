"""Counting one column of a file in one pass and bounded memory: missing, unique, distribution.

What is counted depends on what may be shown. Values of a closed list are counted by name; free text
only ever by its length, so that nobody's words get into a codebook.
"""

from __future__ import annotations

import math
import tempfile
from array import array
from collections import Counter
from collections.abc import Collection
from typing import IO, Any, Literal, TypeAlias

import msgspec

from manyvoices.io.countries import NOT_SAID
from manyvoices.schema import Json

Showing: TypeAlias = Literal["values", "options", "text", "id", "dates", "count"]
"""``values``: names and counts; ``options``: the same, but only of declared options; ``text``:
lengths; ``dates``: first and last; ``id``, ``count``: nothing but how many."""

MAX_SHOWN = 25
"""Distinct values up to which each is listed."""
N_TOP = 10
"""How many are listed where there are more."""
MAX_COUNTED = 10_000
"""Distinct values up to which they are counted by name."""
WRITTEN_IN = "(written in)"
RARE = "(values seen once)"


class Distinct:
    """How many different values there were; exact but for collisions of 64-bit hashes.

    Past `limit` hashes in memory they go to a temporary file in `BUCKETS` parts, of which one at a
    time is held when they are counted: memory is the limit, or a part, whichever is larger.
    """

    BUCKETS = 64

    def __init__(self, limit: int = 200_000) -> None:
        self._limit, self._seen = limit, set[int]()
        self._files: list[IO[bytes]] = []

    def add(self, value: str | bytes | float | bool) -> None:
        self._seen.add(hash(value if isinstance(value, str | bytes) else repr(value)))
        if len(self._seen) >= self._limit:
            self._spill()

    def __len__(self) -> int:
        if not self._files:
            return len(self._seen)
        self._spill()
        return sum(_n_distinct(file) for file in self._files)

    def _spill(self) -> None:
        if not self._files:
            self._files = [tempfile.TemporaryFile() for _ in range(self.BUCKETS)]  # noqa: SIM115
        parts = [array("q") for _ in range(self.BUCKETS)]
        for number in self._seen:
            parts[number % self.BUCKETS].append(number)
        for file, part in zip(self._files, parts, strict=True):
            file.write(part.tobytes())
        self._seen.clear()


def _n_distinct(file: IO[bytes]) -> int:
    file.seek(0)
    numbers = array("q")
    numbers.frombytes(file.read())
    file.seek(0, 2)
    return len(set(numbers))


class Moments:
    """Mean, spread, least and most of numbers as they come (Welford's recurrence)."""

    def __init__(self) -> None:
        self.n, self._mean, self._m2 = 0, 0.0, 0.0
        self._least, self._most = math.inf, -math.inf

    def add(self, number: float) -> None:
        self.n += 1
        delta = number - self._mean
        self._mean += delta / self.n
        self._m2 += delta * (number - self._mean)
        self._least, self._most = min(self._least, number), max(self._most, number)

    def result(self, of: str = "") -> dict[str, Json]:
        """``mean``, ``std`` (n - 1 in the denominator; null for one number), ``min``, ``max``."""
        if not self.n:
            return {}
        std = math.sqrt(self._m2 / (self.n - 1)) if self.n > 1 else None
        tail = f" {of}" if of else ""
        named = {"mean": self._mean, "std": std, "min": self._least, "max": self._most}
        return {f"{k}{tail}": None if v is None else round(v, 4) for k, v in named.items()}


class Tally:
    """One column. What a value is decides how it is counted; `showing` what may be named.

    A mapping is counted key by key as well; PRISM counts a row as missing where any key but
    ``other_text`` is, and a mapping of nothing but nulls as a value of its own among the unique.
    """

    def __init__(self, showing: Showing = "text", options: Collection[str] = ()) -> None:
        self.showing, self._options = showing, frozenset(options)
        self.fold_once = False
        """Name no value that was seen once: it may be what one person wrote."""
        self.n = self.n_missing = 0
        self.kinds: Counter[str] = Counter()
        self.parts: dict[str, Tally] = {}
        self.labels: dict[str, str] = {}
        self._values: Counter[str] = Counter()
        self._n_uncounted = 0
        self._numbers, self._lengths, self._elements = Moments(), Moments(), Moments()
        self._dates: list[str] = []
        self._distinct = Distinct()

    def see(self, value: Any) -> None:
        """Count one value, as JSON decodes it."""
        self.n += 1
        if value is None:
            self.n_missing += 1
        elif isinstance(value, bool):
            self.kinds["binary"] += 1
            self._count(str(value))
        elif isinstance(value, int | float):
            self.kinds["int" if isinstance(value, int) else "float"] += 1
            self._distinct.add(value)
            if self.showing != "count":
                self._numbers.add(value)
        elif isinstance(value, str):
            self.kinds["string"] += 1
            self._see_text(value)
        elif isinstance(value, list):
            self.kinds["list"] += 1
            self._see_list(value)
        else:
            self.kinds["dict"] += 1
            self._see_dict(value)

    @property
    def n_unique(self) -> int:
        """Different values; null is none."""
        return len(self._distinct)

    def distribution(self) -> dict[str, Json]:
        """What may be shown of the values, most frequent first."""
        shown: dict[str, Json] = {}
        shown |= self._shown_values()
        shown |= self._numbers.result()
        shown |= self._lengths.result("chars")
        shown |= self._elements.result("elements")
        if self._dates:
            shown |= {"earliest date": self._dates[0], "latest date": self._dates[1]}
        return shown

    def _see_text(self, text: str) -> None:
        if self.showing == "values" or (self.showing == "options" and text in self._options):
            self._count(text)
            return
        self._distinct.add(text)
        if self.showing == "options":
            self._values[WRITTEN_IN] += 1
        elif self.showing == "dates":
            first, last = self._dates or (text, text)
            self._dates = [min(first, text), max(last, text)]
        elif self.showing == "text":
            self._lengths.add(len(text))

    def _see_list(self, value: list[Any]) -> None:
        self._distinct.add(msgspec.json.encode(value))
        self._elements.add(len(value))
        if self.showing in {"values", "options"}:
            for element in value:
                if isinstance(element, str):
                    known = self.showing == "values" or element in self._options
                    self._name(element if known else WRITTEN_IN)

    def _see_dict(self, value: dict[str, Any]) -> None:
        self._distinct.add(msgspec.json.encode(value))
        if any(inner is None for key, inner in value.items() if not key.endswith("_text")):
            self.n_missing += 1
        if self.showing == "count":
            return
        absent = [key for key in self.parts if key not in value]
        for key, inner in value.items():
            if key not in self.parts:
                self._new_part(key)
            self.parts[key].see(inner)
        for key in absent:
            self.parts[key].see(None)

    def _new_part(self, key: str) -> None:
        """A key seen for the first time: in every row before, it was missing."""
        text = key.endswith("_text") or self.showing not in {"values", "options"}
        part = Tally("text" if text else self.showing, self._options)
        part.n = part.n_missing = self.n - 1
        self.parts[key] = part

    def _count(self, name: str) -> None:
        self._distinct.add(name)
        self._name(name)

    def _name(self, name: str) -> None:
        if name in self._values or len(self._values) < MAX_COUNTED:
            self._values[name] += 1
        else:
            self._n_uncounted += 1

    def _shown_values(self) -> dict[str, Json]:
        counts = sorted(self._values.items(), key=lambda item: (-item[1], item[0]))
        once = [name for name, n in counts if n == 1 and name != NOT_SAID]
        if self.fold_once and once:
            counts = [(name, n) for name, n in counts if name not in once] + [(RARE, len(once))]
        shown: dict[str, Json] = {}
        if len(counts) <= MAX_SHOWN and not self._n_uncounted:
            shown.update(counts)
            return shown
        shown.update(counts[:N_TOP])
        n_rest = sum(n for _, n in counts[N_TOP:]) + self._n_uncounted
        return shown | {f"({self.n_unique - N_TOP} other values)": n_rest}
