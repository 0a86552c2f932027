"""What moderators' forms do: parse, call one operation, say what became of it."""

from __future__ import annotations

import uuid
from urllib.parse import urlencode

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from manyvoices.collect.console.access import Ability, StaffRequest, allowed
from manyvoices.collect.moderation import cases, deciding, restrictions, tree_acts
from manyvoices.collect.moderation.console_views import (
    case_response,
    person_response,
    tree_response,
)
from manyvoices.collect.moderation.errors import Refused
from manyvoices.collect.moderation.forms import days_from, fresh, numbers, uuids, whole
from manyvoices.collect.moderation.models import Action, Case, Decision, Kind, Restriction
from manyvoices.collect.people.models import Participant
from manyvoices.collect.studies.models import Study
from manyvoices.collect.trees.models import Message, Tree


def _queue(study: Study, **query: object) -> HttpResponse:
    url = reverse("moderating:queue", args=[study.pk])
    return redirect(f"{url}?{urlencode(query, doseq=True)}" if query else url)


@require_POST
@allowed(Ability.MODERATE)
def claim(request: StaffRequest, study: Study, case: uuid.UUID) -> HttpResponse:
    """Take a case in hand."""
    found = get_object_or_404(Case, pk=case, study=study)
    try:
        deciding.claim(case=found, by=request.user.get_username(), now=timezone.now())
    except Refused as error:
        return case_response(request, study, case, problem=str(error), status=409)
    return redirect("moderating:case", study.pk, case)


@require_POST
@allowed(Ability.MODERATE)
def release(request: StaffRequest, study: Study, case: uuid.UUID) -> HttpResponse:
    """Give a case back."""
    found = get_object_or_404(Case, pk=case, study=study)
    deciding.release(case=found, by=request.user.get_username())
    return redirect("moderating:queue", study.pk)


@require_POST
@allowed(Ability.MODERATE)
def decide(request: StaffRequest, study: Study, case: uuid.UUID) -> HttpResponse:
    """Decide a case."""
    found = get_object_or_404(Case, pk=case, study=study)
    action = request.POST.get("action", "")
    if action not in Action.values:
        problem = _("Please choose a decision.")
        return case_response(request, study, case, problem=problem, status=422)
    try:
        made = deciding.decide(
            case=found,
            action=action,
            reason=request.POST.get("reason", ""),
            text=request.POST.get("text", "").replace("\r\n", "\n"),
            by=request.user.get_username(),
            now=timezone.now(),
            rng=fresh(),
        )
    except Refused as error:
        return case_response(request, study, case, problem=str(error), status=422)
    return _queue(study, done=made.pk)


@require_POST
@allowed(Ability.MODERATE)
def bulk(request: StaffRequest, study: Study) -> HttpResponse:
    """The same decision for the cases that were ticked, or undo of those just decided."""
    by, now, reason = request.user.get_username(), timezone.now(), request.POST.get("reason", "")
    if request.POST.get("undo"):
        _n, left = deciding.undo_many(
            decisions=numbers(request.POST.getlist("decision")),
            study_id=study.pk,
            by=by,
            reason=reason,
            now=now,
            rng=fresh(),
        )
        return _queue(study, **({"left": left} if left else {}))
    try:
        made, left = deciding.decide_many(
            cases=uuids(request.POST.getlist("case")),
            study_id=study.pk,
            action=request.POST.get("action", ""),
            reason=reason,
            by=by,
            now=now,
            rng=fresh(),
        )
    except (Refused, ValueError) as error:
        words = str(error) if isinstance(error, Refused) else _("Please choose a decision.")
        return _queue(study, problem=words)
    query = {"done": [decision.pk for decision in made]} | ({"left": left} if left else {})
    return _queue(study, **query)


