"""Slowing down whoever guesses passwords: counted in the database, so for all processes together.

After `LIMIT` failures within `WINDOW`, for one name or from one address, no password is looked at
until the oldest failure is old enough. Names and addresses are stored as keyed hashes.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db.models import Count
from django.utils.crypto import salted_hmac

from manyvoices.collect.console.models import FailedLogin

LIMITS = {"name": 5, "address": 20}
"""More from one address: a team may share one."""
WINDOW = timedelta(minutes=15)
KEPT = timedelta(days=1)


def keys(name: str, address: str) -> dict[str, str]:
    """What failures are counted under."""
    parts = {"name": name.strip().lower(), "address": address}
    return {
        kind: salted_hmac(f"login-{kind}", text, algorithm="sha256").hexdigest()
        for kind, text in parts.items()
    }


def is_blocked(name: str, address: str, *, now: datetime) -> bool:
    """Whether there were too many failures lately."""
    mine = keys(name, address)
    recent = FailedLogin.objects.filter(key__in=mine.values(), at__gt=now - WINDOW)
    counts = dict(recent.values_list("key").annotate(n=Count("pk")).order_by())
    return any(counts.get(key, 0) >= LIMITS[kind] for kind, key in mine.items())


def note_failure(name: str, address: str, *, now: datetime) -> None:
    """Count a failure, and forget those that are old."""
    FailedLogin.objects.filter(at__lt=now - KEPT).delete()
    FailedLogin.objects.bulk_create(
        FailedLogin(key=key, at=now) for key in keys(name, address).values()
    )


def forgive(name: str) -> None:
    """A log-in succeeded: its name's failures no longer count. The address's do."""
    FailedLogin.objects.filter(key=keys(name, "")["name"]).delete()
