"""What moderation does when something is written: it keeps apart what a shadow-limited person
writes, and puts messages whose reviews are split into the queue.

Listening here, in the transaction of the writing itself, works for pages, programs and bots alike.
"""

from __future__ import annotations

import uuid
from typing import Any

from django.db.models.signals import post_save, pre_save
from django.dispatch import receiver

from manyvoices.collect.moderation import restrictions
from manyvoices.collect.moderation.models import Case, Decision, Held, Kind, Signal
from manyvoices.collect.trees import erasure
from manyvoices.collect.trees.models import LabelsGiven, Message, RankingGiven


@receiver(pre_save, sender=Message)
@receiver(pre_save, sender=LabelsGiven)
@receiver(pre_save, sender=RankingGiven)
def refuse_the_barred(sender: Any, instance: Any, **_signal: Any) -> None:
    """The second wall behind the pages: what an openly banned person sends is not taken."""
    if not instance._state.adding:
        return
    person = instance.author_id if sender is Message else instance.participant_id
    if person is not None and getattr(instance, "source", "task") == "task":
        restrictions.check(person, instance.created_at)


@receiver(post_save, sender=Message)
def look_at_message(
    instance: Message, created: bool, update_fields: Any = None, **_signal: Any
) -> None:
    """A new message of a shadow-limited person, or a message whose reviews are split."""
    if created and instance.author_id is not None:
        _keep_apart(instance)
    elif instance.is_split and update_fields and "is_split" in update_fields:
        _open_split(instance)


def _keep_apart(message: Message) -> None:
    from manyvoices.collect.moderation.cases import open_case

    now = message.created_at
    if message.author is None or not restrictions.is_kept_apart(message.author_id, now):
        return
    Message.objects.filter(pk=message.pk).update(deleted=True)
    message.deleted = True
    Held.objects.create(participant=message.author, message=message, at=now)
    Signal.objects.create(case=open_case(message, Kind.HELD, now), kind=Kind.HELD, at=now)


def _open_split(message: Message) -> None:
    from django.utils import timezone

    from manyvoices.collect.moderation.cases import open_case

    seen = Signal.objects.filter(kind=Kind.SPLIT, case__message=message)
    if seen.exists():
        return
    newest = message.labels.order_by("-pk").values_list("created_at", flat=True).first()
    now = newest or timezone.now()
    detail = {"acceptance": message.acceptance, "reviews": message.n_reviews}
    case: Case = open_case(message, Kind.SPLIT, now)
    Signal.objects.create(case=case, kind=Kind.SPLIT, detail=detail, at=now)


@receiver(post_save, sender=LabelsGiven)
def look_at_labels(instance: LabelsGiven, created: bool, **_signal: Any) -> None:
    """A review by a shadow-limited person is stored and does not count."""
    if created and restrictions.is_kept_apart(instance.participant_id, instance.created_at):
        LabelsGiven.objects.filter(pk=instance.pk).update(counts=False)
        instance.counts = False
        Held.objects.create(
            participant_id=instance.participant_id, labels=instance, at=instance.created_at
        )


@receiver(post_save, sender=RankingGiven)
def look_at_ranking(instance: RankingGiven, created: bool, **_signal: Any) -> None:
    """A ranking by a shadow-limited person is stored and does not count."""
    if created and restrictions.is_kept_apart(instance.participant_id, instance.created_at):
        Held.objects.create(
            participant_id=instance.participant_id, ranking=instance, at=instance.created_at
        )


@receiver(erasure.texts_erased)
def forget_words_about_them(messages: list[uuid.UUID], **_signal: Any) -> None:
    """Reasons in cases about a text may quote it; that there was a case, and how it ended, stays
    where the message leaves an empty place."""
    Signal.objects.filter(case__message__in=messages).update(reason="", detail={})
    decided = Decision.objects.filter(case__message__in=messages)
    decided.update(reason="", undo_reason="")
