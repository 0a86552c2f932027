"""What a person may do with what they gave: see it, take it along, take it back.

Erasing is final and leaves two things: a tombstone (the participant's row with everything but its
id, its study and the date emptied) and the list of releases that were already published with them.
The receipt is signed and kept by the person alone; we need nothing of it to check it later.
"""

from __future__ import annotations

import random
import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import msgspec
from django.core import signing
from django.db import transaction

from manyvoices.collect import records
from manyvoices.collect.comparisons.models import SideAnswer
from manyvoices.collect.conversations.models import Utterance
from manyvoices.collect.jobs.models import Job
from manyvoices.collect.people import consents, quotas
from manyvoices.collect.people.models import Participant, new_resume_key
from manyvoices.collect.studies.models import ReleasedVersion, Study
from manyvoices.design import ConsentStage
from manyvoices.schema.errors import ManyvoicesError

RECEIPT_SALT = "manyvoices.receipt"
KEPT = frozenset({"spending"})
"""Relations that stay: sums of tokens and money, which say nothing of anybody once unlinked."""
CHUNK = 500


class WindowClosed(ManyvoicesError):
    """The days in which everything could be taken back are over."""


@dataclass(frozen=True, slots=True)
class Receipt:
    """That somebody's data was erased: when, and what."""

    study_id: str
    participant_id: str
    erased_at: str
    """ISO 8601, UTC."""
    erased: dict[str, int]
    """Kind of row -> how many."""
    releases: list[str]
    """Versions published before, which cannot be called back."""


def consent_of(participant: Participant) -> ConsentStage:
    """The consent that is in force for this person, which may be younger than their protocol."""
    wording = participant.consent_version
    if wording in consents.names_of(participant.version.original):
        return participant.version.spec.consent
    for version in participant.study.versions.defer("content").order_by("-number"):
        if wording in consents.names_of(version.original):
            return version.spec.consent
    return participant.version.spec.consent


def withdraw_until(participant: Participant) -> datetime | None:
    """When the window closes; None while it has no end yet, because they are not finished."""
    if participant.completed_at is None:
        return None
    return participant.completed_at + timedelta(days=consent_of(participant).withdrawal_days)


def may_withdraw(participant: Participant, now: datetime) -> bool:
    """Whether everything can still be taken back."""
    until = withdraw_until(participant)
    return until is None or now <= until


def releases_with(participant_id: uuid.UUID) -> list[str]:
    """Ids of the releases that contain somebody, oldest first."""
    found = ReleasedVersion.objects.filter(participants__participant_id=participant_id)
    return list(found.order_by("created_at", "pk").values_list("release_id", flat=True))


@transaction.atomic
def withdraw(*, participant: Participant, now: datetime, team_member: str = "") -> Receipt:
    """Erase everything of `participant` but a tombstone; the receipt says what that was.

    Raises `WindowClosed` after the window; `team_member`: the person wrote to the researchers, who
    may erase at any time.
    """
    from manyvoices.collect.console import audit
    from manyvoices.collect.trees import erasure

    # A release that is being written at this moment holds the same row (see `release`): it
    # either sees the tombstone or is in the list.
    # Without the key: a task that is handed out meanwhile refers to both rows, and holds a tree.
    Study.objects.select_for_update(no_key=True).only("pk").get(pk=participant.study_id)
    erasure.hold_tasks(participant)
    Participant.objects.select_for_update(no_key=True).only("pk").get(pk=participant.pk)
    participant.refresh_from_db()
    if participant.withdrawn_at is not None:
        return Receipt(participant.study_id, str(participant.pk), _iso(now), {}, [])
    if not team_member and not may_withdraw(participant, now):
        raise WindowClosed("the time in which this could be taken back is over")
    erased = erasure.erase(participant, now=now, rng=random.SystemRandom())
    erased |= _erase_rows(participant)
    _bury(participant, now)
    audit.record(
        team_member or "participant",
        "erase",
        participant.study_id,
        str(participant.pk),
        now=now,
    )
    return Receipt(
        study_id=participant.study_id,
        participant_id=str(participant.pk),
        erased_at=_iso(now),
        erased=erased,
        releases=releases_with(participant.pk),
    )


def _iso(now: datetime) -> str:
    return now.replace(microsecond=0).isoformat()


def _erase_rows(participant: Participant) -> dict[str, int]:
    """Delete whatever refers to the person, whichever app it is in: what is added later too."""
    utterances = Utterance.objects.filter(turn__conversation__participant=participant)
    _erase_jobs("utterance", utterances.values_list("pk", flat=True))
    sides = SideAnswer.objects.filter(exchange__comparison__participant=participant)
    _erase_jobs("side_answer", sides.values_list("pk", flat=True))
    if participant.external_id and participant.external_id.startswith("invitation:"):
        person = participant.external_id.removeprefix("invitation:")
        participant.study.invitations.filter(person=person).delete()
    quotas.release_places(participant)
    erased: dict[str, int] = {}
    for relation in Participant._meta.related_objects:
        name = relation.get_accessor_name()
        rows = relation.related_model._base_manager.filter(**{relation.field.name: participant.pk})
        if name in KEPT:
            rows.update(**{relation.field.name: None})
            continue
        n_rows = rows.count()
        rows.delete()
        if n_rows:
            erased[str(name)] = n_rows
    return erased


