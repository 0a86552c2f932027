"""Webhooks through programs, for owners: the same as on the console's page."""

from __future__ import annotations

import uuid

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.utils import timezone
from ninja import Router

from manyvoices.collect.accounts.keys import Scope
from manyvoices.collect.api.auth import require
from manyvoices.collect.api.bearer import ProgramKey, key_of, limit
from manyvoices.collect.api.projects import REFUSED
from manyvoices.collect.api.webhook_schemas import (
    DeliveryOut,
    NewWebhook,
    Secret,
    WebhookChange,
    WebhookMade,
    WebhookOut,
)
from manyvoices.collect.console.access import Ability
from manyvoices.collect.studies.models import Study
from manyvoices.collect.webhooks import operations
from manyvoices.collect.webhooks.models import Delivery, Webhook
from manyvoices.collect.webhooks.queries import SHOWN, deliveries_of

router = Router(tags=["webhooks"], auth=ProgramKey(Scope.MANAGE))


def _study(request: HttpRequest, study_id: str) -> Study:
    require(request, study_id, Ability.MANAGE)
    if request.method != "GET":
        limit("webhook", f"user:{key_of(request).user_id}")
    return get_object_or_404(Study, pk=study_id)


def _hook(request: HttpRequest, study_id: str, hook: uuid.UUID) -> Webhook:
    found = _study(request, study_id)
    rows = Webhook.objects.select_related("study")
    return rows.get(pk=hook, study=found, deleted_at=None)


def _by(request: HttpRequest) -> str:
    return key_of(request).user.get_username()


@router.get("/{slug:study_id}/webhooks", response={200: list[WebhookOut], **REFUSED})
def webhooks(request: HttpRequest, study_id: str) -> list[Webhook]:
    """The webhooks of a study."""
    return operations.hooks_of(_study(request, study_id))


@router.post("/{slug:study_id}/webhooks", response={200: WebhookMade, **REFUSED})
def make(request: HttpRequest, study_id: str, body: NewWebhook) -> WebhookMade:
    """A new webhook. Its secret is in this answer and nowhere else."""
    hook, secret = operations.create_webhook(
        study=_study(request, study_id),
        url=body.url,
        events=body.events,
        include_text=body.include_text,
        by=_by(request),
        now=timezone.now(),
    )
    return WebhookMade(**WebhookOut.from_orm(hook).dict(), secret=secret)


@router.get("/{slug:study_id}/webhooks/{uuid:hook}", response={200: WebhookOut, **REFUSED})
def one(request: HttpRequest, study_id: str, hook: uuid.UUID) -> Webhook:
    """One webhook."""
    return _hook(request, study_id, hook)


@router.patch("/{slug:study_id}/webhooks/{uuid:hook}", response={200: WebhookOut, **REFUSED})
def change(request: HttpRequest, study_id: str, hook: uuid.UUID, body: WebhookChange) -> Webhook:
    """Change what is given. Switched off, what was not sent yet is not sent."""
    return operations.change_webhook(
        hook=_hook(request, study_id, hook),
        by=_by(request),
        now=timezone.now(),
        url=body.url,
        events=body.events,
        include_text=body.include_text,
        is_active=body.is_active,
    )


@router.delete("/{slug:study_id}/webhooks/{uuid:hook}", response={204: None, **REFUSED})
def delete(request: HttpRequest, study_id: str, hook: uuid.UUID) -> HttpResponse:
    """Nothing more goes to it."""
    found = _hook(request, study_id, hook)
    operations.delete_webhook(hook=found, by=_by(request), now=timezone.now())
    return HttpResponse(status=204)


@router.post("/{slug:study_id}/webhooks/{uuid:hook}/rotate", response={200: Secret, **REFUSED})
def rotate(request: HttpRequest, study_id: str, hook: uuid.UUID) -> Secret:
    """Another secret."""
    found = _hook(request, study_id, hook)
    secret = operations.rotate_secret(hook=found, by=_by(request), now=timezone.now())
    return Secret(secret=secret)


@router.post("/{slug:study_id}/webhooks/{uuid:hook}/test", response={200: DeliveryOut, **REFUSED})
def test(request: HttpRequest, study_id: str, hook: uuid.UUID) -> Delivery:
    """Send an event that means nothing."""
    found = _hook(request, study_id, hook)
    return operations.send_test(hook=found, by=_by(request), now=timezone.now())


@router.get(
    "/{slug:study_id}/webhooks/{uuid:hook}/deliveries",
    response={200: list[DeliveryOut], **REFUSED},
    description=f"What went to it or is to go, the latest first, {SHOWN} at most.",
)
def deliveries(request: HttpRequest, study_id: str, hook: uuid.UUID) -> list[Delivery]:
    """What went to it or is to go."""
    return deliveries_of(_hook(request, study_id, hook))
