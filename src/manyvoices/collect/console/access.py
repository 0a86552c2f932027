"""Who may see the console: staff. Every permission check of its pages is here."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Concatenate, ParamSpec, cast

from django.contrib.auth.models import User
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render

from manyvoices.collect.studies.models import Study

P = ParamSpec("P")


class StaffRequest(HttpRequest):
    """A request whose user is known to be staff."""

    user: User


StaffView = Callable[Concatenate[StaffRequest, P], HttpResponse]
View = Callable[Concatenate[HttpRequest, P], HttpResponse]


def is_staff(request: HttpRequest) -> bool:
    """Whether the request comes from an account that may see every study of this server."""
    return request.user.is_active and request.user.is_staff


def staff_only(view: StaffView[P]) -> View[P]:
    """Let staff in. Whoever is not logged in is asked to; whoever is not staff is told so (403)."""

    @functools.wraps(view)
    def run(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        if not request.user.is_authenticated:
            return redirect_to_login(request.get_full_path())
        if not is_staff(request):
            return render(request, "console/forbidden.html", status=403)
        return view(cast(StaffRequest, request), *args, **kwargs)

    return run


def study_or_404(study_id: str) -> Study:
    """The study, or the page that says that there is none."""
    return get_object_or_404(Study, pk=study_id)
