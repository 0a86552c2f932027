"""Giving and taking roles: one transaction each, with its entry in the audit log."""

from __future__ import annotations

from datetime import datetime

from django.contrib.auth.models import User
from django.db import transaction

from manyvoices.collect.console.audit import record
from manyvoices.collect.console.models import StudyRole


@transaction.atomic
def give_role(*, actor: str, user: User, study_id: str, role: str, now: datetime) -> StudyRole:
    """Give `user` the role in the study, in place of any other that they had there."""
    if role not in StudyRole.Role.values:
        raise ValueError(f"{role}: expected one of {', '.join(StudyRole.Role.values)}")
    given, _created = StudyRole.objects.update_or_create(
        user=user, study_id=study_id, defaults={"role": role, "given_at": now}
    )
    record(actor, "give role", study_id, user.get_username(), {"role": role}, now)
    return given


@transaction.atomic
def take_role(*, actor: str, username: str, study_id: str, now: datetime) -> None:
    """Take away whatever role the account has in the study; doing it twice is doing it once."""
    held = StudyRole.objects.filter(user__username=username, study_id=study_id)
    taken = list(held.values_list("role", flat=True))
    held.delete()
    if taken:
        record(actor, "take role", study_id, username, {"role": taken[0]}, now)
