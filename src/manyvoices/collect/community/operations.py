"""What contributors change about themselves and for each other."""

from __future__ import annotations

import unicodedata
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from manyvoices.collect.community.models import Notice, Profile, Reaction
from manyvoices.collect.people.locks import lock_participant
from manyvoices.collect.people.models import Participant
from manyvoices.collect.refusal import Refusal
from manyvoices.collect.trees.models import Message
from manyvoices.schema import TreeState

MAX_NAME = 40


class Unwanted(Refusal):
    """Something that cannot be done here; the message is for the person."""


@transaction.atomic
def change_profile(
    *, participant: Participant, display_name: str, on_boards: bool, now: datetime
) -> Profile:
    """Store what somebody wants others to see. An empty name is a pseudonym.

    Raises:
        Unwanted: The name is too long, has signs that cannot be seen, or somebody else has it.
    """
    lock_participant(participant)
    name = " ".join(unicodedata.normalize("NFC", display_name).split())
    if len(name) > MAX_NAME or any(unicodedata.category(c)[0] == "C" for c in name):
        words = _("A name has %(most)d characters at most, and none that cannot be seen.")
        raise Unwanted(words % {"most": MAX_NAME}, code="bad_name")
    others = Profile.objects.filter(
        participant__study=participant.study_id, display_name__iexact=name
    ).exclude(participant=participant)
    if name and others.exists():
        raise Unwanted(_("Somebody else in this project has that name."), code="name_taken")
    profile, _created = Profile.objects.update_or_create(
        participant=participant,
        defaults={"display_name": name, "on_boards": on_boards, "changed_at": now},
    )
    return profile


@transaction.atomic
def react(*, participant: Participant, message: Message, kind: str, now: datetime) -> bool:
    """Give a reaction, or take it back; returns whether it stands now.

    Raises:
        Unwanted: It is one's own message, there is no such reaction, or the message may still be
            judged: then nobody is to be swayed.
    """
    if kind not in Reaction.Kind.values:
        raise Unwanted(_("There is no such reaction."), code="no_such_reaction")
    tree = message.tree
    finished = tree.state == TreeState.READY_FOR_EXPORT.value and message.accepted
    if tree.study_id != participant.study_id or not finished or message.deleted:
        raise Unwanted(_("This message may still be judged."), code="still_judged")
    if message.author_id == participant.pk:
        raise Unwanted(_("This is your own message."), code="own_message")
    lock_participant(participant)
    row, created = Reaction.objects.get_or_create(
        participant=participant, message=message, kind=kind, defaults={"at": now}
    )
    if not created:
        row.delete()
    return created


def mark_read(*, participant: Participant, now: datetime) -> int:
    """Everything that somebody was told is read."""
    return Notice.objects.filter(participant=participant, read_at=None).update(read_at=now)
