"""The runner's part: send what is due.

A request is sent at least once, and normally once: only a runner that is killed between an answer
and its storing sends it again, under the same event id. The order of requests is not promised.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import datetime

import aiohttp

import manyvoices
from manyvoices.collect.jobs.models import Job
from manyvoices.collect.jobs.runner import Database
from manyvoices.collect.webhooks import addresses, signing
from manyvoices.collect.webhooks.trying import (
    Answer,
    Request,
    leave_for_later,
    prepare,
    settle,
)
from manyvoices.collect.webhooks.turns import ComeAgain, Turns

TIMEOUT_S = 10.0
MADE_BY = f"manyvoices/{manyvoices.__version__}"


class DeliveryHandler:
    """Does jobs of the kind ``webhook``."""

    def __init__(
        self,
        *,
        clock: Callable[[], datetime],
        rng: random.Random,
        timeout_s: float = TIMEOUT_S,
        turns: Turns | None = None,
    ) -> None:
        self._clock = clock
        self._rng = rng
        self._turns = turns or Turns()
        self._timeout = aiohttp.ClientTimeout(total=timeout_s)
        self._session: aiohttp.ClientSession | None = None

    async def __call__(self, job: Job, db: Database) -> None:
        request = await db.store(prepare, job=job, now=self._clock())
        if request is None:
            return
        try:
            async with self._turns.one(request.hook, now=self._clock()):
                answer = await self._send(request)
        except ComeAgain as later:
            await db.store(leave_for_later, job=job, request=request, until=later.at)
            return
        await db.store(
            settle,
            job=job,
            request=request,
            answer=answer,
            now=self._clock(),
            chance=self._rng.random(),
        )

    async def _send(self, request: Request) -> Answer:
        at = int(self._clock().timestamp())
        headers = {
            "Content-Type": "application/json",
            "User-Agent": MADE_BY,
            "X-Manyvoices-Event": request.event,
            "X-Manyvoices-Event-Id": request.event_id,
            signing.HEADER: signing.sign(request.secret, request.body, at=at),
        }
        try:
            async with self._open().post(
                request.url, data=request.body, headers=headers, allow_redirects=False
            ) as response:
                return _judged(response.status)
        except TimeoutError:
            return Answer(None, "timeout")
        except (aiohttp.ClientError, OSError, ValueError) as error:
            return Answer(None, _words(error))

    def _open(self) -> aiohttp.ClientSession:
        """One session for all; nothing of an answer is read but its status, no cookie is kept, and
        every connection goes through `addresses.guarded_socket`."""
        if self._session is None:
            self._session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(
                    socket_factory=addresses.guarded_socket, use_dns_cache=False, limit=0
                ),
                cookie_jar=aiohttp.DummyCookieJar(),
                timeout=self._timeout,
                auto_decompress=False,
            )
        return self._session

    async def aclose(self) -> None:
        if self._session is not None:
            await self._session.close()


def _judged(status: int) -> Answer:
    if 200 <= status < 300:
        return Answer(status)
    if 300 <= status < 400:
        return Answer(status, "redirect")
    return Answer(status, "status")


def _words(error: Exception) -> str:
    """What went wrong, as `words.problem_words` knows it, without the address, which may hold a
    secret."""
    if isinstance(error, aiohttp.ClientConnectorError):
        inner: BaseException = error.os_error
        if isinstance(inner, addresses.PrivateAddress):
            return "private"
        return f"connection {type(inner).__name__}"
    return f"connection {type(error).__name__}"
