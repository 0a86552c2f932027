"""How somebody comes: what the link that they clicked says of them.

Prolific writes its ids into the address (PROLIFIC_PID, STUDY_ID, SESSION_ID); an invitation is a
link that we signed. Both name a person, and one person is one participant, however often the link
is clicked and in however many browsers.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from django.core import signing

from manyvoices.collect.people.models import Invitation, Participant

INVITED = "invitation:"
"""Begins the external id of the invited, so that no address can claim to be one."""
INVITATION_SALT = "manyvoices.invitation"
BROUGHT = "api:"
"""Begins the external id of those whom a program brought with a key: no address can claim it."""
MAX_LENGTH = 100


@dataclass(frozen=True, slots=True)
class Arrival:
    """Who is at the door, as far as the link tells. Empty where it tells nothing."""

    external_id: str = ""
    platform_study: str = ""
    platform_session: str = ""
    invitation: str = ""
    """The signed invitation, to be carried through the form."""
    is_forged: bool = False
    """An invitation that is not ours, not for this study, or was taken back."""


def arrival(source: Mapping[str, str], study_id: str) -> Arrival:
    """Read an address or a posted form."""
    if token := source.get("invitation", ""):
        person = invited_person(token, study_id)
        if person is None:
            return Arrival(is_forged=True)
        return Arrival(external_id=INVITED + person, invitation=token)
    # Prolific's own names, so that a study's link needs no mapping.
    external_id = (source.get("PROLIFIC_PID") or source.get("external_id") or "")[:MAX_LENGTH]
    if external_id.startswith((INVITED, BROUGHT)):
        return Arrival(is_forged=True)
    return Arrival(
        external_id=external_id,
        platform_study=source.get("STUDY_ID", "")[:MAX_LENGTH],
        platform_session=source.get("SESSION_ID", "")[:MAX_LENGTH],
    )


def invitation_token(study_id: str, person: str) -> str:
    """The signed part of a personal invitation link."""
    return signing.dumps([study_id, person], salt=INVITATION_SALT)


def invited_person(token: str, study_id: str) -> str | None:
    """Whom an invitation names; None where it is not a valid one for this study."""
    try:
        study, person = signing.loads(token, salt=INVITATION_SALT)
    except (signing.BadSignature, ValueError, TypeError):
        return None
    known = Invitation.objects.filter(study_id=study_id, person=person)
    return str(person) if study == study_id and known.exists() else None


def known_participant(found: Arrival, study_id: str) -> Participant | None:
    """The participant who came by this link before."""
    if not found.external_id:
        return None
    return (
        Participant.objects.select_related("study")
        .filter(study_id=study_id, external_id=found.external_id, withdrawn_at=None)
        .first()
    )


def is_same_visit(participant: Participant, found: Arrival) -> bool:
    """Whether this link may open what `participant` has stored.

    A person's id on a platform is not a secret, so where the platform named a session, only that
    session leads on: what somebody has written is not shown to whoever knows their id.
    """
    if found.invitation:
        return True
    recruited = getattr(participant, "recruited", None)
    session = recruited.platform_session if recruited else ""
    return not session or session == found.platform_session
