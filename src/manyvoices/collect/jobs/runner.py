"""The one asynchronous loop that does the work no web request waits for.

It claims due jobs and gives each to the handler of its kind. Database work runs on one thread of
its own, so that the loop never blocks and connections stay where they were opened. What comes while
that thread is busy is read together next, or stored together in one transaction: a thousand people
wait for some sixty answers a second, and each write would wait for SQLite's lock and for the disk.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from functools import partial
from typing import Any, ParamSpec, Protocol, TypeVar

from django.db import close_old_connections, connections

from manyvoices.collect.jobs import leases
from manyvoices.collect.jobs.models import Job
from manyvoices.collect.jobs.together import Outcome, Together, store_together

log = logging.getLogger(__name__)
P = ParamSpec("P")
R = TypeVar("R")


MOST_TOGETHER = 64
"""Of one kind: the pages of a web server wait while a transaction holds SQLite's lock."""


class Database:
    """Run database functions on one thread, in the order they were asked for."""

    def __init__(self) -> None:
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="runner-db")
        self._waiting: dict[Together, list[tuple[Any, asyncio.Future[Any]]]] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    async def call(self, function: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
        def work() -> R:
            close_old_connections()
            return function(*args, **kwargs)

        return await asyncio.get_running_loop().run_in_executor(self._thread, work)

    async def store(self, function: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
        """`call` for a function that writes: in one transaction with others that wait already.

        Returns once it is stored for good. What it raises undoes its own writes only.
        """
        stored: R = await self.together(store_together, partial(function, *args, **kwargs))
        return stored

    async def together(self, function: Together, item: Any) -> Any:
        """What `function` makes of `item`; it is given several at once where several wait."""
        done: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        if function in self._waiting:
            self._waiting[function].append((item, done))
        else:
            self._waiting[function] = [(item, done)]
            task = asyncio.create_task(self._work_off(function))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        return await done

    async def _work_off(self, function: Together) -> None:
        # What this turn of the loop still brings comes along.
        await asyncio.sleep(0)
        while waiting := self._waiting[function]:
            batch, self._waiting[function] = waiting[:MOST_TOGETHER], waiting[MOST_TOGETHER:]
            try:
                outcomes = await self.call(function, [item for item, _done in batch])
            except Exception as error:
                outcomes = [Outcome(error=error)] * len(batch)
            for (_item, done), outcome in zip(batch, outcomes, strict=True):
                _tell(done, outcome)
        del self._waiting[function]

    async def aclose(self) -> None:
        await asyncio.gather(*self._tasks)
        await asyncio.get_running_loop().run_in_executor(self._thread, connections.close_all)
        self._thread.shutdown()


def _tell(done: asyncio.Future[Any], outcome: Outcome) -> None:
    if done.done():
        return  # Whoever waited was cancelled; what was stored is stored.
    if outcome.error is None:
        done.set_result(outcome.value)
    else:
        done.set_exception(outcome.error)


class Handler(Protocol):
    """Do one job and store its result with `leases.settle` in one transaction."""

    def __call__(self, job: Job, db: Database) -> Awaitable[None]: ...


class Runner:
    """Claim jobs and run them side by side, at most `capacity` at once.

    A job under way is one waiting coroutine: `capacity` only keeps a flood from being claimed at
    once, what spares a model is its own limit. With calls of two seconds 64 would end at 32 a
    second, and 500 people who all open a conversation within 30 seconds ask for twice that.
    """

    def __init__(
        self,
        handlers: Mapping[str, Handler],
        *,
        owner: str,
        clock: Callable[[], datetime],
        capacity: int = 512,
        poll_s: float = 0.1,
    ) -> None:
        self._handlers = handlers
        self._owner = owner
        self._clock = clock
        self._capacity = capacity
        self._poll_s = poll_s
        self._running: set[asyncio.Task[None]] = set()
        self._db = Database()

    async def run(self, stop: asyncio.Event) -> None:
        """Work until `stop` is set; then let what has begun come to its end."""
        try:
            while not stop.is_set():
                if not await self._take_some():
                    await _wait(stop, self._poll_s)
            if self._running:
                await asyncio.wait(self._running, timeout=5)
        finally:
            for task in self._running:
                task.cancel()
            await asyncio.gather(*self._running, return_exceptions=True)
            await self._db.aclose()

    async def _take_some(self) -> int:
        room = self._capacity - len(self._running)
        if room <= 0:
            return 0
        try:
            jobs = await self._db.call(
                leases.claim,
                owner=self._owner,
                limit=room,
                now=self._clock(),
                kinds=tuple(self._handlers),
            )
        except Exception:
            # The database may be restarting; the jobs are safe in it, so try again.
            log.exception("could not claim jobs; trying again")
            await asyncio.sleep(1)
            return 0
        for job in jobs:
            task = asyncio.create_task(self._do(job))
            self._running.add(task)
            task.add_done_callback(self._running.discard)
        return len(jobs)

    async def _do(self, job: Job) -> None:
        try:
            await self._handlers[job.kind](job, self._db)
        except leases.LeaseLost:
            log.info("%s was taken over by another runner", job)
        except Exception as error:
            # A fault of ours in one job must neither stop the others nor be retried for ever.
            log.exception("%s failed", job)
            await self._give_up(job, error)

    async def _give_up(self, job: Job, error: Exception) -> None:
        try:
            await self._db.store(
                leases.settle, job=job, now=self._clock(), error=f"{type(error).__name__}: {error}"
            )
        except Exception:
            log.exception("could not record that %s failed; its lease will run out", job)


async def _wait(stop: asyncio.Event, seconds: float) -> None:
    try:
        await asyncio.wait_for(stop.wait(), seconds)
    except TimeoutError:
        return
