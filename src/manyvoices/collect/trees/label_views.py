"""Reviewing: the labels of a task, and labels that somebody gives of their own accord."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import replace

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from manyvoices.collect.accounts.limits import limited
from manyvoices.collect.moderation.errors import Barred
from manyvoices.collect.people import drafts
from manyvoices.collect.people.errors import StaleSubmission
from manyvoices.collect.people.models import Draft, Participant
from manyvoices.collect.trees import operations, own, presenting
from manyvoices.collect.trees.access import for_contributor, task_of
from manyvoices.collect.trees.contexts import FreeLabelPage, LabelGroup, LabelPage, Point
from manyvoices.collect.trees.errors import Unfit
from manyvoices.collect.trees.handout import thread_of
from manyvoices.collect.trees.models import LabelsGiven, Task
from manyvoices.collect.trees.schema import labels_of_task
from manyvoices.collect.trees.views import DRAWN, show, turned_away
from manyvoices.collect.views import draft_url, posted_lists
from manyvoices.design.trees import TaskKind

Posted = Mapping[str, Sequence[str]]
show_or_post = require_http_methods(["GET", "HEAD", "POST"])


@show_or_post
@for_contributor
@limited("send_labels")
def label(request: HttpRequest, participant: Participant, task: uuid.UUID) -> HttpResponse:
    """Review one message in its thread."""
    found = task_of(participant, task)
    if found.state == Task.State.DONE or not TaskKind(found.kind).is_label:
        return redirect("trees:task", participant.study_id, found.pk)
    if request.method != "POST":
        return _page(request, participant, found, None, {})
    posted = posted_lists(request.POST)
    schema = labels_of_task(found, presenting.stage_here(participant))
    labels, errors = presenting.read_labels(schema, posted)
    if not errors:
        try:
            operations.send_labels(task=found, labels=labels, now=timezone.now(), rng=DRAWN)
        except Barred as barred:
            return turned_away(request, participant, barred.reason)
        except Unfit as unfit:
            errors = {f"label-{unfit.field}-1": str(unfit)}
    if errors:
        return _page(request, participant, found, posted, errors)
    drafts.drop_draft(participant, presenting.form_name(found))
    return redirect("trees:done", participant.study_id, found.pk)


def _page(
    request: HttpRequest,
    participant: Participant,
    task: Task,
    posted: Posted | None,
    errors: dict[str, str],
) -> HttpResponse:
    stage = presenting.stage_here(participant)
    form, saved_at = presenting.form_name(task), None
    if posted is None:
        draft = Draft.objects.filter(participant=participant, form=form).first()
        posted = dict(draft.fields) if draft else {}
        saved_at = draft.saved_at if draft else None
    page = LabelPage(
        frame=presenting.frame(task, participant, stage),
        groups=presenting.label_groups(labels_of_task(task, stage), posted, errors),
        is_full=task.is_full,
        draft_url=draft_url(participant, form),
        draft_saved_at=saved_at,
        errors=errors,
    )
    status = 422 if errors else 200
    return show(request, participant, "trees/label.html", page, status=status)


@show_or_post
@for_contributor
@limited("send_labels")
def free_labels(request: HttpRequest, participant: Participant, message: uuid.UUID) -> HttpResponse:
    """Label a message of a thread that one has worked on, outside any task."""
    found = own.message_for(participant, message)
    if found is None or found.author_id == participant.pk:
        raise StaleSubmission("this message is not theirs to label")
    schema = own.free_schema(found, presenting.stage_here(participant))
    errors: dict[str, str] = {}
    if request.method == "POST":
        posted: Posted = posted_lists(request.POST)
        labels, _needed = presenting.read_labels(schema, posted)
        if labels:
            own.give_free_labels(
                message=found, participant=participant, labels=labels, now=timezone.now()
            )
            messages.info(request, _("Your labels are stored."))
            return redirect("trees:home", participant.study_id)
        errors = {f"label-{schema[0].name}-1": _("Say at least one thing about this message.")}
    else:
        posted = _given_before(found.pk, participant)
    page = FreeLabelPage(
        thread=presenting.thread(thread_of(found.path), participant, marked=True),
        message=str(found.pk),
        groups=[_optional(g) for g in presenting.label_groups(schema, posted, errors)],
        errors=errors,
    )
    status = 422 if errors else 200
    return show(request, participant, "trees/free_labels.html", page, status=status)


def _given_before(message: uuid.UUID, participant: Participant) -> dict[str, list[str]]:
    """What somebody has said of a message of their own accord, as their form posted it."""
    row = LabelsGiven.objects.filter(
        message=message, participant=participant, source=LabelsGiven.Source.FREE
    ).first()
    labels = row.labels if row is not None else {}
    return {f"label-{name}": [presenting.value_text(value)] for name, value in labels.items()}


def _optional(group: LabelGroup) -> LabelGroup:
    """The same labels, none of them required: nobody has asked."""
    fields = [
        replace(
            field,
            required=False,
            leave_open=field.leave_open
            or Point("", _("Leave open"), f"{field.field}-open", checked=False),
        )
        for field in group.fields
    ]
    return replace(group, fields=fields)
