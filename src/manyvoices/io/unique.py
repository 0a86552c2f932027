"""Ids that must be used once in a file, remembered in 16 bytes each.

What is kept of an id is a 64-bit hash and a line, so that memory does not grow with the file as its
texts do. The latest `RECENT` are looked up at once; an id that comes again after more than that is
found when the next `RECENT` are put away, and then its own letters are gone. Two different ids are
taken for one with a probability of about n^2 / 2^65: one in 40 million for a million ids.
"""

from __future__ import annotations

from array import array
from collections.abc import Callable, Sequence
from typing import Any, TypeAlias

RECENT = 65_536

Again: TypeAlias = Callable[[int, int], None]
"""Called with the line where an id came again, and the line where it was first."""


class UniqueIds:
    """Ids seen so far, with the line of each.

    Args:
        again: Told of an id that came again long after it was first there.
    """

    def __init__(self, again: Again) -> None:
        self._again = again
        self._recent: set[int] = set()
        self._order, self._lines = array("q"), array("l")
        self._index: dict[int, int] | None = None
        self._old: Any = None
        self._old_lines: Any = None

    def add(self, ids: Sequence[str], line: int) -> bool:
        """Remember the ids of a line, if none is among the latest and none is there twice.

        Returns:
            Whether that was so. If not, nothing is remembered.
        """
        hashes = [*map(hash, ids)]
        recent = self._recent
        n_before = len(recent)
        recent.update(hashes)
        if len(recent) != n_before + len(hashes):
            return False
        self._keep(hashes, line)
        return True

    def first(self, name: str) -> int | None:
        """The line of one of the latest ids; None where it is not among them."""
        if self._index is None:
            self._index = dict(zip(self._order, self._lines, strict=True))
        return self._index.get(hash(name))

    def add_new(self, ids: Sequence[str], line: int) -> None:
        """Remember those ids of a line that are not there yet."""
        new = dict.fromkeys(hash(name) for name in ids if self.first(name) is None)
        self._recent.update(new)
        self._keep(list(new), line)

    def settle(self) -> None:
        """Compare the latest ids with the older ones and put them away; to be called at the end."""
        import numpy as np

        if self._old is None:
            if len(self._order) < RECENT:
                return
            self._old, self._old_lines = np.empty(0, np.int64), np.empty(0, np.int64)
        order = np.argsort(hashes := np.array(self._order))
        hashes, lines = hashes[order], np.array(self._lines)[order]
        places = np.searchsorted(self._old, hashes)
        for index in np.flatnonzero(self._known(hashes, places)):
            self._again(int(lines[index]), int(self._old_lines[places[index]]))
        self._old = np.insert(self._old, places, hashes)
        self._old_lines = np.insert(self._old_lines, places, lines)
        self._recent, self._index = set(), None
        self._order, self._lines = array("q"), array("l")

    def _keep(self, hashes: list[int], line: int) -> None:
        self._order.extend(hashes)
        self._lines.extend([line] * len(hashes))
        if self._index is not None:
            self._index.update(dict.fromkeys(hashes, line))
        if len(self._order) >= RECENT:
            self.settle()

    def _known(self, hashes: Any, places: Any) -> Any:
        inside = places < len(self._old)
        known = inside.copy()
        known[inside] = self._old[places[inside]] == hashes[inside]
        return known
