"""How a case comes to be: reports, appeals, flags that other rooms raise, samples.

Locks are taken in one order everywhere: the tree, then the case.
"""

from __future__ import annotations

import random
import uuid
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from manyvoices.collect.moderation.errors import Refused
from manyvoices.collect.moderation.models import URGENCY, Case, Kind, Signal
from manyvoices.collect.people.models import Participant
from manyvoices.collect.studies.models import Study
from manyvoices.collect.trees.models import LabelsGiven, Message
from manyvoices.collect.trees.refresh import lock_tree, refresh

MAX_REASON = 2000
MAX_SAMPLE = 500
"""Messages of one sample: so many, or it would hold the rows of a whole study."""


def open_case(message: Message, kind: str, now: datetime) -> Case:
    """The open case about a message, a new one if there is none. Call it with the tree locked."""
    urgency = 0 if kind == Kind.SAMPLE else URGENCY.get(kind, 1)
    case, _created = Case.objects.get_or_create(
        message=message,
        decided_at=None,
        defaults={
            "study_id": message.tree.study_id,
            "language": message.language,
            "urgency": urgency,
            "opened_at": now,
        },
    )
    if case.urgency < urgency:
        case.urgency = urgency
        case.save(update_fields=["urgency"])
    return case


@transaction.atomic
def flag(
    message: Message,
    kind: str,
    detail: Mapping[str, Any] | None = None,
    *,
    now: datetime | None = None,
) -> Signal:
    """Ask for a look at a message, since a rule saw something in it; once for each kind.

    Args:
        kind: ``near_duplicate``, ``language``, ``evidence`` or ``split``.
        detail: What was seen: numbers and ids, shown to moderators; no person's text.
    """
    now = now or timezone.now()
    if kind not in Kind.values:
        raise ValueError(f"{kind}: expected one of {', '.join(Kind.values)}")
    lock_tree(message.tree)
    case = open_case(message, kind, now)
    signal, _created = Signal.objects.update_or_create(
        case=case, kind=kind, participant=None, defaults={"detail": dict(detail or {}), "at": now}
    )
    return signal


@transaction.atomic
def report(
    *,
    message: Message,
    participant: Participant,
    reason: str,
    now: datetime,
    rng: random.Random,
) -> Signal:
    """Somebody says that a message should be looked at. One report a person and message counts.

    Enough reports end a prompt's tree, or take a reply away, until a moderator has looked: that is
    the rule of trees (`design.trees.lifecycle`), which counts these.

    Raises:
        Refused: It is their own, in another study, or no reason is given.
    """
    reason = reason.strip()[:MAX_REASON]
    if not reason:
        raise Refused(_("Say in a few words what is wrong with it."), code="no_reason")
    if message.author_id == participant.pk:
        raise Refused(_("This is your own message."), code="own_message")
    tree = lock_tree(message.tree)
    if tree.study_id != participant.study_id:
        raise Refused(_("This message belongs to another project."), code="elsewhere")
    before = Signal.objects.filter(
        kind=Kind.REPORT, participant=participant, case__message=message
    ).first()
    if before is not None:
        return before
    signal = _store_report(message, participant, reason, now)
    refresh(tree, now=now, rng=rng)
    return signal


def _store_report(message: Message, participant: Participant, reason: str, now: datetime) -> Signal:
    labels = LabelsGiven.objects.create(
        message=message,
        participant=participant,
        source=LabelsGiven.Source.REPORT,
        labels={},
        is_full=False,
        created_at=now,
        consent_version=participant.consent_version,
    )
    return Signal.objects.create(
        case=open_case(message, Kind.REPORT, now),
        kind=Kind.REPORT,
        participant=participant,
        labels=labels,
        reason=reason,
        at=now,
    )


def may_appeal(message: Message, participant: Participant) -> bool:
    """Whether its author may ask for another look: it was turned down, and they have not asked."""
    turned_down = message.accepted is False or message.deleted
    if message.author_id != participant.pk or not turned_down:
        return False
    if hasattr(message, "held"):
        return False
    asked = Signal.objects.filter(kind=Kind.APPEAL, case__message=message)
    return not asked.exists()


@transaction.atomic
def appeal(*, message: Message, participant: Participant, reason: str, now: datetime) -> Signal:
    """Its author asks for another look; once for each message.

    Raises:
        Refused: It is not theirs, was not turned down, was appealed before, or no reason is given.
    """
    reason = reason.strip()[:MAX_REASON]
    if not reason:
        raise Refused(_("Say in a few words why it should be looked at again."), code="no_reason")
    lock_tree(message.tree)
    message = Message.objects.select_related("tree").get(pk=message.pk)
    if not may_appeal(message, participant):
        words = _("This message cannot be appealed, or it has been already.")
        raise Refused(words, code="cannot_appeal")
    return Signal.objects.create(
        case=open_case(message, Kind.APPEAL, now),
        kind=Kind.APPEAL,
        participant=participant,
        reason=reason,
        at=now,
    )


@transaction.atomic
def draw_sample(*, study: Study, n: int, by: str, now: datetime, rng: random.Random) -> list[Case]:
    """Put messages drawn at random into the queue, to be judged without what others said of them.

    What is decided about them is what the outcomes page measures reports and flags against. A
    message that has or had a sample is not drawn again; one with an open case is not drawn, since
    its judge would see the case. At most `MAX_SAMPLE`; the study's messages are gone through once
    and never held all together.
    """
    from manyvoices.collect.console import audit

    rows = Message.objects.filter(tree__study=study, accepted__isnull=False)
    keys = (
        rows.exclude(cases__decided_at=None, cases__isnull=False)
        .exclude(cases__signals__kind=Kind.SAMPLE)
        .order_by("pk")
        .values_list("pk", flat=True)
    )
    chosen = drawn(keys.iterator(), min(n, MAX_SAMPLE), rng)
    cases = []
    for message in Message.objects.filter(pk__in=chosen).select_related("tree").order_by("pk"):
        case = open_case(message, Kind.SAMPLE, now)
        Signal.objects.get_or_create(
            case=case, kind=Kind.SAMPLE, participant=None, defaults={"at": now}
        )
        cases.append(case)
    audit.record(by, "draw sample", study.pk, detail={"messages": len(cases)}, now=now)
    return cases


def drawn(keys: Iterable[uuid.UUID], n: int, rng: random.Random) -> list[uuid.UUID]:
    """So many of them, each set equally likely, holding no more than those (reservoir sampling:
    Vitter 1985, algorithm R)."""
    kept: list[uuid.UUID] = []
    for seen, key in enumerate(keys):
        if len(kept) < n:
            kept.append(key)
        elif (place := rng.randrange(seen + 1)) < n:
            kept[place] = key
    return kept
