"""A project of trees, a receiver on this machine, and a runner that works until nothing is due."""

from __future__ import annotations

import asyncio
import json
import random
import threading
from collections.abc import Callable, Iterator
from datetime import datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connections
from django.utils import timezone
from tests.collect.trees.conftest import orchard, orchard_spec
from tests.collect.trees.growing import NOW

from manyvoices.collect.jobs import leases
from manyvoices.collect.jobs.models import Job
from manyvoices.collect.jobs.runner import Database
from manyvoices.collect.studies.models import Study, StudyVersion
from manyvoices.collect.webhooks.emitting import KIND
from manyvoices.collect.webhooks.models import CHOICES, Webhook
from manyvoices.collect.webhooks.operations import create_webhook
from manyvoices.collect.webhooks.sending import DeliveryHandler
from manyvoices.collect.webhooks.signing import HEADER, verify

__all__ = ["orchard", "orchard_spec"]


class Receiver:
    """An HTTP server in a thread: answers with `statuses` in turn, the last one for ever."""

    def __init__(self) -> None:
        self.statuses = [200]
        self.headers: list[dict[str, str]] = []
        self.bodies: list[bytes] = []
        self.during: Callable[[], None] | None = None
        """Called while a request waits for its answer."""
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                receiver.bodies.append(body)
                receiver.headers.append(dict(self.headers))
                if receiver.during is not None:
                    receiver.during()
                more = len(receiver.statuses) > 1
                status = receiver.statuses.pop(0) if more else receiver.statuses[0]
                self.send_response(status)
                self.send_header("Location", receiver.url)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_words: object) -> None:
                return None

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}/told"
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        self._thread.start()

    @property
    def said(self) -> list[dict[str, Any]]:
        return [json.loads(body) for body in self.bodies]

    def is_signed(self, secret: str, place: int = -1, now: datetime = NOW) -> bool:
        header = self.headers[place][HEADER]
        return verify(secret, header, self.bodies[place], now=now.timestamp())

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


@pytest.fixture
def receiver(settings: Any) -> Iterator[Receiver]:
    settings.WEBHOOKS_PRIVATE = True
    found = Receiver()
    yield found
    found.close()


@pytest.fixture
def owner(db: None) -> User:
    return User.objects.create_user("olga", is_staff=True)


def hook_for(
    study: Study, url: str, *events: str, include_text: bool = False
) -> tuple[Webhook, str]:
    """A webhook and its secret."""
    made = create_webhook(
        study=study,
        url=url,
        events=events or CHOICES,
        include_text=include_text,
        by="olga",
        now=NOW,
    )
    study.refresh_from_db()
    return made


def work(now: datetime | None = None, *, timeout_s: float = 10.0, limit: int = 100) -> int:
    """Claim what is due and do it, side by side; returns how many jobs there were."""
    moment = now or timezone.now()

    async def run() -> int:
        db, handler = (
            Database(),
            DeliveryHandler(clock=lambda: moment, rng=random.Random(5), timeout_s=timeout_s),
        )
        try:
            jobs: list[Job] = await db.call(
                leases.claim, owner="here:1:x", limit=limit, now=moment, kinds=[KIND]
            )
            for lost in await asyncio.gather(
                *(handler(job, db) for job in jobs), return_exceptions=True
            ):
                # What was dropped while it was on its way: the runner takes note and goes on.
                if lost is not None and not isinstance(lost, leases.LeaseLost):
                    raise lost
            return len(jobs)
        finally:
            await handler.aclose()
            await db.aclose()

    done = asyncio.run(run())
    connections.close_all()
    return done


def grown(version: StudyVersion) -> Study:
    """The study's row as it is now."""
    return Study.objects.get(pk=version.study_id)
