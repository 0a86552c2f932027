"""Checks of reviewers: messages whose labels are known, and reviews asked for a second time.

A check is a task like any other: the same row, the same page, the same time. That it is one stands
in `Task.gold`, which no page, download or interface shows. What is said in it decides nothing about
the message; it is compared and kept (`CheckGiven`). Only messages that are decided are used, so
that nobody's seat is taken.
"""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from django.db import IntegrityError, transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils.translation import gettext as _

from manyvoices.collect.console import audit
from manyvoices.collect.people.models import Participant
from manyvoices.collect.quality.models import CheckGiven, GoldItem
from manyvoices.collect.trees import handout, happenings
from manyvoices.collect.trees.errors import Unfit
from manyvoices.collect.trees.handout import Handed, thread_of
from manyvoices.collect.trees.models import LabelsGiven, Message, Task
from manyvoices.collect.trees.policies import policy_for
from manyvoices.collect.trees.reliability import compared
from manyvoices.collect.trees.schema import labels_of
from manyvoices.design.trees import TaskKind, TreePolicy, order_of_kinds
from manyvoices.design.trees.urgency import offered_kinds

AGAIN_AFTER = timedelta(days=1)
AMONG = 50
"""Messages among which one is drawn."""


def kind_of(message: Message) -> TaskKind:
    """The task in which a message is reviewed."""
    if message.parent_id is None:
        return TaskKind.LABEL_INITIAL_PROMPT
    if message.role == "prompter":
        return TaskKind.LABEL_PROMPTER_REPLY
    return TaskKind.LABEL_ASSISTANT_REPLY


@transaction.atomic
def make_gold(
    *, message: Message, labels: Mapping[str, float], by: str, reason: str, now: datetime
) -> GoldItem:
    """Say what the labels of a message are. Said again, it replaces what was said.

    Raises:
        Unfit: The message is under review or deleted, or a label or value does not exist.
    """
    if message.accepted is None or message.deleted:
        words = _("Only a message that was decided and is still there can be gold.")
        raise Unfit("message", words, code="not_decided")
    study = message.tree.study
    schema = {s.name: s for s in labels_of(study, message.language, kind_of(message))}
    if not labels:
        raise Unfit("labels", _("Say what at least one label is."), code="no_label")
    for name, value in labels.items():
        if name not in schema:
            words = _("%(label)s is not one of the labels: %(labels)s.")
            said = words % {"label": name, "labels": ", ".join(schema)}
            raise Unfit("labels", said, code="not_asked")
        if value not in schema[name].values:
            words = _("%(label)s: %(value)s is not one of %(values)s.")
            there = ", ".join(map(str, schema[name].values))
            said = words % {"label": name, "value": value, "values": there}
            raise Unfit("labels", said, code="no_such_value")
    item, _created = GoldItem.objects.update_or_create(
        message=message,
        defaults={
            "study": study,
            "labels": dict(labels),
            "is_active": True,
            "made_at": now,
            "made_by": by[:150],
            "reason": reason[:300],
        },
    )
    audit.record(by, "make gold", study.pk, str(message.pk), {"labels": dict(labels)}, now)
    return item


@transaction.atomic
def retire_gold(*, item: GoldItem, by: str, now: datetime) -> None:
    """Give a gold message to nobody any more; what was said of it stays."""
    GoldItem.objects.filter(pk=item.pk).update(is_active=False)
    audit.record(by, "retire gold", item.study_id, str(item.message_id), now=now)


def hand_out(
    *,
    participant: Participant,
    language: str,
    kinds: Sequence[TaskKind],
    now: datetime,
    rng: random.Random,
    p_gold: float | None = None,
    p_again: float | None = None,
) -> Handed | None:
    """As `handout.hand_out`, which it calls; now and then, where a review is drawn among `kinds`, a
    check of one of these kinds is given instead. The review's own place is then free for the next.
    How often is the policy's; `p_gold` and `p_again` stand in for it.

    It costs no statement more, but for one where a check was drawn and there is none to give.
    """
    policy = policy_for(participant.study_id, language)
    p_gold = policy.p_gold if p_gold is None else p_gold
    p_again = policy.p_again if p_again is None else p_again
    draw = rng.random()
    reviews = [kind for kind in kinds if kind.is_label]
    if draw < p_gold + p_again and _draws_review(kinds, policy, rng):
        found = (
            _gold_for(participant, language, reviews)
            if draw < p_gold
            else _again_for(participant, language, reviews, now)
        )
        handed = _lease_one(participant, language, found, now, rng, is_gold=draw < p_gold)
        if handed is not None:
            return handed
    return handout.hand_out(
        participant=participant, language=language, kinds=kinds, now=now, rng=rng
    )


def _draws_review(kinds: Sequence[TaskKind], policy: TreePolicy, rng: random.Random) -> bool:
    order = order_of_kinds(offered_kinds(kinds, policy), policy.weights, rng)
    return bool(order) and order[0].is_label


