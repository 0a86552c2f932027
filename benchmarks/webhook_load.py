"""Webhooks under load: many events to many addresses, some slow, some failing, some dead.

``python -m benchmarks.webhook_load`` stores ``--events`` events for every address in a new SQLite
file (or ``--db URL``) and lets the real runner send them to a receiver on this machine, which
checks each signature. Prints for each kind of address how many events arrived, how often, and when
the last one did; then the CPU time of the runner for one delivery.

The runner's clock runs ``--speed`` times as fast, so that waits of minutes pass in seconds; answers
take their time in real seconds, and must be over within a lease (60 s of the runner's clock).
``--small`` takes a few seconds.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import random
import socket
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from aiohttp import web

if TYPE_CHECKING:
    from manyvoices.collect.studies.models import Study

PROJECT = Path(__file__).parents[1] / "tests" / "assets" / "studies" / "orchard" / "study.yaml"
KINDS = ("good", "shaky", "slow", "failing", "silent", "dead")
"""What an address does: answers, answers 500 at first, answers late, answers 500 always, takes a
request and says nothing, is not there."""


@dataclass
class Receiver:
    """Every address but the dead one, on a loop and a thread of its own."""

    clock: Callable[[], datetime]
    slow_s: float
    secrets: dict[str, str] = field(default_factory=dict)
    """Secret by name of address."""
    arrived: dict[str, Counter[str]] = field(default_factory=dict)
    """By name of address: how often each event was taken (answered with 2xx)."""
    last_s: dict[str, float] = field(default_factory=dict)
    """When the last one was, in seconds since `began`."""
    unsigned: int = 0
    most: Counter[str] = field(default_factory=Counter)
    """Requests side by side, at most."""
    hold: asyncio.Event | None = None
    """Slow addresses answer when this is set, if there is one, instead of after `slow_s`."""

    def start(self) -> None:
        self._loop, ready = asyncio.new_event_loop(), threading.Event()
        self._now: Counter[str] = Counter()
        self._seen: Counter[str] = Counter()
        self._thread = threading.Thread(target=self._run, args=(ready,), daemon=True)
        self._thread.start()
        ready.wait()
        self.began = time.monotonic()

    def _run(self, ready: threading.Event) -> None:
        asyncio.set_event_loop(self._loop)
        app = web.Application()
        app.router.add_post("/{name}", self._take)
        runner = web.AppRunner(
            app, access_log=None, handler_cancellation=True, shutdown_timeout=0.1
        )
        self._loop.run_until_complete(runner.setup())
        site = web.TCPSite(runner, "127.0.0.1", 0)
        self._loop.run_until_complete(site.start())
        self.port = runner.addresses[0][1]
        ready.set()
        self._loop.run_forever()
        self._loop.run_until_complete(runner.cleanup())
        self._loop.close()

    async def _take(self, request: web.Request) -> web.Response:
        from manyvoices.collect.webhooks.signing import HEADER, verify

        name, body = request.match_info["name"], await request.read()
        signed = verify(
            self.secrets[name], request.headers[HEADER], body, now=self.clock().timestamp()
        )
        self.unsigned += not signed
        event = json.loads(body)["id"]
        self._seen[f"{name} {event}"] += 1
        self._now[name] += 1
        self.most[name] = max(self.most[name], self._now[name])
        try:
            status = await self._status(name.partition("-")[0], self._seen[f"{name} {event}"])
        finally:
            self._now[name] -= 1
        if status == 200:
            self.arrived.setdefault(name, Counter())[event] += 1
            self.last_s[name] = time.monotonic() - self.began
        return web.Response(status=status)

    async def _status(self, kind: str, n_times: int) -> int:
        if kind == "slow":
            await (self.hold.wait() if self.hold else asyncio.sleep(self.slow_s))
        elif kind == "silent":
            await asyncio.sleep(3600)
        return 500 if kind == "failing" or (kind == "shaky" and n_times < 3) else 200

    def cpu_s(self) -> float:
        """CPU time of its thread."""

        async def asked() -> float:
            return time.thread_time()

        return asyncio.run_coroutine_threadsafe(asked(), self._loop).result()

    def release(self) -> None:
        """Let slow addresses answer."""
        if self.hold is not None:
            self._loop.call_soon_threadsafe(self.hold.set)

    def close(self) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()


def store(
    study: Study, receiver: Receiver, addresses: Mapping[str, int], n_events: int, now: datetime
) -> None:
    """So many addresses of each kind, and `n_events` for each of them, the slow ones' first."""
    from django.db import transaction

    from manyvoices.collect.webhooks import emitting
    from manyvoices.collect.webhooks.models import Event
    from manyvoices.collect.webhooks.operations import create_webhook

    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        dead = closed.getsockname()[1]
    hooks = []
    for kind in sorted(addresses, key=KINDS.index, reverse=True):
        for number in range(addresses[kind]):
            name = f"{kind}-{number}"
            url = f"http://127.0.0.1:{dead if kind == 'dead' else receiver.port}/{name}"
            hook, secret = create_webhook(
                study=study, url=url, events=["tree.state_changed"], include_text=False,
                by="benchmark", now=now,
            )  # fmt: skip
            receiver.secrets[name] = secret
            hooks.append(hook)
    with transaction.atomic():
        for hook in hooks:  # Oldest first is the order of sending: this is the hardest one.
            for number in range(n_events):
                emitting.store([hook], Event.TREE_STATE_CHANGED, {"tree": str(number)}, now=now)


