"""Who may ask: whoever may see the console, by the same login."""

from __future__ import annotations

from django.http import HttpRequest
from ninja.errors import HttpError
from ninja.security.session import SessionAuth

from manyvoices.collect.console.access import is_staff


class StaffSession(SessionAuth):
    """401 without a login, 403 with one that is not staff."""

    def authenticate(self, request: HttpRequest, key: str | None) -> object | None:  # noqa: ARG002
        if not request.user.is_authenticated:
            return None
        if not is_staff(request):
            raise HttpError(403, "This account is not a researcher's account.")
        return request.user
