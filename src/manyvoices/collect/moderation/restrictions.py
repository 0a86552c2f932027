"""Limits and bans of one person: open, where they are told, or shadow, where they go on as before.

A shadow-limited person is given pages and tasks like everybody. What they write is stored and kept
apart (`Held`): no message of theirs stands in a tree, no review or ranking counts, until a
moderator has decided about it or the restriction is lifted.
"""

from __future__ import annotations

import random
import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from manyvoices.collect.console import audit
from manyvoices.collect.moderation.errors import Barred, Refused
from manyvoices.collect.moderation.models import Held, Restriction
from manyvoices.collect.people.models import Participant
from manyvoices.collect.trees.models import LabelsGiven, Message, RankingGiven, Task, Tree
from manyvoices.collect.trees.policies import policy_for
from manyvoices.collect.trees.refresh import judge, lock_tree, refresh

DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Standing:
    """What somebody may do at the moment."""

    may_work: bool = True
    reason: str = ""
    until: datetime | None = None


def in_force(participant_id: uuid.UUID | None, now: datetime) -> QuerySet[Restriction]:
    """The restrictions that somebody is under."""
    ends = Q(until=None) | Q(until__gt=now)
    return Restriction.objects.filter(ends, participant=participant_id, lifted_at=None)


def standing(participant_id: uuid.UUID | None, now: datetime) -> Standing:
    """Whether somebody may be given a task and send it. One statement, two under an open limit."""
    for row in in_force(participant_id, now).filter(is_shadow=False):
        if row.kind == Restriction.Kind.BAN:
            return Standing(False, row.reason, row.until)
        if row.per_day is not None and _done_today(participant_id, now) >= row.per_day:
            return Standing(False, row.reason, None)
    return Standing()


def check(participant_id: uuid.UUID | None, now: datetime) -> None:
    """Raise `Barred` where `standing` says so: for programs that hand out or take work."""
    found = standing(participant_id, now)
    if not found.may_work:
        raise Barred(found.reason, found.until)


def _done_today(participant_id: uuid.UUID | None, now: datetime) -> int:
    return Task.objects.filter(
        participant=participant_id, state=Task.State.DONE, finished_at__gt=now - DAY
    ).count()


def is_kept_apart(participant_id: uuid.UUID | None, now: datetime) -> bool:
    """Whether what somebody writes now is to be kept apart."""
    return in_force(participant_id, now).filter(is_shadow=True).exists()


@transaction.atomic
def restrict(
    *,
    participant: Participant,
    kind: str,
    is_shadow: bool,
    reason: str,
    by: str,
    now: datetime,
    per_day: int | None = None,
    until: datetime | None = None,
) -> Restriction:
    """Put somebody under a limit or a ban.

    Raises:
        Refused: No reason is given, or an open limit says no number.
    """
    kind = Restriction.Kind(kind)
    if not reason.strip():
        raise Refused(_("A restriction needs a reason."), code="no_reason")
    if kind == Restriction.Kind.LIMIT and not is_shadow and per_day is None:
        raise Refused(_("Say how many tasks a day are allowed."), code="no_number")
    row = Restriction.objects.create(
        participant=participant,
        kind=kind,
        is_shadow=is_shadow,
        per_day=None if is_shadow or kind == Restriction.Kind.BAN else per_day,
        reason=reason.strip()[:500],
        by=by,
        at=now,
        until=until,
    )
    detail: dict[str, object] = {"kind": str(kind), "shadow": is_shadow, "restriction": row.pk}
    audit.record(by, "restrict", participant.study_id, str(participant.pk), detail, now)
    return row


@transaction.atomic
def lift(
    *,
    restriction: Restriction,
    reason: str,
    by: str,
    now: datetime,
    rng: random.Random,
    count_work: bool = False,
) -> Restriction:
    """End a restriction; doing it twice is doing it once.

    Args:
        count_work: Reviews and rankings that were kept apart count from now on. Messages are
            decided about one by one, in their cases.
    """
    if not reason.strip():
        raise Refused(_("Lifting a restriction needs a reason."), code="no_reason")
    row = Restriction.objects.select_for_update().get(pk=restriction.pk)
    if row.lifted_at is None:
        row.lifted_at, row.lifted_by, row.lift_reason = now, by, reason.strip()[:500]
        row.save(update_fields=["lifted_at", "lifted_by", "lift_reason"])
        person = row.participant
        detail: dict[str, object] = {"restriction": row.pk, "work counts": count_work}
        audit.record(by, "lift restriction", person.study_id, str(person.pk), detail, now)
    if count_work:
        _let_count(row.participant, now=now, rng=rng)
    return row


def _let_count(participant: Participant, *, now: datetime, rng: random.Random) -> None:
    """Reviews and rankings of one person that were kept apart, tree by tree in one order."""
    rows = Held.objects.filter(participant=participant, message=None)
    trees: dict[uuid.UUID, list[Held]] = {}
    for row in rows.select_related("labels__message", "ranking__parent"):
        about = row.labels.message if row.labels else row.ranking.parent if row.ranking else None
        if about is not None:
            trees.setdefault(about.tree_id, []).append(row)
    for key in sorted(trees, key=str):
        tree = lock_tree(Tree(pk=key))
        for row in trees[key]:
            _count_one(row, tree)
        refresh(tree, now=now, rng=rng)


def _count_one(row: Held, tree: Tree) -> None:
    if row.labels is not None:
        LabelsGiven.objects.filter(pk=row.labels.pk).update(counts=True)
        message = Message.objects.get(pk=row.labels.message_id)
        message.tree = tree
        row.delete()
        judge(message, policy_for(tree.study, tree.language))
    elif row.ranking is not None:
        parent = row.ranking.parent_id
        row.delete()
        n = RankingGiven.objects.filter(parent=parent, held=None).count()
        Message.objects.filter(pk=parent).update(n_rankings=n)
        tree.is_scored = False
