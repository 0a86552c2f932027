"""``python -m manyvoices.collect.jobs``: the runner as a process; ``serve`` starts it."""

from __future__ import annotations

import asyncio
import os
import random
import secrets
import signal
import socket
from contextlib import suppress

import django

TOLD_AT_ONCE = 128
"""Requests of webhooks side by side, of which one address has a few (`webhooks.turns`)."""


def main() -> None:
    """Work until told to stop, or until the process that started this one is gone."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "manyvoices.collect.settings")
    django.setup()
    asyncio.run(_run())


async def _run() -> None:
    from django.utils import timezone

    from manyvoices.collect.comparisons.answering import SideAnswerHandler
    from manyvoices.collect.comparisons.operations import JOB_KIND as SIDE_ANSWER
    from manyvoices.collect.conversations.answering import AnswerHandler
    from manyvoices.collect.conversations.asking import JOB_KIND as UTTERANCE
    from manyvoices.collect.jobs import leases
    from manyvoices.collect.jobs.runner import Handler, Runner
    from manyvoices.collect.trees.keeping import keep_sweeping
    from manyvoices.collect.webhooks.emitting import KIND
    from manyvoices.collect.webhooks.purging import keep_purging
    from manyvoices.collect.webhooks.sending import DeliveryHandler

    host = socket.gethostname()
    owner = f"{host}:{os.getpid()}:{secrets.token_hex(4)}"
    await asyncio.to_thread(
        leases.free_dead_owners, host=host, is_alive=_is_alive, now=timezone.now()
    )
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for name in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(name, stop.set)
    watcher = asyncio.create_task(_stop_when_orphaned(stop, os.getppid()))
    answers = AnswerHandler(clock=timezone.now)
    side_answers = SideAnswerHandler(clock=timezone.now)
    chance = random.SystemRandom()
    sweeper = asyncio.create_task(keep_sweeping(stop, clock=timezone.now, rng=chance))
    purger = asyncio.create_task(keep_purging(stop, clock=timezone.now))
    deliveries = DeliveryHandler(clock=timezone.now, rng=chance)
    # By itself, with room of its own: a receiver that is slow keeps nobody's answer waiting.
    teller = asyncio.create_task(
        Runner(
            {KIND: deliveries}, owner=owner, clock=timezone.now, capacity=TOLD_AT_ONCE, poll_s=1.0
        ).run(stop)
    )
    try:
        handlers: dict[str, Handler] = {UTTERANCE: answers, SIDE_ANSWER: side_answers}
        await Runner(handlers, owner=owner, clock=timezone.now).run(stop)
    finally:
        stop.set()
        await asyncio.gather(sweeper, purger, teller, return_exceptions=True)
        await deliveries.aclose()
        watcher.cancel()
        with suppress(asyncio.CancelledError):
            await watcher
        await answers.aclose()
        await side_answers.aclose()


def _is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


async def _stop_when_orphaned(stop: asyncio.Event, parent: int) -> None:
    while os.getppid() == parent:  # noqa: ASYNC110 - the system sends no event for this
        await asyncio.sleep(1)
    stop.set()


if __name__ == "__main__":
    main()
