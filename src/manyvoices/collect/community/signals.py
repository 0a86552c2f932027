"""What somebody is told about their contributions, in the transaction in which it comes true."""

from __future__ import annotations

from typing import Any

from django.db.models.signals import post_save
from django.dispatch import receiver
from django.utils import timezone

from manyvoices.collect.community.models import Notice
from manyvoices.collect.community.standing import is_on
from manyvoices.collect.moderation.models import Action, Decision, Held
from manyvoices.collect.trees.models import Message


@receiver(post_save, sender=Message)
def tell_what_reviews_came_to(
    instance: Message, created: bool, update_fields: Any = None, **_signal: Any
) -> None:
    """The author of a message that was accepted or turned down by its reviews."""
    if created or not update_fields or "accepted" not in update_fields:
        return
    by_reviews = instance.decided_because != "moderator"
    if instance.accepted is None or instance.author_id is None or not by_reviews:
        return
    if not is_on(instance.tree.study):
        return
    kind = Notice.Kind.ACCEPTED if instance.accepted else Notice.Kind.REJECTED
    Notice.objects.get_or_create(
        participant_id=instance.author_id,
        message=instance,
        kind=kind,
        defaults={"at": timezone.now()},
    )


@receiver(post_save, sender=Decision)
def tell_what_was_decided(instance: Decision, **_signal: Any) -> None:
    """The author of a message that a moderator decided about, with the reason."""
    message = instance.case.message
    if message.author_id is None or not instance.by or instance.action == Action.DISMISS:
        return
    if not is_on(message.tree.study) or Held.objects.filter(message=message).exists():
        return
    mine = Notice.objects.filter(message=message, kind=Notice.Kind.DECIDED)
    if instance.undone_at is not None:
        mine.delete()
        return
    Notice.objects.update_or_create(
        participant_id=message.author_id,
        message=message,
        kind=Notice.Kind.DECIDED,
        defaults={"words": instance.reason, "at": instance.at, "read_at": None},
    )