async def work(
    is_done: Callable[[], bool], *, clock: Callable[[], datetime], timeout_s: float, most_s: float
) -> None:
    """Run the runner until `is_done`, at most `most_s` real seconds."""
    from manyvoices.collect.jobs.__main__ import TOLD_AT_ONCE
    from manyvoices.collect.jobs.runner import Runner
    from manyvoices.collect.webhooks.emitting import KIND
    from manyvoices.collect.webhooks.sending import DeliveryHandler

    handler = DeliveryHandler(clock=clock, rng=random.Random(0), timeout_s=timeout_s)
    stop = asyncio.Event()
    runner = Runner({KIND: handler}, owner="here:1:x", clock=clock, capacity=TOLD_AT_ONCE)
    running = asyncio.create_task(runner.run(stop))
    end = time.monotonic() + most_s
    while not is_done() and time.monotonic() < end and not running.done():  # noqa: ASYNC110
        await asyncio.sleep(0.02)
    stop.set()
    await running
    await handler.aclose()


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--events", type=int, default=1000, help="for each address")
    parser.add_argument("--good", type=int, default=20, help="addresses that answer at once")
    parser.add_argument("--each", type=int, default=2, help="addresses of each other kind")
    parser.add_argument("--slow-s", type=float, default=1.0, help="until a slow one answers")
    parser.add_argument("--timeout-s", type=float, default=3.0, help="of one request")
    parser.add_argument("--speed", type=float, default=10.0, help="of the runner's clock")
    parser.add_argument("--most-s", type=float, default=600.0, help="to end after")
    parser.add_argument("--db", default="", help="database URL; default: a new SQLite file")
    parser.add_argument("--small", action="store_true")
    chosen = parser.parse_args()
    if chosen.small:
        chosen.events, chosen.good, chosen.each, chosen.most_s = 50, 5, 1, 60.0
    with tempfile.TemporaryDirectory() as folder:
        study = _prepare(chosen.db or f"sqlite:///{folder}/webhooks.sqlite3")
        return _measure(study, chosen)


def _prepare(database: str) -> Study:
    os.environ |= {
        "MANYVOICES_DATABASE_URL": database,
        "MANYVOICES_SECRET_KEY": "of a benchmark that lives for minutes " * 2,
        "MANYVOICES_WEBHOOKS_PRIVATE": "1",
        "DJANGO_SETTINGS_MODULE": "manyvoices.collect.settings",
    }
    import django

    django.setup()
    from django.core.management import call_command
    from django.utils import timezone

    from manyvoices.collect.studies.operations import publish_study
    from manyvoices.design import load_study

    call_command("migrate", verbosity=0)
    return publish_study(spec=load_study(PROJECT), now=timezone.now()).study


def _measure(study: Study, chosen: Any) -> int:
    from django.utils import timezone

    start, began = timezone.now(), time.monotonic()

    def clock() -> datetime:
        return start + timedelta(seconds=(time.monotonic() - began) * chosen.speed)

    receiver = Receiver(clock, slow_s=chosen.slow_s)
    receiver.start()
    addresses = {kind: chosen.good if kind == "good" else chosen.each for kind in KINDS}
    store(study, receiver, addresses, chosen.events, start)
    reach = [name for name in receiver.secrets if name.startswith(("good", "shaky", "slow"))]

    def is_done() -> bool:
        return all(len(receiver.arrived.get(name, ())) == chosen.events for name in reach)

    receiver.began = time.monotonic()
    cpu, theirs = time.process_time(), receiver.cpu_s()
    asyncio.run(work(is_done, clock=clock, timeout_s=chosen.timeout_s, most_s=chosen.most_s))
    spent = time.process_time() - cpu - (receiver.cpu_s() - theirs)
    return _print(receiver, addresses, chosen.events, spent)


def _print(receiver: Receiver, addresses: Mapping[str, int], n_events: int, cpu_s: float) -> int:
    """The table; 1 where something that can arrive did not, or a signature was wrong."""
    print(
        f"{'kind':<9}{'addresses':>10}{'arrived':>16}{'twice':>7}{'side by side':>14}{'last, s':>9}"
    )
    missing = 0
    for kind, n_addresses in addresses.items():
        names = [f"{kind}-{number}" for number in range(n_addresses)]
        counts = [receiver.arrived.get(name, Counter()) for name in names]
        arrived, wanted = sum(map(len, counts)), n_addresses * n_events
        twice = sum(times - 1 for count in counts for times in count.values())
        side, last = (
            max((found.get(name, 0) for name in names), default=0)
            for found in (receiver.most, receiver.last_s)
        )
        told = f"{arrived} of {wanted}"
        print(f"{kind:<9}{n_addresses:>10}{told:>16}{twice:>7}{side:>14}{last:>9.1f}")
        missing += wanted - arrived if kind in ("good", "shaky", "slow") else 0
    n_tries = sum(receiver._seen.values())
    print(f"{n_tries} requests, {receiver.unsigned} with a wrong signature")
    print(f"{1000 * cpu_s / max(n_tries, 1):.2f} ms of the runner's CPU time for a request")
    receiver.close()
    return 1 if missing or receiver.unsigned else 0


if __name__ == "__main__":
    raise SystemExit(main())
