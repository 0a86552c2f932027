"""The console's pages beside progress: quality, tables, roles, the audit log."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.models import User
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from manyvoices.collect.console import roles as acts
from manyvoices.collect.console import tables as all_tables
from manyvoices.collect.console.access import Ability, StaffRequest, allowed
from manyvoices.collect.console.audit import record
from manyvoices.collect.console.models import AuditEntry, StudyRole
from manyvoices.collect.console.presenting.quality import quality_page, read_terms
from manyvoices.collect.console.queries.quality import people_records
from manyvoices.collect.studies.models import Study

PAGE_SIZE = 50


@require_safe
@allowed(Ability.TEXTS)
def quality(request: StaffRequest, found: Study) -> HttpResponse:
    """Who did not pass which check, what the study costs, and what people earn by the hour."""
    page = quality_page(
        found, people_records(found.pk), read_terms(request.GET), number=request.GET.get("page")
    )
    return _show(request, found, "quality", page=page)


@require_safe
@allowed(Ability.EXPORT)
def tables(request: StaffRequest, found: Study) -> HttpResponse:
    """Every table that can be downloaded."""
    listed = [(t.name, t.rows(found.pk).count()) for t in _tables(request)]
    sees = Ability.IDENTITIES in request.abilities
    return _show(request, found, "tables", tables=listed, sees_identities=sees)


@require_safe
@allowed(Ability.EXPORT)
def table(request: StaffRequest, found: Study, name: str) -> HttpResponse:
    """One table as CSV, sent while it is read."""
    chosen = next((t for t in _tables(request) if t.name == name), None)
    if chosen is None:
        raise Http404("no such table")
    sees = Ability.IDENTITIES in request.abilities
    if request.method == "GET":
        actor = request.user.get_username()
        record(actor, "download table", found.pk, name, {"identities": sees}, timezone.now())
    lines = all_tables.lines(chosen, found.pk, identities=sees)
    response = StreamingHttpResponse(lines, content_type="text/csv; charset=utf-8")
    response.headers["Content-Disposition"] = f'attachment; filename="{found.pk}-{name}.csv"'
    # Nothing here is compressed: gzip would hold rows back.
    return response  # type: ignore[return-value]  # it is one for every middleware


def _tables(request: StaffRequest) -> list[all_tables.Table]:
    sees = Ability.IDENTITIES in request.abilities
    return [t for t in all_tables.tables() if sees or not t.is_about_identities]


@require_http_methods(["GET", "HEAD", "POST"])
@allowed(Ability.MANAGE)
def roles(request: StaffRequest, found: Study) -> HttpResponse:
    """Who may do what in this study; give and take roles."""
    problem = _change_role(request, found) if request.method == "POST" else ""
    if request.method == "POST" and not problem:
        return redirect("console:roles", found.pk)
    held = StudyRole.objects.filter(study=found).select_related("user")
    return _show(
        request,
        found,
        "roles",
        status=422 if problem else 200,
        held=held,
        choices=[(value, _role_words(value)) for value in StudyRole.Role.values],
        problem=problem,
        typed=request.POST.get("username", ""),
    )


def _change_role(request: StaffRequest, found: Study) -> str:
    """Do what the form asks; what is wrong with it in words."""
    actor, name = request.user.get_username(), request.POST.get("username", "").strip()
    if request.POST.get("action") == "take":
        acts.take_role(actor=actor, username=name, study_id=found.pk, now=timezone.now())
        return ""
    user = User.objects.filter(username=name).first()
    if user is None:
        return _("There is no account of that name on this server.")
    role = request.POST.get("role", "")
    if role not in StudyRole.Role.values:
        return _("Please choose one of the roles.")
    acts.give_role(actor=actor, user=user, study_id=found.pk, role=role, now=timezone.now())
    return ""


def _role_words(role: str) -> str:
    words = {
        "owner": _("owner: everything, identities, roles and the audit log included"),
        "analyst": _("analyst: people by pseudonym, conversations, tables; no identities"),
        "moderator": _("moderator: people by pseudonym and conversations; no tables"),
        "viewer": _("viewer: numbers only"),
    }
    return words[role]


@require_safe
@allowed(Ability.MANAGE)
def audit(request: StaffRequest, found: Study) -> HttpResponse:
    """What privileged people did, the latest first."""
    rows = AuditEntry.objects.filter(study__in=[found.pk, ""])
    listed = Paginator(rows, PAGE_SIZE).get_page(request.GET.get("page"))
    return _show(request, found, "audit", entries=listed)


def _show(
    request: HttpRequest, found: Study, name: str, *, status: int = 200, **more: Any
) -> HttpResponse:
    return render(request, f"console/{name}.html", {"study": found, **more}, status=status)