def _has_too_much(participant: Participant, language: str, now: datetime) -> bool:
    policy = policy_for(participant.study_id, language)
    since = now - timedelta(seconds=policy.recent_tasks_span_s)
    pending = Task.objects.filter(participant=participant, state=Task.State.LEASED)
    return pending.filter(leased_at__gt=since).count() >= policy.max_pending_tasks_per_user


def _gold_for(
    participant: Participant, language: str, kinds: Sequence[TaskKind]
) -> QuerySet[Message]:
    """Gold of these kinds that somebody did not write and never had in hand."""
    had = Task.objects.filter(participant=participant, message=OuterRef("pk"))
    rows = Message.objects.filter(
        _reviewed_in(kinds),
        gold_item__is_active=True,
        gold_item__study=participant.study_id,
        language=language,
    )
    return rows.exclude(author=participant).filter(
        ~Exists(had.filter(kind__in=[kind.value for kind in kinds])), deleted=False
    )


def _reviewed_in(kinds: Sequence[TaskKind]) -> Q:
    """Messages that are reviewed in tasks of one of `kinds`, as `kind_of` says."""
    found = Q(pk=None)
    if TaskKind.LABEL_INITIAL_PROMPT in kinds:
        found |= Q(parent=None)
    if TaskKind.LABEL_PROMPTER_REPLY in kinds:
        found |= Q(parent__isnull=False, role="prompter")
    if TaskKind.LABEL_ASSISTANT_REPLY in kinds:
        found |= Q(parent__isnull=False, role="assistant")
    return found


def _again_for(
    participant: Participant, language: str, kinds: Sequence[TaskKind], now: datetime
) -> QuerySet[Message]:
    """Messages that somebody reviewed a while ago, and has not been asked about twice."""
    own = Task.objects.filter(participant=participant, message=OuterRef("pk"))
    names = [kind.value for kind in kinds]
    first = LabelsGiven.objects.filter(
        participant=participant,
        message=OuterRef("pk"),
        source=LabelsGiven.Source.TASK,
        counts=True,
        created_at__lt=now - AGAIN_AFTER,
        task__kind__in=names,
    )
    rows = Message.objects.filter(language=language, accepted__isnull=False, deleted=False)
    return rows.filter(Exists(first), ~Exists(own.exclude(gold=None)))


def _lease_one(
    participant: Participant,
    language: str,
    found: QuerySet[Message],
    now: datetime,
    rng: random.Random,
    *,
    is_gold: bool,
) -> Handed | None:
    rows = list(found.order_by("pk").select_related("tree").defer("text")[:AMONG])
    if not rows or _has_too_much(participant, language, now):
        return None
    message = rng.choice(rows)
    policy = policy_for(participant.study_id, language)
    kind = kind_of(message)
    first = None if is_gold else _first_review(participant, message)
    full = rng.random() < handout._p_full(kind, policy) if first is None else first.is_full
    try:
        with transaction.atomic():
            task = Task.objects.create(
                study_id=participant.study_id,
                participant=participant,
                language=language,
                kind=kind.value,
                tree=message.tree,
                message=message,
                leased_at=now,
                expires_at=now + timedelta(seconds=policy.lease_s),
                is_full=full,
                seed=rng.getrandbits(62),
                gold={"check": CheckGiven.Kind.GOLD if is_gold else CheckGiven.Kind.AGAIN},
            )
    except IntegrityError:  # Another window of theirs was given the same one.
        return None
    return Handed(task, thread_of(message.path))


def _first_review(participant: Participant, message: Message) -> LabelsGiven | None:
    rows = LabelsGiven.objects.filter(
        participant=participant, message=message, source=LabelsGiven.Source.TASK, counts=True
    )
    return rows.order_by("pk").first()


def answer(task: Task, labels: Mapping[str, float | None], *, now: datetime) -> LabelsGiven:
    """Store what was said in a check: as a review that does not count, and compared with what is
    known. In the transaction of `operations.send_labels`, the task's row held."""
    assert task.gold is not None
    assert task.message is not None
    kind = CheckGiven.Kind(task.gold["check"])
    if kind is CheckGiven.Kind.GOLD:
        item = GoldItem.objects.filter(message=task.message).first()
        known = dict(item.labels) if item is not None else {}
    else:
        first = _first_review(task.participant, task.message)
        known = dict(first.labels) if first is not None else {}
    given = LabelsGiven.objects.create(
        message=task.message,
        participant=task.participant,
        task=task,
        labels=dict(labels),
        is_full=task.is_full,
        counts=False,
        created_at=now,
        consent_version=task.participant.consent_version,
    )
    n_same, n_compared = compared(labels, known)
    CheckGiven.objects.create(
        task=task,
        kind=kind,
        labels=dict(labels),
        known=known,
        n_compared=n_compared,
        n_same=n_same,
        given_at=now,
    )
    Task.objects.filter(pk=task.pk).update(state=Task.State.DONE, finished_at=now)
    task.state, task.finished_at = Task.State.DONE, now
    happenings.task_done.send(sender=Task, task=task)
    return given
