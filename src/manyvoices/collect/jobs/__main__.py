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


def main() -> None:
    """Work until told to stop, or until the process that started this one is gone."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "manyvoices.collect.settings")
    django.setup()
    asyncio.run(_run())


async def _run() -> None:
    from django.utils import timezone

    from manyvoices.collect.conversations.answering import AnswerHandler
    from manyvoices.collect.jobs import leases
    from manyvoices.collect.jobs.runner import Runner
    from manyvoices.collect.trees.keeping import keep_sweeping

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
    chance = random.SystemRandom()
    sweeper = asyncio.create_task(keep_sweeping(stop, clock=timezone.now, rng=chance))
    try:
        await Runner({"utterance": answers}, owner=owner, clock=timezone.now).run(stop)
    finally:
        stop.set()
        await sweeper
        watcher.cancel()
        with suppress(asyncio.CancelledError):
            await watcher
        await answers.aclose()


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
