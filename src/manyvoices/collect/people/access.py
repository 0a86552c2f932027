"""Which participant a request belongs to, and what happens where it belongs to none.

A participant is known by a signed cookie per study, set at consent or by their personal link.
"""

from __future__ import annotations

import functools
import uuid
from collections.abc import Callable
from typing import Concatenate, ParamSpec

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from manyvoices.collect.people.errors import NotTakingPart, StaleSubmission
from manyvoices.collect.people.models import Participant
from manyvoices.collect.rows import the_one

P = ParamSpec("P")
View = Callable[Concatenate[HttpRequest, str, P], HttpResponse]
ParticipantView = Callable[Concatenate[HttpRequest, Participant, P], HttpResponse]

COOKIE_AGE_S = 90 * 24 * 3600


def cookie_name(study_id: str) -> str:
    return f"mv-{study_id}"


def current_participant(request: HttpRequest, study_id: str) -> Participant:
    """The participant of this browser in `study_id`; `NotTakingPart` where there is none."""
    value = request.get_signed_cookie(cookie_name(study_id), default="", salt=study_id)
    try:
        key = uuid.UUID(value)
    except ValueError:
        raise NotTakingPart(study_id) from None
    participant = the_one(
        Participant.objects.select_related("version", "study")
        .defer("version__content")
        .filter(pk=key, study_id=study_id, withdrawn_at=None)
    )
    if participant is None:
        raise NotTakingPart(study_id)
    participant.version.read_in(participant.language)
    return participant


def remember(request: HttpRequest, response: HttpResponse, participant: Participant) -> None:
    """Let this browser go on as `participant`."""
    response.set_signed_cookie(
        cookie_name(participant.study_id),
        str(participant.id),
        salt=participant.study_id,
        max_age=COOKIE_AGE_S,
        httponly=True,
        samesite="Lax",
        secure=request.is_secure(),
    )


def for_participant(view: ParticipantView[P]) -> View[P]:
    """Give a view its participant; others get the invitation, a form out of step the right page."""

    @functools.wraps(view)
    def run(request: HttpRequest, study_id: str, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        try:
            participant = current_participant(request, study_id)
        except NotTakingPart:
            return redirect("people:enter", study_id)
        if elsewhere := _held_up(participant):
            return redirect(elsewhere, study_id)
        try:
            return view(request, participant, *args, **kwargs)
        except StaleSubmission:
            return redirect("people:next", study_id)

    return run  # type: ignore[return-value]  # mypy cannot wrap Concatenate in functools.wraps


def _held_up(participant: Participant) -> str | None:
    """The page of somebody who cannot go on at the moment; None for everybody else."""
    if participant.left_because:
        return "people:left"
    if participant.waiting_since is not None:
        return "people:waiting"
    current = participant.study.consent_version
    if current and participant.consent_version != current and participant.completed_at is None:
        return "people:consent_again"
    return None


def whoever_takes_part(view: ParticipantView[P]) -> View[P]:
    """Give a view its participant, held up or not: pages about places and rights."""

    @functools.wraps(view)
    def run(request: HttpRequest, study_id: str, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        try:
            participant = current_participant(request, study_id)
        except NotTakingPart:
            return redirect("people:enter", study_id)
        try:
            return view(request, participant, *args, **kwargs)
        except StaleSubmission:
            return redirect("people:enter", study_id)

    return run  # type: ignore[return-value]  # mypy cannot wrap Concatenate in functools.wraps
