"""People put into the database at different places of the study, by the study's own operations."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime

from benchmarks.live.protocol import STAGE_SURVEY, STAGE_TALK, STUDY_ID

TYPES = ("unguided", "values guided", "controversy guided")


@dataclass(frozen=True)
class Ready:
    """One participant and what a browser must show to go on as them."""

    participant_id: str
    cookie_name: str
    cookie: str


def people_in_conversation(n: int, *, now: datetime) -> list[Ready]:
    """`n` participants who have filled in the survey and opened their first conversation.

    In bulk, and with the rows that the operations would store: a benchmark of a thousand people
    should not begin with ten minutes of arrivals.
    """
    from django.db import transaction

    from manyvoices.collect.conversations.models import Conversation
    from manyvoices.collect.people.models import Participant
    from manyvoices.collect.studies.models import Study
    from manyvoices.collect.surveys.models import SurveyPage

    version = Study.objects.get(pk=STUDY_ID).current
    people = [
        Participant(
            id=uuid.uuid4(),
            study_id=STUDY_ID,
            version=version,
            consent_version=version.spec.consent.version,
            consented_at=now,
            simulated=True,
        )
        for _ in range(n)
    ]
    pages = [
        SurveyPage(participant=person, stage=STAGE_SURVEY, page=page, sent_at=now)
        for person in people
        for page in (0, 1)
    ]
    talks = [
        Conversation(
            participant=person,
            stage=STAGE_TALK,
            number=1,
            type=TYPES[place % 3],
            seed=place,
            consent_version=person.consent_version,
            started_at=now,
        )
        for place, person in enumerate(people)
    ]
    with transaction.atomic():
        Participant.objects.bulk_create(people, batch_size=500)
        SurveyPage.objects.bulk_create(pages, batch_size=500)
        Conversation.objects.bulk_create(talks, batch_size=500)
    return [ready(person.pk) for person in people]


def ready(participant_id: uuid.UUID) -> Ready:
    """The signed cookie by which the server knows a participant."""
    from django.core.signing import get_cookie_signer

    from manyvoices.collect.people.access import cookie_name

    name = cookie_name(STUDY_ID)
    value = get_cookie_signer(salt=name + STUDY_ID).sign(str(participant_id))
    return Ready(str(participant_id), name, value)
