"""The console's pages beside progress: quality, tables, roles, the audit log."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.models import User
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from manyvoices.collect.console import roles as acts
from manyvoices.collect.console import tables as all_tables
from manyvoices.collect.console.access import Ability, StaffRequest, allowed
from manyvoices.collect.console.downloads import csv_file, csv_stream, note_download
from manyvoices.collect.console.models import AuditEntry, StudyRole
from manyvoices.collect.console.presenting.groups import (
    group_lines,
    groups,
    groups_page,
    questions,
)
from manyvoices.collect.console.presenting.quality import (
    quality_lines,
    quality_page,
    read_terms,
)
from manyvoices.collect.console.presenting.sheets import written
from manyvoices.collect.console.queries.quality import people_records
from manyvoices.collect.studies.models import Study
from manyvoices.curate.quality_cost import StudyCost, Terms

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
def quality_file(request: StaffRequest, found: Study) -> HttpResponse:
    """Everybody's checks and values as CSV, by pseudonym."""
    note_download(request, found, "quality")
    text = written(quality_lines(found, people_records(found.pk)))
    return csv_file(text, f"{found.pk}-quality.csv")


@require_safe
@allowed(Ability.TEXTS)
def cost(request: StaffRequest, found: Study) -> HttpResponse:
    """Cost and pay by the answers to one question."""
    by, terms, told = _by_group(request, found)
    return _show(request, found, "cost", page=groups_page(found, told, terms, by=by))


@require_safe
@allowed(Ability.TEXTS)
def cost_file(request: StaffRequest, found: Study) -> HttpResponse:
    """The same as CSV."""
    by, _terms, told = _by_group(request, found)
    note_download(request, found, f"cost by {by}")
    return csv_file(written(group_lines(told)), f"{found.pk}-cost.csv")


def _by_group(request: StaffRequest, found: Study) -> tuple[str, Terms, dict[str, StudyCost]]:
    """The question that the address names, or the study's first; what is paid; what it costs."""
    asked = questions(found.current.spec)
    by, terms = request.GET.get("by", ""), read_terms(request.GET)
    if by not in asked:
        by = next(iter(asked), "")
    return by, terms, groups(found, people_records(found.pk), terms, by=by) if by else {}


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
    note_download(request, found, name)
    lines = all_tables.lines(chosen, found.pk, identities=sees)
    return csv_stream(lines, f"{found.pk}-{name}.csv")


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
        held=[(row, _role_words(row.role)) for row in held],
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
