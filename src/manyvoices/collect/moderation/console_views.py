"""Pages of moderators that show: the queue, a case, outcomes, trees, one person. No read writes."""

from __future__ import annotations

import uuid
from typing import Any

from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.views.decorators.http import require_safe

from manyvoices.collect.console.access import Ability, StaffRequest, allowed
from manyvoices.collect.moderation import queries, words
from manyvoices.collect.moderation.forms import numbers
from manyvoices.collect.moderation.models import Case, Held, Restriction
from manyvoices.collect.moderation.presenting.cases import case_page, kind_choices, queue_rows
from manyvoices.collect.moderation.presenting.messages import excerpt, standing_of
from manyvoices.collect.moderation.presenting.outcomes import noticing_row, share
from manyvoices.collect.moderation.presenting.trees import (
    branches,
    language_choices,
    state_choices,
    tree_rows,
)
from manyvoices.collect.people.models import Participant
from manyvoices.collect.studies.models import Study
from manyvoices.collect.trees.models import Message, Tree

PAGE_SIZE = 25


def show(
    request: HttpRequest, study: Study, name: str, *, status: int = 200, **more: Any
) -> HttpResponse:
    return render(request, f"moderation/{name}.html", {"study": study, **more}, status=status)


@require_safe
@allowed(Ability.MODERATE)
def queue(request: StaffRequest, study: Study) -> HttpResponse:
    """What waits for a decision."""
    now, by = timezone.now(), request.user.get_username()
    chosen = {name: request.GET.get(name, "") for name in ("kind", "language", "whose")}
    rows = queries.queue(study.pk, **chosen, by=by, now=now)
    page = Paginator(rows, PAGE_SIZE).get_page(request.GET.get("page"))
    just_done = queries.recent(study.pk, by, numbers(request.GET.getlist("done"))[:100])
    return show(
        request,
        study,
        "queue",
        listed=page,
        rows=queue_rows(page.object_list, now),
        kinds=kind_choices(queries.counts(study.pk)),
        languages=queries.languages(study.pk),
        chosen=chosen,
        is_narrowed=any(chosen.values()),
        query="&".join(f"{name}={value}" for name, value in chosen.items() if value),
        just_done=just_done,
        done_words=words.done(just_done[0].action) if just_done else "",
        n_left=request.GET.get("left", "")[:4],
        problem=request.GET.get("problem", "")[:200],
        bulk=[(a, words.action(a)) for a in ("accept", "reject", "delete", "dismiss")],
    )


@require_safe
@allowed(Ability.MODERATE)
def case(request: StaffRequest, study: Study, case: uuid.UUID) -> HttpResponse:
    """One case in its context."""
    return case_response(request, study, case)


def case_response(
    request: StaffRequest,
    study: Study,
    key: uuid.UUID,
    *,
    problem: str = "",
    status: int = 200,
) -> HttpResponse:
    """The page of a case; with what is wrong and what was typed, where something was."""
    found = queries.case_of(study.pk, key)
    if found is None:
        raise Http404("no such case in this study")
    typed = {name: request.POST.get(name, "") for name in ("action", "reason", "text")}
    by = request.user.get_username()
    page = case_page(found, by=by, now=timezone.now(), problem=problem, typed=typed)
    return show(request, study, "case", status=status, page=page)


@require_safe
@allowed(Ability.MODERATE)
def outcomes(request: StaffRequest, study: Study) -> HttpResponse:
    """What moderation comes to."""
    found = queries.outcome_rows(study.pk)
    listed = [noticing_row(row) for row in found.by_kind]
    return show(
        request,
        study,
        "outcomes",
        found=found,
        anything=noticing_row(found.anything),
        rows=listed,
        undone=share(found.undone),
        upheld=share(found.appeals_upheld),
        decided=[(words.action(name), n) for name, n in sorted(found.decided.items())],
    )


@require_safe
@allowed(Ability.MODERATE)
def trees(request: StaffRequest, study: Study) -> HttpResponse:
    """All trees, those that changed last first."""
    states = queries.tree_states(study.pk)
    chosen = {name: request.GET.get(name, "") for name in ("state", "language")}
    rows = queries.trees(study.pk, **chosen)
    page = Paginator(rows, PAGE_SIZE).get_page(request.GET.get("page"))
    return show(
        request,
        study,
        "trees",
        listed=page,
        rows=tree_rows(page.object_list),
        states=state_choices(states),
        languages=language_choices(study),
        chosen=chosen,
        is_narrowed=any(chosen.values()),
        query="&".join(f"{name}={value}" for name, value in chosen.items() if value),
    )


@require_safe
@allowed(Ability.MODERATE)
def tree(request: StaffRequest, study: Study, tree: uuid.UUID) -> HttpResponse:
    """One tree, drawn as a nested list."""
    return tree_response(request, study, tree)


def tree_response(
    request: StaffRequest, study: Study, key: uuid.UUID, *, problem: str = "", status: int = 200
) -> HttpResponse:
    """The page of a tree; with what is wrong, where something was."""
    from manyvoices.collect.moderation.acts import CLOSED

    found = get_object_or_404(Tree, pk=key, study=study)
    events = [
        (event, words.state(event.before), words.state(event.after))
        for event in found.events.order_by("-pk")[:100]
    ]
    return show(
        request,
        study,
        "tree",
        status=status,
        tree=found,
        state=words.state(found.state),
        is_stopped=found.state in [s.value for s in CLOSED],
        branches=branches(found),
        events=events,
        problem=problem,
        reason=request.POST.get("reason", ""),
    )


@require_safe
@allowed(Ability.MODERATE)
def person(request: StaffRequest, study: Study, person: uuid.UUID) -> HttpResponse:
    """One person by pseudonym: what they wrote, and limits that they are under."""
    return person_response(request, study, person)


def person_response(
    request: StaffRequest, study: Study, key: uuid.UUID, *, problem: str = "", status: int = 200
) -> HttpResponse:
    """The page of a person; with what is wrong and what was typed, where something was."""
    found = get_object_or_404(Participant, pk=key, study=study)
    rows = Restriction.objects.filter(participant=found).order_by("-pk")
    messages = Message.objects.filter(author=found).order_by("-created_at", "pk")
    return show(
        request,
        study,
        "person",
        status=status,
        person=found,
        restrictions=[(row, words.restriction(row)) for row in rows],
        messages_written=[
            (row, standing_of(row), excerpt(row.text)) for row in messages[:PAGE_SIZE]
        ],
        n_messages=messages.count(),
        n_rejected=messages.filter(accepted=False).count(),
        n_held=Held.objects.filter(participant=found).count(),
        n_cases=Case.objects.filter(message__author=found).count(),
        problem=problem,
        typed=request.POST,
    )