@require_POST
@allowed(Ability.MODERATE)
def sample(request: StaffRequest, study: Study) -> HttpResponse:
    """Draw messages to be judged blind."""
    try:
        n = whole(request.POST.get("n", ""), _("Messages"), most=cases.MAX_SAMPLE)
    except Refused as error:
        return _queue(study, problem=str(error))
    by = request.user.get_username()
    cases.draw_sample(study=study, n=n or 0, by=by, now=timezone.now(), rng=fresh())
    return _queue(study, kind=Kind.SAMPLE.value)


@require_POST
@allowed(Ability.MODERATE)
def undo(request: StaffRequest, study: Study, decision: int) -> HttpResponse:
    """Take a decision back."""
    rows = Decision.objects.select_related("case")
    found = get_object_or_404(rows, pk=decision, case__study=study)
    try:
        deciding.undo(
            decision=found,
            by=request.user.get_username(),
            reason=request.POST.get("reason", ""),
            now=timezone.now(),
            rng=fresh(),
        )
    except Refused as error:
        return case_response(request, study, found.case_id, problem=str(error), status=422)
    return redirect("moderating:case", study.pk, found.case_id)


@require_POST
@allowed(Ability.MODERATE)
def tree_act(request: StaffRequest, study: Study, tree: uuid.UUID) -> HttpResponse:
    """Stop a tree, or let it go on."""
    found = get_object_or_404(Tree, pk=tree, study=study)
    act = tree_acts.halt if request.POST.get("action") == "halt" else tree_acts.let_go_on
    try:
        act(
            tree=found,
            reason=request.POST.get("reason", ""),
            by=request.user.get_username(),
            now=timezone.now(),
            rng=fresh(),
        )
    except Refused as error:
        return tree_response(request, study, tree, problem=str(error), status=422)
    return redirect("moderating:tree", study.pk, tree)


@require_POST
@allowed(Ability.MODERATE)
def open_case(request: StaffRequest, study: Study, message: uuid.UUID) -> HttpResponse:
    """Look at a message that nobody has reported."""
    rows = Message.objects.select_related("tree__study")
    found = get_object_or_404(rows, pk=message, tree__study=study)
    by = request.user.get_username()
    signal = cases.flag(found, Kind.TEAM, {"by": by}, now=timezone.now())
    return redirect("moderating:case", study.pk, signal.case_id)


@require_POST
@allowed(Ability.MODERATE)
def restrict(request: StaffRequest, study: Study, person: uuid.UUID) -> HttpResponse:
    """Put somebody under a limit or a ban."""
    found = get_object_or_404(Participant, pk=person, study=study)
    now, what = timezone.now(), request.POST.get("what", "")
    if what not in ("limit", "ban", "shadow"):
        problem = _("Please choose a restriction.")
        return person_response(request, study, person, problem=problem, status=422)
    try:
        restrictions.restrict(
            participant=found,
            kind=Restriction.Kind.BAN if what == "ban" else Restriction.Kind.LIMIT,
            is_shadow=what == "shadow",
            reason=request.POST.get("reason", ""),
            by=request.user.get_username(),
            now=now,
            per_day=whole(request.POST.get("per_day", ""), _("Tasks a day")),
            until=days_from(request.POST.get("days", ""), now),
        )
    except Refused as error:
        return person_response(request, study, person, problem=str(error), status=422)
    return redirect("moderating:person", study.pk, person)


@require_POST
@allowed(Ability.MODERATE)
def lift(request: StaffRequest, study: Study, restriction: int) -> HttpResponse:
    """End a restriction."""
    rows = Restriction.objects.select_related("participant")
    found = get_object_or_404(rows, pk=restriction, participant__study=study)
    try:
        restrictions.lift(
            restriction=found,
            reason=request.POST.get("reason", ""),
            by=request.user.get_username(),
            now=timezone.now(),
            rng=fresh(),
            count_work=request.POST.get("count") == "yes",
        )
    except Refused as error:
        return person_response(request, study, found.participant_id, problem=str(error), status=422)
    return redirect("moderating:person", study.pk, found.participant_id)
