"""The runner sweeps every few seconds: trees grow, boards are counted, addresses forgotten."""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import Callable
from datetime import datetime

from manyvoices.collect.community.boards import rebuild_due
from manyvoices.collect.comparisons.addresses import forget
from manyvoices.collect.jobs.runner import Database
from manyvoices.collect.trees.sweeping import sweep

log = logging.getLogger(__name__)
EVERY_S = 3.0


async def keep_sweeping(
    stop: asyncio.Event,
    *,
    clock: Callable[[], datetime],
    rng: random.Random,
    every_s: float = EVERY_S,
) -> None:
    """Sweep until `stop` is set. On a thread of its own: the answers of models do not wait for a
    tree, and a sweep that fails is tried again with the next."""
    db = Database()
    try:
        while not stop.is_set():
            try:
                await db.call(sweep, now=clock(), rng=rng)
                await db.call(rebuild_due, now=clock())
                await db.call(forget, now=clock())
            except Exception:
                # The database may be restarting; whatever is due is still in it.
                log.exception("could not sweep; trying again")
            await _wait(stop, every_s)
    finally:
        await db.aclose()


async def _wait(stop: asyncio.Event, seconds: float) -> None:
    try:
        await asyncio.wait_for(stop.wait(), seconds)
    except TimeoutError:
        return
