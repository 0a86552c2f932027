"""Drafts: what is typed or moved and not sent yet survives a reload, another device, a crash."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from django.db import transaction

from manyvoices.collect.people.locks import lock_participant
from manyvoices.collect.people.models import Draft, Participant
from manyvoices.collect.rows import the_one

MAX_FIELDS = 500
MAX_CHARACTERS = 200_000

Fields = Mapping[str, Sequence[str]]


class DraftTooLarge(ValueError):
    """More than any of our forms can hold: not something that a participant wrote in one."""


@transaction.atomic
def save_draft(*, participant: Participant, form: str, fields: Fields, now: datetime) -> Draft:
    """Keep the latest state of a form."""
    size = sum(len(name) + sum(map(len, values)) for name, values in fields.items())
    if len(fields) > MAX_FIELDS or size > MAX_CHARACTERS:
        raise DraftTooLarge(f"{len(fields)} fields with {size} characters")
    lock_participant(participant)
    draft, _created = Draft.objects.update_or_create(
        participant=participant,
        form=form,
        defaults={"fields": dict(fields), "saved_at": now},
    )
    return draft


def load_draft(participant: Participant, form: str) -> dict[str, list[str]]:
    """The latest saved state of a form; empty where there is none."""
    draft = the_one(participant.drafts.filter(form=form))
    return dict(draft.fields) if draft else {}


def drop_draft(participant: Participant, form: str) -> None:
    """Forget a draft whose form has been stored. Looks first: most forms never had one, and on
    SQLite every write waits for the one lock."""
    drafts = participant.drafts.filter(form=form)
    if drafts.exists():
        drafts.delete()
