"""Taking part: consent makes a participant."""

from __future__ import annotations

import logging
import uuid
from datetime import datetime

from django.core import signing
from django.db import IntegrityError, transaction

from manyvoices.collect.people import admission
from manyvoices.collect.people.locks import lock_participant
from manyvoices.collect.people.models import ConsentGiven, Participant, Recruited
from manyvoices.collect.studies.models import StudyVersion
from manyvoices.design.admission import Admission
from manyvoices.schema.errors import ManyvoicesError

log = logging.getLogger(__name__)
ENTRY_SALT = "manyvoices.entry"
REHEARSAL_SALT = "manyvoices.rehearsal"
ENTRY_AGE_S = 24 * 3600


class EntryExpired(ManyvoicesError):
    """The consent page was open for longer than a day, or its form was changed."""


class NoPlace(ManyvoicesError):
    """There is no place for one more person; `admission` says whether one may come free."""

    def __init__(self, admission: Admission) -> None:
        self.admission = admission
        super().__init__(f"no place: {admission.reason}")


def new_entry() -> str:
    """A signed, unguessable name for one opening of the consent page: the key of a double click."""
    return signing.dumps(str(uuid.uuid4()), salt=ENTRY_SALT)


def rehearsal_token(study_id: str, seed: int | None = None) -> str:
    """What a bot shows at the door, so that its rows are marked as simulated.

    `seed`: the root of every draw for this bot, so that a rehearsal can be repeated; people's is
    always drawn from the system's own randomness.
    """
    return signing.dumps([study_id, seed], salt=REHEARSAL_SALT)


def is_rehearsal(token: str, study_id: str) -> bool:
    """Whether `token` was made by this server for `study_id`."""
    return _rehearsal(token)[0] == study_id


def rehearsal_seed(token: str, study_id: str) -> int | None:
    """The seed in a token that was made by this server for `study_id`; None without one."""
    study, seed = _rehearsal(token)
    return seed if study == study_id else None


def _rehearsal(token: str) -> tuple[str | None, int | None]:
    try:
        study, seed = signing.loads(token, salt=REHEARSAL_SALT, max_age=ENTRY_AGE_S)
    except (signing.BadSignature, ValueError, TypeError):
        return None, None
    return str(study), seed if isinstance(seed, int) else None


def give_consent(
    *,
    version: StudyVersion,
    entry: str,
    language: str,
    external_id: str | None,
    simulated: bool,
    now: datetime,
    platform_study: str = "",
    platform_session: str = "",
    seed: int | None = None,
) -> Participant:
    """Make a participant, or return the one whom the same form or the same person made before.

    Raises `NoPlace` where the study is full: nobody is made then. `seed`: of a bot's draws; it is
    heeded for nobody else.
    """
    try:
        key = uuid.UUID(signing.loads(entry, salt=ENTRY_SALT, max_age=ENTRY_AGE_S))
    except (signing.BadSignature, ValueError) as error:
        raise EntryExpired("this consent form is no longer valid") from error
    try:
        with transaction.atomic():
            participant, created = Participant.objects.get_or_create(
                pk=key,
                defaults={
                    "study": version.study,
                    "version": version,
                    "external_id": external_id or None,
                    "language": language,
                    "simulated": simulated,
                    "consent_version": version.original.consent_version,
                    "consented_at": now,
                    **({"seed": seed} if simulated and seed is not None else {}),
                },
            )
            if created:
                _first_rows(participant, platform_study, platform_session, now)
    except IntegrityError:
        # The recruitment provider's link was opened twice: one person is one participant.
        participant = Participant.objects.get(study=version.study, external_id=external_id)
    return participant


def _first_rows(participant: Participant, study: str, session: str, now: datetime) -> None:
    """What belongs to a new participant: the consent, the platform's ids, a place."""
    ConsentGiven.objects.create(
        participant=participant, consent_version=participant.consent_version, agreed_at=now
    )
    declared = participant.version.original.recruitment.platform_studies
    if declared and study not in declared:
        # They are welcome all the same: a wrong link is the team's mistake.
        log.warning("%s: came by %r, declared is %s", participant.study_id, study, declared)
    if study or session:
        Recruited.objects.create(
            participant=participant, platform_study=study, platform_session=session
        )
    if participant.study.quota_cells.filter(is_active=True).exists():
        found = admission.admit(participant=participant, traits={}, now=now)
        if not found.is_ok:
            raise NoPlace(found)


@transaction.atomic
def consent_again(*, participant: Participant, version: StudyVersion, now: datetime) -> None:
    """Agree to the current text. What was given before keeps the version it was given under."""
    lock_participant(participant)
    ConsentGiven.objects.get_or_create(
        participant=participant,
        consent_version=version.original.consent_version,
        defaults={"agreed_at": now},
    )
    participant.consent_version = version.original.consent_version
    participant.save(update_fields=["consent_version"])
