"""For whom a program may act: its account's own participant, and those whom it brought itself.

A person who was brought has the external id ``api:<account>:<id>``; no address can claim to be one
(`people.arrival`). Acting for others takes an account that may manage the study.
"""

from __future__ import annotations

import uuid
from datetime import datetime

from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext as _

from manyvoices.collect.accounts.models import Membership
from manyvoices.collect.api.auth import require
from manyvoices.collect.api.bearer import key_of
from manyvoices.collect.console import audit
from manyvoices.collect.console.access import Ability, abilities
from manyvoices.collect.moderation import restrictions
from manyvoices.collect.people import journey
from manyvoices.collect.people.arrival import BROUGHT
from manyvoices.collect.people.errors import StaleSubmission
from manyvoices.collect.people.models import Participant
from manyvoices.collect.people.operations import consent_again, give_consent, new_entry
from manyvoices.collect.studies.models import Study
from manyvoices.collect.trees.errors import NotYours, Unfit
from manyvoices.collect.trees.models import Task


def bring(
    request: HttpRequest,
    study: Study,
    *,
    external_id: str,
    consent_version: str,
    language: str,
    now: datetime,
) -> tuple[Participant, bool]:
    """The participant whom the account knows as `external_id`, and whether they are new.

    Raises:
        Unfit: The consent is not to the study's current text.
        StaleSubmission: The study takes nobody any more.
    """
    require(request, study.pk, Ability.MANAGE)
    version = study.current
    if consent_version != version.original.consent_version:
        words = _("The study’s current text is another one.")
        raise Unfit("consent_version", words, code="older_consent")
    name = f"{_mark(request)}{external_id}"
    found = _people(study).filter(external_id=name).first()
    if found is not None:
        if found.consent_version != consent_version:
            consent_again(participant=found, version=version, now=now)
            _note(request, found, "renew consent by key", now)
        return found, False
    if not study.is_open:
        raise StaleSubmission("this study takes nobody any more")
    with transaction.atomic():
        made = give_consent(
            version=version,
            entry=new_entry(),
            language=version.read_in(language),
            external_id=name,
            simulated=False,
            now=now,
        )
        # Two requests at the same moment make one person: the later is given the earlier's.
        if is_new := made.consented_at == now:
            _note(request, made, "bring participant by key", now)
    return made, is_new


def _mark(request: HttpRequest) -> str:
    return f"{BROUGHT}{key_of(request).user_id}:"


def _note(request: HttpRequest, participant: Participant, action: str, now: datetime) -> None:
    key = key_of(request)
    actor, detail = key.user.get_username(), {"key": key.prefix}
    audit.record(actor, action, participant.study_id, str(participant.pk), detail, now)


def _people(study: Study) -> QuerySet[Participant]:
    rows = Participant.objects.filter(study=study, withdrawn_at=None)
    return rows.select_related("study", "version").defer("version__content")


def contributor(request: HttpRequest, study: Study, key: uuid.UUID | None) -> Participant:
    """Whom a request is about.

    Raises:
        Unfit: Nobody is named, and the account takes no part itself.
        NotYours: They are not this account's to act for.
        Participant.DoesNotExist: There is nobody of that pseudonym.
    """
    own = Membership.objects.filter(user=key_of(request).user_id, study=study)
    mine = own.values_list("participant", flat=True).first()
    if (wanted := key or mine) is None:
        words = _("Say for whom: this account takes no part itself.")
        raise Unfit("participant", words, code="for_whom")
    found = _people(study).get(pk=wanted)
    if wanted != mine and not _is_brought(request, found):
        raise NotYours(_("This key may not act for this participant."), code="not_yours")
    return found


def _is_brought(request: HttpRequest, participant: Participant) -> bool:
    brought = (participant.external_id or "").startswith(_mark(request))
    return brought and Ability.MANAGE in abilities(request, participant.study_id)


def ready(participant: Participant, *, now: datetime) -> Participant:
    """Somebody who may be given work and send it.

    Raises:
        StaleSubmission: They wait, have left, have not come so far, or agreed to an older text.
        Barred: A moderator has said that they may not.
    """
    current = participant.study.consent_version
    if participant.left_because:
        raise StaleSubmission("this participant has left the study")
    if participant.waiting_since is not None:
        raise StaleSubmission("this participant waits for a place")
    if current and participant.consent_version != current:
        raise StaleSubmission("this participant has to agree to the study's current text first")
    participant.version.read_in(participant.language)
    if journey.step_of(participant).kind != "trees":
        raise StaleSubmission("this participant has not come to the trees yet")
    restrictions.check(participant.pk, now)
    return participant


def task_for(request: HttpRequest, study: Study, key: uuid.UUID) -> Task:
    """A task that the key may answer.

    Raises:
        Task.DoesNotExist: There is none of that id.
        NotYours: It is in the hands of somebody else.
    """
    found = Task.objects.select_related("message", "tree").get(pk=key, study=study)
    found.participant = contributor(request, study, found.participant_id)
    found.study = found.participant.study
    return found
