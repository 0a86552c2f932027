"""Who may see what in the console: every permission check of its pages and its interface.

Staff accounts run the server and may do everything in every study. Other accounts have at most one
role in each study::

    viewer      numbers: progress, failures, quotas, cost
    moderator   also people by pseudonym, their conversations, the quality checks, and decisions
                about messages, trees and people
    analyst     also people by pseudonym and their conversations, and tables to download; never an
                identity, and no decisions
    owner       everything, identities, roles and the audit log included
"""

from __future__ import annotations

import enum
import functools
from collections.abc import Callable
from typing import Concatenate, ParamSpec, cast

from django.contrib.auth.models import User
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render

from manyvoices.collect.console.models import StudyRole
from manyvoices.collect.studies.models import Study

P = ParamSpec("P")


class Ability(enum.Enum):
    """One kind of thing that an account may or may not do in a study."""

    PROGRESS = "progress"
    TEXTS = "texts"
    """People by pseudonym, what they wrote, and what that says about quality."""
    MODERATE = "moderate"
    """Decide about messages, trees and people."""
    EXPORT = "export"
    IDENTITIES = "identities"
    MANAGE = "manage"


_VIEWER = frozenset({Ability.PROGRESS})
_READER = _VIEWER | {Ability.TEXTS}
_MODERATOR = _READER | {Ability.MODERATE}
_ANALYST = _READER | {Ability.EXPORT}
ABILITIES: dict[str, frozenset[Ability]] = {
    StudyRole.Role.VIEWER: _VIEWER,
    StudyRole.Role.MODERATOR: _MODERATOR,
    StudyRole.Role.ANALYST: _ANALYST,
    StudyRole.Role.OWNER: frozenset(Ability),
}


class StaffRequest(HttpRequest):
    """A request whose user is known to have an account that may be here."""

    user: User
    abilities: frozenset[Ability]
    rooms: frozenset[str]
    """The same in words, for templates; with ``trees`` where the study grows some, and
    ``comparisons`` where it has such a stage."""


StaffView = Callable[Concatenate[StaffRequest, P], HttpResponse]
View = Callable[Concatenate[HttpRequest, P], HttpResponse]


def is_staff(request: HttpRequest) -> bool:
    """Whether the request comes from an account that may see every study of this server."""
    return request.user.is_active and request.user.is_staff


def abilities(request: HttpRequest, study_id: str) -> frozenset[Ability]:
    """What this request's account may do in `study_id`; empty where it has no role there."""
    if is_staff(request):
        return frozenset(Ability)
    if not request.user.is_authenticated or not request.user.is_active:
        return frozenset()
    role = StudyRole.objects.filter(user=request.user, study_id=study_id).values_list("role")
    return ABILITIES.get(next((name for (name,) in role), ""), frozenset())


def studies_of(request: HttpRequest) -> set[str] | None:
    """Ids of the studies in which this account has a role; None for all."""
    if is_staff(request):
        return None
    return set(
        StudyRole.objects.filter(user=cast(User, request.user)).values_list("study", flat=True)
    )


def allowed(
    ability: Ability,
) -> Callable[[Callable[..., HttpResponse]], Callable[..., HttpResponse]]:
    """Let in whoever has `ability` in the study of the address; the view is given the study.

    Whoever is not logged in is asked to. Whoever has no role is told so (403), whether there is
    such a study or not.
    """

    def wrap(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
        @functools.wraps(view)
        def run(
            request: StaffRequest, study_id: str, *args: object, **kwargs: object
        ) -> HttpResponse:
            if not request.user.is_authenticated:
                return redirect_to_login(request.get_full_path())
            request.abilities = abilities(request, study_id)
            request.rooms = frozenset(a.value for a in request.abilities)
            if ability not in request.abilities:
                return forbidden(request)
            study = study_or_404(study_id)
            request.rooms |= rooms_of(study)
            return view(request, study, *args, **kwargs)

        run.ability = ability  # type: ignore[attr-defined]
        return run

    return wrap


def rooms_of(study: Study) -> set[str]:
    """``trees`` and ``comparisons``, for what there is in the study's current version."""
    version = study.versions.defer("content").order_by("-number").first()
    kinds = {stage.kind for stage in version.spec.stages} if version is not None else set()
    names = {"tree_tasks": "trees", "comparisons": "comparisons"}
    return {name for kind, name in names.items() if kind in kinds}


def any_role(view: StaffView[P]) -> View[P]:
    """Let in staff and whoever has a role in any study."""

    @functools.wraps(view)
    def run(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        if not request.user.is_authenticated:
            return redirect_to_login(request.get_full_path())
        if not is_staff(request) and not studies_of(request):
            return forbidden(request)
        return view(cast(StaffRequest, request), *args, **kwargs)

    return run


def staff_only(view: StaffView[P]) -> View[P]:
    """Let staff in. Whoever is not logged in is asked to; whoever is not staff is told so (403)."""

    @functools.wraps(view)
    def run(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        if not request.user.is_authenticated:
            return redirect_to_login(request.get_full_path())
        if not is_staff(request):
            return forbidden(request)
        return view(cast(StaffRequest, request), *args, **kwargs)

    return run


def forbidden(request: HttpRequest) -> HttpResponse:
    """The page that says that this account may not see what was asked for; names no study."""
    return render(request, "console/forbidden.html", status=403)


def study_or_404(study_id: str) -> Study:
    """The study, or the page that says that there is none."""
    return get_object_or_404(Study, pk=study_id)
