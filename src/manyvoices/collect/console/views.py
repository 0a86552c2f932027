"""The console's pages: parse the address, check access, read, show."""

from __future__ import annotations

import uuid
from typing import Any, TypeVar

from django.contrib.auth import views as auth
from django.core.paginator import Page, Paginator
from django.db.models import Model, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from manyvoices.collect.console import throttle
from manyvoices.collect.console.access import Ability, StaffRequest, allowed, any_role, studies_of
from manyvoices.collect.console.audit import record
from manyvoices.collect.console.contexts_lists import Choice, ListPage
from manyvoices.collect.console.downloads import csv_file, note_download
from manyvoices.collect.console.filters import Filter, read_filter
from manyvoices.collect.console.presenting import lists as rows_of
from manyvoices.collect.console.presenting.conversation import conversation_page
from manyvoices.collect.console.presenting.sheets import SHEETS, written
from manyvoices.collect.console.presenting.studies import studies_page
from manyvoices.collect.console.presenting.study import study_page
from manyvoices.collect.console.queries import failures as missing
from manyvoices.collect.console.queries import lists
from manyvoices.collect.console.queries.progress import versions
from manyvoices.collect.console.queries.study import overview, study_facts
from manyvoices.collect.conversations.queries import stage_spec
from manyvoices.collect.studies.models import Study

PAGE_SIZE = 50
M = TypeVar("M", bound=Model)


class LoginView(auth.LoginView):
    """Ask for name and password; after too many wrong ones, for patience."""

    template_name = "console/login.html"

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Look at the password, unless there were too many wrong ones lately."""
        name, address = self._who()
        if throttle.is_blocked(name, address, now=timezone.now()):
            page = self.get_context_data(form=self.get_form(), is_blocked=True)
            return self.render_to_response(page, status=429)
        return super().post(request, *args, **kwargs)

    def form_invalid(self, form: Any) -> HttpResponse:
        """Count the failure."""
        throttle.note_failure(*self._who(), now=timezone.now())
        return super().form_invalid(form)

    def form_valid(self, form: Any) -> HttpResponse:
        """Forget the name's failures, and note who came in."""
        throttle.forgive(self._who()[0])
        record(form.get_user().get_username(), "log in", "", now=timezone.now())
        return super().form_valid(form)

    def _who(self) -> tuple[str, str]:
        return self.request.POST.get("username", ""), self.request.META.get("REMOTE_ADDR", "")


@require_safe
@any_role
def studies(request: StaffRequest) -> HttpResponse:
    """Every study at a glance."""
    page = studies_page(overview(now=timezone.now(), only=studies_of(request)))
    return render(request, "console/studies.html", {"page": page})


@require_safe
@allowed(Ability.PROGRESS)
def study(request: StaffRequest, found: Study) -> HttpResponse:
    """How one study is going."""
    page = study_page(
        study_facts(found, now=timezone.now()),
        invitation_url=request.build_absolute_uri(reverse("people:enter", args=[found.pk])),
        sees_people=Ability.TEXTS in request.abilities,
    )
    return render(request, "console/study.html", {"page": page, "study": found})


@require_safe
@allowed(Ability.PROGRESS)
def sheet(request: StaffRequest, found: Study, name: str) -> HttpResponse:
    """One table of the study's page as CSV: counts only, nothing of any person."""
    if name not in SHEETS:
        raise Http404("no such table")
    note_download(request, found, name)
    text = written(SHEETS[name](study_facts(found, now=timezone.now())))
    return csv_file(text, f"{found.pk}-{name}.csv")


@require_safe
@allowed(Ability.TEXTS)
def people(request: StaffRequest, found: Study) -> HttpResponse:
    """Who takes part, by pseudonym."""
    study_id, chosen = found.pk, read_filter(request.GET)
    known = versions(study_id)
    page = _page(request, lists.people(study_id, chosen, now=timezone.now()))
    listed = list(page.object_list)
    return _list(
        request,
        found,
        "people",
        chosen,
        page=page,
        rows=rows_of.person_rows(study_id, listed, lists.facts_of(listed), known),
        choices=[
            rows_of.who_choice(chosen),
            rows_of.status_choice(chosen),
            rows_of.version_choice(chosen, known),
        ],
        narrowed=rows_of.narrowed(chosen, known),
    )


@require_safe
@allowed(Ability.TEXTS)
def conversations(request: StaffRequest, found: Study) -> HttpResponse:
    """The conversations of the study."""
    study_id, chosen = found.pk, read_filter(request.GET)
    known = versions(study_id)
    spec = known[0].spec if known else None
    page = _page(request, lists.conversations(study_id, chosen))
    listed = lists.with_turn_counts(page.object_list)
    return _list(
        request,
        found,
        "conversations",
        chosen,
        page=page,
        rows=rows_of.conversation_rows(study_id, listed, spec),
        choices=[
            rows_of.who_choice(chosen),
            rows_of.type_choice(chosen, lists.conversation_types(study_id), spec),
            rows_of.finished_choice(chosen),
        ],
        narrowed=rows_of.narrowed(chosen),
    )


@require_safe
@allowed(Ability.TEXTS)
def conversation(request: StaffRequest, found: Study, key: uuid.UUID) -> HttpResponse:
    """One conversation as the person saw it."""
    study_id = found.pk
    talk = lists.conversation(study_id, key)
    if talk is None:
        raise Http404("no such conversation in this study")
    rule = stage_spec(talk.participant, talk.stage)
    page = conversation_page(study_id, talk, rule, now=timezone.now())
    return render(request, "console/conversation.html", {"page": page, "study": found})


@require_safe
@allowed(Ability.PROGRESS)
def failures(request: StaffRequest, found: Study) -> HttpResponse:
    """Calls of models that brought no answer."""
    study_id, chosen = found.pk, read_filter(request.GET)
    known = versions(study_id)
    page = _page(request, missing.failures(study_id, chosen))
    return _list(
        request,
        found,
        "failures",
        chosen,
        page=page,
        rows=rows_of.failure_rows(
            study_id, missing.read(page.object_list), opens=Ability.TEXTS in request.abilities
        ),
        choices=[
            rows_of.who_choice(chosen),
            rows_of.responder_choice(chosen, known[0].spec if known else None),
            rows_of.failure_choice(chosen),
        ],
    )


def _page(request: StaffRequest, rows: QuerySet[M]) -> Page[M]:
    """The page that the address asks for; the nearest that there is."""
    return Paginator(rows, PAGE_SIZE).get_page(request.GET.get("page"))


def _list(
    request: StaffRequest,
    study: Study,
    name: str,
    chosen: Filter,
    *,
    page: Page[Any],
    rows: Any,
    choices: list[Choice],
    narrowed: str = "",
) -> HttpResponse:
    """Show a list with its filter."""
    kept = {"done": chosen.done, "participant": chosen.participant}
    shown = ListPage(
        choices=choices,
        narrowed=narrowed,
        hidden={field: str(value) for field, value in kept.items() if value is not None},
        is_narrowed=chosen != Filter(),
        pager=rows_of.pager(page, chosen),
        rows=rows,
    )
    return render(request, f"console/{name}.html", {"page": shown, "study": study})
