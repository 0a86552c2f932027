"""Which participant is whose: one person has one record in each study.

What happens where the account and the browser each have a record of their own:

- one of them holds nothing that was given: that one goes, the other is the account's;
- both hold something, and one of them nothing but texts, reviews and rankings of trees: these are
  moved into the record that the account has (`merging`), and the emptied record goes;
- anything else, such as two surveys that were both answered, or a record that moderators have
  limited: nothing is changed, and the person is told to write to the team.
"""

from __future__ import annotations

import random
from datetime import datetime

from django.contrib.auth.models import User
from django.db import transaction
from django.utils.translation import gettext as _

from manyvoices.collect.accounts import merging
from manyvoices.collect.accounts.models import Membership
from manyvoices.collect.people import rights
from manyvoices.collect.people.models import Participant
from manyvoices.collect.refusal import Refusal

PASSING = frozenset(
    {"consents", "drafts", "reservations", "membership", "contributor", "quiz_tries"}
    | {"reviewer_weights", "tasks", "recruited", "webhook_deliveries"}
)
"""Rows of a record that are not something given: they go with it."""


class CannotLink(Refusal):
    """The record stays where it is; the message is for the person."""


def record_of(user: User, study_id: str) -> Participant | None:
    """The account's participant in a study."""
    rows = Participant.objects.select_related("study", "version")
    return rows.filter(membership__user=user, study_id=study_id, withdrawn_at=None).first()


@transaction.atomic
def link(*, user: User, participant: Participant, now: datetime, rng: random.Random) -> Participant:
    """Make `participant` the account's record in its study, or merge it into the one that it has;
    the record with which to go on.

    Raises:
        CannotLink: It belongs to another account, or both records hold what cannot be merged.
    """
    User.objects.select_for_update(no_key=True).only("pk").get(pk=user.pk)
    held = Membership.objects.filter(participant=participant).first()
    if held is not None:
        if held.user_id != user.pk:
            raise CannotLink(_("This record belongs to another account."), code="another_account")
        return participant
    if participant.simulated or participant.withdrawn_at is not None:
        raise CannotLink(_("This record belongs to nobody."), code="nobody")
    mine = record_of(user, participant.study_id)
    if mine is None:
        _own(user, participant, now)
        return participant
    return _one_of(user, mine, participant, now=now, rng=rng)


def _one_of(
    user: User, mine: Participant, other: Participant, *, now: datetime, rng: random.Random
) -> Participant:
    if not given(other):
        _dissolve(other, now)
        return mine
    if not given(mine):
        _dissolve(mine, now)
        _own(user, other, now)
        return other
    if given(other) <= merging.MOVED:
        merging.move(source=other, target=mine, now=now, rng=rng)
        _dissolve(other, now)
        return mine
    words = _(
        "Both this browser and your account have given answers here that cannot be made one;"
        " please write to the team of the study."
    )
    raise CannotLink(words, code="two_records")


def _own(user: User, participant: Participant, now: datetime) -> None:
    Membership.objects.create(
        user=user, study_id=participant.study_id, participant=participant, linked_at=now
    )


def given(participant: Participant) -> set[str]:
    """Kinds of row of somebody that are more than passing, whichever app they are in."""
    found = set()
    for relation in Participant._meta.related_objects:
        name = str(relation.get_accessor_name())
        rows = relation.related_model._base_manager
        if name not in PASSING and rows.filter(**{relation.field.name: participant.pk}).exists():
            found.add(name)
    return found


def _dissolve(participant: Participant, now: datetime) -> None:
    """What is left of a record that is not needed any more: a tombstone."""
    rights.withdraw(participant=participant, now=now, team_member="account")
