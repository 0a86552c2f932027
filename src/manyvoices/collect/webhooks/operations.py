"""What owners change about webhooks: one transaction each, with its entry in the audit log."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from manyvoices.collect.console import audit
from manyvoices.collect.jobs import leases
from manyvoices.collect.refusal import Refusal
from manyvoices.collect.studies.models import Study
from manyvoices.collect.webhooks import emitting
from manyvoices.collect.webhooks.addresses import check_url
from manyvoices.collect.webhooks.models import CHOICES, Delivery, Event, Webhook
from manyvoices.collect.webhooks.signing import new_nonce, secret_of

MOST = 20
"""Webhooks of one study."""
CHUNK = 500


class HookRefused(Refusal):
    """It cannot be done so; nothing was changed. `field` names where it belongs, the message is
    for the person."""

    def __init__(self, field: str, message: str, *, code: str) -> None:
        self.field = field
        super().__init__(message, code=code)


def hooks_of(study: Study) -> list[Webhook]:
    """The webhooks of a study, oldest first."""
    return list(Webhook.objects.filter(study=study, deleted_at=None).select_related("study"))


@transaction.atomic
def create_webhook(
    *, study: Study, url: str, events: Sequence[str], include_text: bool, by: str, now: datetime
) -> tuple[Webhook, str]:
    """A new webhook and its secret, which nobody is shown again.

    Raises:
        WrongAddress: See `addresses.check_url`.
        HookRefused: No event is chosen, one is unknown, or the study has too many already.
    """
    study = hold_study(study)
    if Webhook.objects.filter(study=study, deleted_at=None).count() >= MOST:
        words = _("A study has %(most)d webhooks at most; delete one first.")
        raise HookRefused("url", words % {"most": MOST}, code="too_many")
    hook = Webhook.objects.create(
        study=study,
        url=check_url(url),
        events=_events(events),
        include_text=include_text,
        nonce=new_nonce(),
        created_at=now,
        created_by=by,
    )
    _announce(study)
    _note(hook, "make webhook", by, now)
    return hook, secret_of(hook)


def hold_study(study: Study) -> Study:
    """The study's row as it is now, held until the transaction ends."""
    return Study.objects.select_for_update(no_key=True).get(pk=study.pk)


def _held(hook: Webhook) -> tuple[Webhook, Study]:
    """Both rows, locked in the order in which a failing request locks them."""
    row = Webhook.objects.select_for_update(no_key=True).get(pk=hook.pk)
    return row, hold_study(hook.study)


def _events(wanted: Sequence[str]) -> list[str]:
    if not wanted or not set(wanted) <= set(CHOICES):
        words = _("Choose at least one event: %(events)s.")
        raise HookRefused("events", words % {"events": ", ".join(CHOICES)}, code="no_event")
    return [name for name in CHOICES if name in wanted]


def _announce(study: Study) -> None:
    """Let the study say what is wanted of it: whoever holds its row knows without asking."""
    rows = Webhook.objects.filter(study=study, is_active=True, deleted_at=None)
    wanted = {name for events in rows.values_list("events", flat=True) for name in events}
    study.announces = [name for name in CHOICES if name in wanted]
    study.save(update_fields=["announces"])


def _note(hook: Webhook, action: str, by: str, now: datetime) -> None:
    # The host only: a path or a query may hold somebody's secret.
    detail = {"host": hook.host, "events": hook.events, "include_text": hook.include_text}
    audit.record(by, action, hook.study_id, str(hook.pk), detail, now)


@transaction.atomic
def change_webhook(
    *,
    hook: Webhook,
    by: str,
    now: datetime,
    url: str | None = None,
    events: Sequence[str] | None = None,
    include_text: bool | None = None,
    is_active: bool | None = None,
) -> Webhook:
    """Change what is given; None leaves it. Switched off, what was not sent yet is not sent.

    Raises:
        WrongAddress, HookRefused: As for a new one.
    """
    hook, study = _held(hook)
    if url is not None:
        hook.url = check_url(url)
    if events is not None:
        hook.events = _events(events)
    if include_text is not None:
        hook.include_text = include_text
    if is_active is not None and is_active != hook.is_active:
        hook.is_active, hook.off_because = is_active, ""
        _forgive(hook)
        if not is_active:
            drop_waiting(hook, "off", now)
    hook.save()
    _announce(study)
    hook.study = study
    _note(hook, "change webhook" if is_active is None else _switch_words(hook), by, now)
    return hook


def _switch_words(hook: Webhook) -> str:
    return "switch webhook on" if hook.is_active else "switch webhook off"


def _forgive(hook: Webhook) -> None:
    hook.failures, hook.failed_at, hook.wait_until = 0, None, None


@transaction.atomic
def switch_off_failing(hook: Webhook, *, because: str, now: datetime) -> None:
    """The server's own act, with the row of the webhook held and the caller's changes in it."""
    study = hold_study(hook.study)
    hook.is_active, hook.off_because = False, because[:300]
    hook.save()
    drop_waiting(hook, "off", now)
    _announce(study)
    _note(hook, "switch webhook off", "server", now)


def drop_waiting(hook: Webhook, because: str, now: datetime) -> None:
    """What was not sent yet will not be; `because`: see `words.problem_words`."""
    rows = Delivery.objects.filter(hook=hook, state=Delivery.State.WAITING)
    keys = list(rows.order_by("pk").values_list("pk", flat=True))
    for start in range(0, len(keys), CHUNK):
        some = keys[start : start + CHUNK]
        Delivery.objects.filter(pk__in=some).update(
            state=Delivery.State.FAILED, problem=because[:300], next_try_at=None
        )
        leases.cancel(kind=emitting.KIND, keys=[str(key) for key in some], now=now)


@transaction.atomic
def delete_webhook(*, hook: Webhook, by: str, now: datetime) -> None:
    """Nothing more goes to it, its address is forgotten at once, and its row is purged later."""
    hook, study = _held(hook)
    if hook.deleted_at is not None:
        return
    _note(hook, "delete webhook", by, now)
    drop_waiting(hook, "off", now)
    hook.deleted_at, hook.is_active, hook.url, hook.nonce = now, False, "", ""
    hook.save()
    _announce(study)


@transaction.atomic
def rotate_secret(*, hook: Webhook, by: str, now: datetime) -> str:
    """Another secret; the one before signs nothing from now on."""
    hook = Webhook.objects.select_for_update(no_key=True).get(pk=hook.pk)
    hook.nonce = new_nonce()
    hook.save(update_fields=["nonce"])
    _note(hook, "rotate webhook secret", by, now)
    return secret_of(hook)


@transaction.atomic
def send_test(*, hook: Webhook, by: str, now: datetime) -> Delivery:
    """Send an event that means nothing, whichever events are chosen.

    Raises:
        HookRefused: It is switched off.
    """
    if not hook.is_active:
        raise HookRefused("hook", _("This webhook is switched off."), code="off")
    _note(hook, "test webhook", by, now)
    return emitting.store([hook], Event.TEST, {}, now=now)[0]
