"""Lists of invited people, and a signed link for each of them."""

from __future__ import annotations

import csv
import io
from datetime import datetime

from django.db import transaction
from django.urls import reverse

from manyvoices.collect.people.arrival import invitation_token
from manyvoices.collect.people.models import Invitation
from manyvoices.collect.studies.models import Study
from manyvoices.schema.errors import Fault, InputError

MAX_LENGTH = 80


@transaction.atomic
def invite(*, study: Study, people: list[str], now: datetime) -> int:
    """Put people on the study's list; how many of them are new. Repeating it adds nobody twice."""
    before = study.invitations.count()
    Invitation.objects.bulk_create(
        (Invitation(study=study, person=person, invited_at=now) for person in people),
        ignore_conflicts=True,
    )
    return study.invitations.count() - before


def link_of(study_id: str, person: str, base_url: str) -> str:
    """The personal link of somebody on the list. It is made anew each time and says the same."""
    door = reverse("people:enter", args=[study_id])
    return f"{base_url.rstrip('/')}{door}?invitation={invitation_token(study_id, person)}"


def read_people(text: str, file: str) -> list[str]:
    """The ids of a CSV file's column ``id`` (or its first column).

    Raises `InputError` with every row that has no id, one that is too long, or one again.
    """
    reader = csv.reader(io.StringIO(text.lstrip("\ufeff")))
    rows = [row for row in reader if any(cell.strip() for cell in row)]
    if not rows:
        raise InputError([Fault(file, 1, "", "an empty file", "a column id", "")])
    header = [cell.strip().lower() for cell in rows[0]]
    column = header.index("id") if "id" in header else 0
    body = rows[1:] if "id" in header else rows
    people: list[str] = []
    faults = []
    for number, row in enumerate(body, start=len(rows) - len(body) + 1):
        person = row[column].strip() if column < len(row) else ""
        if not person:
            faults.append(Fault(file, number, "id", "nothing", "an id", ""))
        elif len(person) > MAX_LENGTH:
            found = f"{len(person)} characters"
            faults.append(Fault(file, number, "id", found, f"at most {MAX_LENGTH}", ""))
        elif person in people:
            faults.append(Fault(file, number, "id", f"{person} again", "each id once", ""))
        else:
            people.append(person)
    if faults:
        raise InputError(faults)
    return people
