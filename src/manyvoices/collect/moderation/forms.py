"""What the forms of moderation hand in, read and checked."""

from __future__ import annotations

import random
import uuid
from collections.abc import Iterable
from datetime import datetime, timedelta

from django.utils.translation import gettext as _

from manyvoices.collect.moderation.errors import Refused


def fresh() -> random.Random:
    """Chance for the rules of trees, from the system."""
    return random.Random(random.SystemRandom().getrandbits(64))  # no secret


def uuids(texts: Iterable[str]) -> list[uuid.UUID]:
    """Those that are ids, in their order."""
    found = []
    for text in texts:
        try:
            found.append(uuid.UUID(text))
        except ValueError:
            continue
    return found


def numbers(texts: Iterable[str]) -> list[int]:
    """Those that are small whole numbers, in their order."""
    return [int(t) for t in texts if t.isascii() and t.isdigit() and len(t) < 16]


def whole(text: str, name: str, *, most: int = 10_000) -> int | None:
    """A number that may be left out.

    Raises:
        Refused: It is none, or out of range.
    """
    if not text.strip():
        return None
    found = numbers([text.strip()])
    if not found or not 0 <= found[0] <= most:
        words = _("%(name)s: a whole number from 0 to %(most)d is needed.")
        raise Refused(words % {"name": name, "most": most}, code="no_number")
    return found[0]


def days_from(text: str, now: datetime) -> datetime | None:
    """The moment so many days from now; None where it is left out."""
    days = whole(text, _("Days"), most=3650)
    return None if days is None else now + timedelta(days=days)
