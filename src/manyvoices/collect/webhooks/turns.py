"""Who may send to which address now: one that is slow takes nobody else's place.

A runner has room for so many requests at a time and takes the oldest first. Ten thousand of them
for one address that answers after nine seconds would keep every other address waiting for minutes.
So an address has a few places of its own. Whoever comes when they are taken waits a moment, which
is all it needs where answers are quick; where it is not, the address is known to be slow, and what
comes goes back into the queue at once, one after the other at the pace of its answers.
"""

from __future__ import annotations

import asyncio
import time
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta

PLACES = 8
"""Requests to one address side by side."""
MOMENT_S = 1.0
"""How long a request may wait for a place while it takes up room."""
LONGEST = timedelta(minutes=5)
"""An address that is quick again waits no longer for what was put off."""


@dataclass(slots=True)
class _Address:
    places: asyncio.Semaphore
    took_s: float = 0.0
    """How long its last answer took."""
    is_slow: bool = False
    """Somebody waited in vain, and no place has been free since."""
    due: datetime | None = None
    """When the last of those that were put off has its turn."""
    users: int = 0
    """Requests that hold a place or wait for one."""


class ComeAgain(Exception):
    """The address is slow, and its places are taken."""

    def __init__(self, at: datetime) -> None:
        super().__init__(f"come again at {at}")
        self.at = at


@dataclass(slots=True)
class Turns:
    """The places of every address. For one event loop."""

    n_places: int = PLACES
    moment_s: float = MOMENT_S
    _known: dict[uuid.UUID, _Address] = field(default_factory=dict)

    @asynccontextmanager
    async def one(self, address: uuid.UUID, *, now: datetime) -> AsyncIterator[None]:
        """Hold a place of `address` while a request to it is under way.

        Raises:
            ComeAgain: There is none, and will be none in a moment.
        """
        found = self._known.setdefault(address, _Address(asyncio.Semaphore(self.n_places)))
        found.users += 1
        try:
            await self._place(found, now)
            began = time.monotonic()
            try:
                yield
            finally:
                found.took_s = time.monotonic() - began
                found.places.release()
                found.is_slow = found.is_slow and found.places.locked()
        finally:
            found.users -= 1
            if not found.users:
                del self._known[address]  # An address that nothing goes to costs nothing.

    async def _place(self, found: _Address, now: datetime) -> None:
        if found.is_slow and found.places.locked():
            raise self._later(found, now)
        try:
            await asyncio.wait_for(found.places.acquire(), self.moment_s)
        except TimeoutError:
            found.is_slow = True
            raise self._later(found, now) from None

    def _later(self, found: _Address, now: datetime) -> ComeAgain:
        pace = timedelta(seconds=max(found.took_s, self.moment_s) / self.n_places)
        found.due = min(max(found.due or now, now) + pace, now + LONGEST)
        return ComeAgain(found.due)