def _erase_jobs(kind: str, about: Iterable[object]) -> None:
    for keys in _chunks([str(key) for key in about]):
        Job.objects.filter(kind=kind, key__in=keys).delete()


def _bury(participant: Participant, now: datetime) -> None:
    """Leave an id and a date. No column that could say more keeps its value."""
    participant.external_id = None
    participant.resume_key = new_resume_key()
    participant.language = ""
    participant.seed = 0
    participant.consent_version = ""
    participant.consented_at = now
    participant.completed_at = None
    participant.waiting_since = None
    participant.left_at = None
    participant.left_because = ""
    participant.left_words = ""
    participant.clock_from = None
    participant.withdrawn_at = now
    participant.save()


def _chunks(keys: list[str]) -> Iterable[list[str]]:
    return (keys[start : start + CHUNK] for start in range(0, len(keys), CHUNK))


def sign_receipt(receipt: Receipt) -> str:
    """A receipt as one line of text that only this server can have written."""
    return signing.dumps(msgspec.to_builtins(receipt), salt=RECEIPT_SALT, compress=True)


def read_receipt(text: str) -> Receipt | None:
    """The receipt in a signed line; None where it is not one of ours or was changed."""
    try:
        return msgspec.convert(signing.loads(text.strip(), salt=RECEIPT_SALT), Receipt)
    except (signing.BadSignature, ValueError, msgspec.ValidationError):
        return None


def own_data(participant: Participant) -> dict[str, Any]:
    """Everything that is stored of somebody, for themselves.

    Models are not named: until the study tells, that would change what is said of them.
    """
    chosen = Participant.objects.filter(pk=participant.pk)
    from manyvoices.collect.community.own import own_data as own_community
    from manyvoices.collect.comparisons.records import own_data as own_comparisons
    from manyvoices.collect.contributors.own import own_data as own_contributor
    from manyvoices.collect.moderation.own import own_data as own_moderation
    from manyvoices.collect.trees.erasure import own_data as own_trees
    from manyvoices.collect.webhooks.queries import told_of

    return {
        "participant": msgspec.to_builtins(next(records.participants(chosen))),
        "recruitment": _recruitment(participant),
        "consents": _consents(participant),
        "answers": [msgspec.to_builtins(answer) for answer in records.answers(chosen)],
        "conversations": [
            _without_models(msgspec.to_builtins(row)) for row in records.conversations(chosen)
        ],
        "comparisons": own_comparisons(participant),
        "trees": own_trees(participant),
        "contributor": own_contributor(participant),
        "community": own_community(participant),
        "moderation": own_moderation(participant),
        "told_to_programs_of_the_team": told_of(participant),
        "not_sent_yet": _drafts(participant),
        "releases": releases_with(participant.pk),
    }


def _recruitment(participant: Participant) -> dict[str, Any]:
    recruited = getattr(participant, "recruited", None)
    return {
        "your_id_there": participant.external_id,
        "study": recruited.platform_study if recruited else "",
        "session": recruited.platform_session if recruited else "",
        "what_the_platform_says": list(
            participant.platform_submissions.values(
                "submission_id", "status", "entered_code", "seconds", "started_at"
            )
        ),
    }


def _consents(participant: Participant) -> list[dict[str, Any]]:
    rows = participant.consents.order_by("agreed_at")
    return [
        {"version": version, "agreed_at": _iso(agreed_at)}
        for version, agreed_at in rows.values_list("consent_version", "agreed_at")
    ]


def _drafts(participant: Participant) -> list[dict[str, Any]]:
    rows = participant.drafts.order_by("form")
    return [
        {"form": form, "fields": fields, "saved_at": _iso(saved_at)}
        for form, fields, saved_at in rows.values_list("form", "fields", "saved_at")
    ]


SHOWN_OF_AN_ANSWER = ("text", "score", "chosen", "position", "trace")


def _without_models(conversation: dict[str, Any]) -> dict[str, Any]:
    shown = ("conversation_type", "started_at", "finished_at", "consent_version", "open_feedback")
    blocks = ("performance_attributes", "choice_attributes")
    turns = [
        {
            "you": turn["message"]["text"],
            "at": turn["created_at"],
            "answers": [
                {key: answer[key] for key in SHOWN_OF_AN_ANSWER if key in answer}
                for answer in turn["utterances"]
            ],
        }
        for turn in conversation["turns"]
    ]
    return {key: conversation[key] for key in (*shown, *blocks)} | {"turns": turns}
