"""Programs by their keys: ``Authorization: Bearer mvk_...``, one scope for each kind of request.

A key allows what its scope says and what its account may do, whichever is less. The account becomes
the request's user, so that every check of the console holds here too.
"""

from __future__ import annotations

from typing import cast

from django.http import HttpRequest
from django.utils import timezone
from ninja.errors import HttpError
from ninja.security import HttpBearer

from manyvoices.collect.accounts.keys import Scope, verify_key
from manyvoices.collect.accounts.limits import READING, take
from manyvoices.collect.accounts.models import ApiKey
from manyvoices.schema.errors import ManyvoicesError


class TooOften(ManyvoicesError):
    """More requests than the limit allows; `wait_s`: seconds until one more is."""

    def __init__(self, wait_s: float) -> None:
        self.wait_s = wait_s
        super().__init__("too many requests; wait and try again")


class KeyRequest(HttpRequest):
    """A request that came with a key."""

    auth: ApiKey


class ProgramKey(HttpBearer):
    """401 without a key in force, 403 with one that lacks the scope, 429 where it writes too often.

    Reading is not counted and writes nothing but, once a minute, that the key was used.
    """

    def __init__(self, scope: Scope) -> None:
        self.scope = scope
        super().__init__()

    def authenticate(self, request: HttpRequest, token: str) -> ApiKey | None:
        now = timezone.now()
        key = verify_key(token, scope=self.scope.value, now=now)
        if key is None:
            if any(verify_key(token, scope=other.value, now=now) for other in Scope):
                raise HttpError(403, f"This key has no scope {self.scope.value}.")
            return None
        if request.method not in READING:
            limit("api", f"key:{key.pk}")
        request.user = key.user
        return key


def limit(name: str, who: str) -> None:
    """Count one request of `who`.

    Raises:
        TooOften: There were too many.
    """
    if wait_s := take(name, who, now=timezone.now()):
        raise TooOften(wait_s)


def key_of(request: HttpRequest) -> ApiKey:
    """The key that a request came with."""
    return cast(KeyRequest, request).auth
