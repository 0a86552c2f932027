"""The page on which somebody makes and revokes keys for programs."""

from __future__ import annotations

from typing import cast

from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from manyvoices.collect.accounts.contexts import KeysPage
from manyvoices.collect.accounts.keys import KeyRefused, Scope, create_key, keys_of, revoke_key
from manyvoices.collect.accounts.limits import limited
from manyvoices.collect.accounts.views import with_account
from manyvoices.collect.console.audit import record


@require_http_methods(["GET", "HEAD", "POST"])
@with_account
@limited("account")
def keys(request: HttpRequest) -> HttpResponse:
    """One's keys; a new one is shown in the answer to the form that made it, and never again."""
    user, now = cast(User, request.user), timezone.now()
    if request.method != "POST":
        return _show(request, user)
    if prefix := request.POST.get("revoke", ""):
        if revoke_key(user=user, prefix=prefix, now=now):
            record(user.get_username(), "revoke key", "", prefix, now=now)
        return redirect("accounts:keys")
    name = request.POST.get("name", "").replace("\x00", "")
    try:
        key, text = create_key(user=user, name=name, scopes=request.POST.getlist("scope"), now=now)
    except KeyRefused as reason:
        return _show(request, user, name=name, errors={"name": str(reason)})
    record(user.get_username(), "make key", "", key.prefix, {"scopes": key.scopes}, now=now)
    return _show(request, user, shown=text)


def _show(
    request: HttpRequest,
    user: User,
    *,
    shown: str = "",
    name: str = "",
    errors: dict[str, str] | None = None,
) -> HttpResponse:
    words = {
        Scope.TASKS: _("ask for tasks and answer them as me"),
        Scope.READ: _("read trees, messages and numbers that I may see"),
        Scope.EXPORT: _("download exports that I may download"),
        Scope.MANAGE: _("change rules and webhooks that I may change"),
    }
    page = KeysPage(
        keys=list(keys_of(user)),
        scopes=[(scope.value, words[scope]) for scope in Scope],
        shown=shown,
        name=name,
        errors=errors or {},
    )
    return render(request, "accounts/keys.html", {"page": page}, status=422 if errors else 200)
