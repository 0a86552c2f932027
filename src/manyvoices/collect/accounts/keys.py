"""Keys of programs: made and shown once, looked up by their prefix, compared in constant time."""

from __future__ import annotations

import enum
import hashlib
import re
import secrets
from collections.abc import Iterable
from datetime import datetime, timedelta

from django.contrib.auth.models import User
from django.db.models import Q, QuerySet
from django.utils.crypto import constant_time_compare
from django.utils.translation import gettext as _

from manyvoices.collect.accounts.models import ApiKey
from manyvoices.collect.refusal import Refusal

MARK = "mvk"
"""Begins every key, so that one that leaked is recognised by whoever looks for such."""
N_BYTES = 32
MOST = 20
"""Keys of one account that are in force."""
USED_TO_WITHIN = timedelta(minutes=1)
_PREFIX = re.compile(rf"({MARK}_[0-9a-f]{{10}})_")
_NOBODY = hashlib.sha256(b"no key has this hash").hexdigest()


class Scope(enum.StrEnum):
    """What a key may be used for. It never allows more than its account may do."""

    TASKS = "tasks"
    """Ask for tasks and answer them as the account's participant."""
    READ = "read"
    """Trees, messages and numbers of projects in which the account may see them."""
    EXPORT = "export"
    """Files of whole projects."""
    MANAGE = "manage"
    """Policies and webhooks."""


class KeyRefused(Refusal):
    """A key that cannot be made as asked; the message is for the person."""


def create_key(
    *, user: User, name: str, scopes: Iterable[str], now: datetime
) -> tuple[ApiKey, str]:
    """A new key and its text, which is stored nowhere: the only moment at which it can be shown.

    Raises:
        KeyRefused: No name, no scope or an unknown one, or too many keys.
    """
    wanted = sorted(set(scopes))
    known = {scope.value for scope in Scope}
    if not name.strip():
        words = _("Give the key a name, so that you recognise it later.")
        raise KeyRefused(words, code="no_name")
    if not wanted or not set(wanted) <= known:
        raise KeyRefused(_("Say what the key may be used for."), code="no_scope")
    if keys_of(user).filter(revoked_at=None).count() >= MOST:
        words = _("You have %(most)d keys already; revoke one first.")
        raise KeyRefused(words % {"most": MOST}, code="too_many")
    prefix = f"{MARK}_{secrets.token_hex(5)}"
    text = f"{prefix}_{secrets.token_urlsafe(N_BYTES)}"
    key = ApiKey.objects.create(
        user=user,
        name=name.strip()[:80],
        prefix=prefix,
        hash=hash_of(text),
        scopes=wanted,
        created_at=now,
    )
    return key, text


def hash_of(text: str) -> str:
    """What is stored of a key."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def verify_key(text: str, *, scope: str, now: datetime) -> ApiKey | None:
    """The key in force that `text` is, if it has `scope` and its account is active; else None.

    The comparison takes as long for a prefix that nobody has as for one that somebody has.
    """
    shape = _PREFIX.match(text)
    prefix = shape.group(1) if shape else ""
    found = ApiKey.objects.select_related("user").filter(prefix=prefix).first()
    fits = constant_time_compare(found.hash if found else _NOBODY, hash_of(text))
    if found is None or not fits or found.revoked_at is not None:
        return None
    if scope not in found.scopes or not found.user.is_active:
        return None
    if found.last_used_at is None or found.last_used_at < now - USED_TO_WITHIN:
        _note_use(found, now)
    return found


def _note_use(key: ApiKey, now: datetime) -> None:
    """One write a minute at most, and only while the key is still in force: asked again in the
    statement, since several requests come at once."""
    long_ago = Q(last_used_at=None) | Q(last_used_at__lt=now - USED_TO_WITHIN)
    ApiKey.objects.filter(long_ago, pk=key.pk, revoked_at=None).update(last_used_at=now)


def revoke_key(*, user: User, prefix: str, now: datetime) -> bool:
    """Put a key of this account out of force, at once; False where it has none of that prefix."""
    rows = ApiKey.objects.filter(user=user, prefix=prefix, revoked_at=None)
    return bool(rows.update(revoked_at=now))


def keys_of(user: User) -> QuerySet[ApiKey]:
    """Every key of an account, the latest first."""
    return ApiKey.objects.filter(user=user)
