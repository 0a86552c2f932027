"""How often one person may do one thing: a token bucket for each, kept in the database.

In the database and not in the process, because a server has several processes and a limit that a
restart or another worker forgets is none. It costs two statements for a write, none for a read.
Who is slowed down is known by a keyed hash only. A rehearsal's bots are not slowed down: nobody
becomes one without the server's own signature.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.crypto import salted_hmac

from manyvoices.collect.accounts.models import Bucket, Underway
from manyvoices.collect.people.access import cookie_name
from manyvoices.collect.people.models import Participant

MINUTE = 60.0
KEPT = timedelta(days=1)
"""A bucket that nobody has touched for so long is full, and its row is not needed."""
BUSY_S = 30.0
"""To wait where too much is under way."""
READING = frozenset({"GET", "HEAD", "OPTIONS"})


@dataclass(frozen=True, slots=True)
class Rate:
    """So many at once, and again that many within `seconds`."""

    burst: int
    seconds: float

    @property
    def per_second(self) -> float:
        return self.burst / self.seconds


RATES = {
    "take_task": Rate(30, 4 * MINUTE),  # OpenAssistant's only limit
    "send_text": Rate(15, 10 * MINUTE),
    "send_labels": Rate(60, 5 * MINUTE),
    "send_ranking": Rate(40, 5 * MINUTE),
    "skip": Rate(60, 5 * MINUTE),
    "keep": Rate(120, 5 * MINUTE),
    "draft": Rate(300, 5 * MINUTE),
    "edit": Rate(20, 10 * MINUTE),
    "preview": Rate(120, 5 * MINUTE),
    "quiz": Rate(20, 60 * MINUTE),
    "report": Rate(20, 10 * MINUTE),
    "react": Rate(60, 5 * MINUTE),
    "profile": Rate(20, 10 * MINUTE),
    "appeal": Rate(10, 60 * MINUTE),
    # By network address: a class or an institute has one. Wrong passwords are counted apart.
    "sign_in": Rate(60, 15 * MINUTE),
    "ask_link": Rate(60, 60 * MINUTE),
    "send_link": Rate(5, 60 * MINUTE),  # To one mailbox, or by one account.
    "register": Rate(10, 60 * MINUTE),
    "account": Rate(30, 10 * MINUTE),
    "api": Rate(600, MINUTE),
    "compare": Rate(240, 10 * MINUTE),
    "arena_message": Rate(20, 10 * MINUTE),
    "arena_again": Rate(20, 10 * MINUTE),
    "webhook": Rate(30, 10 * MINUTE),
    "export": Rate(12, 60 * MINUTE),
}
"""Generous for somebody who works fast, and far below what a program can do."""


@transaction.atomic
def take(name: str, who: str, *, now: datetime) -> float:
    """Take one token of `who` for `name`; the seconds to wait where there is none, else 0."""
    rate, key = RATES[name], _key(name, who)
    row = _held(key, rate, now)
    passed = max((now - row.at).total_seconds(), 0.0)
    tokens = min(rate.burst, row.tokens + passed * rate.per_second)
    if tokens < 1:
        return (1 - tokens) / rate.per_second
    Bucket.objects.filter(pk=key).update(tokens=tokens - 1, at=max(now, row.at))
    return 0.0


def _key(name: str, who: str) -> str:
    return salted_hmac(f"rate-{name}", who, algorithm="sha256").hexdigest()


@transaction.atomic
def begin(name: str, who: str, *, most: int, within: timedelta, now: datetime) -> int | float:
    """Take one token of `who` for `name`, where fewer than `most` are under way: the number by
    which to `end` it. A float is the seconds to wait: there are too many, or there were."""
    if wait_s := take(name, who, now=now):
        return wait_s
    # The bucket's row is held until here ends, so two cannot count at the same moment.
    rows = Underway.objects.filter(key=_key(name, who))
    rows.filter(until__lte=now).delete()
    if rows.count() >= most:
        transaction.set_rollback(True)  # What is not begun takes no token.
        return BUSY_S
    return Underway.objects.create(key=_key(name, who), until=now + within).pk


def end(underway: int) -> None:
    """It is over; doing it twice is doing it once."""
    Underway.objects.filter(pk=underway).delete()


def _held(key: str, rate: Rate, now: datetime) -> Bucket:
    """The bucket's row, held until the transaction ends; a full one where there was none."""
    row = Bucket.objects.select_for_update().filter(pk=key).first()
    if row is not None:
        return row
    Bucket.objects.filter(at__lt=now - KEPT).delete()
    full = Bucket(key=key, tokens=float(rate.burst), at=now)
    Bucket.objects.bulk_create([full], ignore_conflicts=True)
    return Bucket.objects.select_for_update().get(pk=key)


def limited(name: str) -> Callable[[Callable[..., HttpResponse]], Callable[..., HttpResponse]]:
    """Let a view be called no more often than `RATES[name]` says; reading is never counted.

    It goes below `for_participant` (then the person is counted) or at the top of a view of anybody
    (then the account, the cookie of the study, or the address). Too often is answered with 429 and
    a page that says how long to wait; the form's draft is kept by the page itself.
    """
    if name not in RATES:
        raise KeyError(f"no rate limit is named {name!r}: known are {', '.join(RATES)}")

    def wrap(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
        @functools.wraps(view)
        def run(request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:
            person = next((arg for arg in args if isinstance(arg, Participant)), None)
            if request.method not in READING and not (person and person.simulated):
                wait_s = take(name, who_asks(request, person, kwargs), now=timezone.now())
                if wait_s:
                    return too_often(request, wait_s)
            return view(request, *args, **kwargs)

        return run

    return wrap


def who_asks(
    request: HttpRequest, person: Participant | None = None, kwargs: dict[str, object] | None = None
) -> str:
    """Whom a request is counted for."""
    if person is not None:
        return f"participant:{person.pk}"
    user = getattr(request, "user", None)
    if user is not None and user.is_authenticated:
        return f"user:{user.pk}"
    study = str((kwargs or {}).get("study_id", ""))
    value = request.get_signed_cookie(cookie_name(study), default="", salt=study) if study else ""
    return f"participant:{value}" if value else f"address:{request.META.get('REMOTE_ADDR', '')}"


def too_often(request: HttpRequest, wait_s: float) -> HttpResponse:
    """The page that asks for patience."""
    seconds = math.ceil(wait_s)
    response = render(request, "429.html", {"seconds": seconds}, status=429)
    response["Retry-After"] = str(seconds)
    return response
