"""Letting people in: the door before consent, and the places that their answers ask for.

The rules are `manyvoices.design.admission` and `manyvoices.design.quotas`; here rows are locked and
counted, and what the rule says is stored in the same transaction.
"""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from manyvoices.collect.people import quotas
from manyvoices.collect.people.locks import lock_participant
from manyvoices.collect.people.models import Participant
from manyvoices.collect.studies.models import Study, StudyVersion
from manyvoices.design.admission import Admission, decide
from manyvoices.design.quotas import CellState, Traits


def at_the_door(
    study: Study, version: StudyVersion, now: datetime, *, simulated: bool = False
) -> Admission:
    """Whether somebody new may come in now; what is known of nobody yet decides nothing.

    Only cells that count everybody are looked at, and without a lock: the place itself is taken
    with the consent. Bots (`simulated`) are counted among bots.
    """
    recruitment = version.spec.recruitment
    has_places = recruitment.places is not None

    def look() -> Admission:
        states = quotas.cell_states(study.id, simulated=simulated) if has_places else []
        return _at_the_door(study, version, states, now)

    found = look()
    if found.kind == "waiting" and _release_late(study, version, now):
        found = look()
    return found


def _at_the_door(
    study: Study, version: StudyVersion, states: list[CellState], now: datetime
) -> Admission:
    return decide(
        version.spec.recruitment,
        {},
        [state for state in states if not state.cell.where],
        is_open=study.is_open,
        has_budget=_has_budget(study, now),
    )


def _has_budget(study: Study, now: datetime) -> bool:
    from manyvoices.collect.conversations.budget import new_people_allowed

    return bool(new_people_allowed(study, now))


def traits_of(participant: Participant) -> dict[str, object]:
    """What is known of somebody: question id -> answer."""
    return dict(participant.answers.values_list("question", "value"))


@transaction.atomic
def admit(*, participant: Participant, traits: Traits | None = None, now: datetime) -> Admission:
    """Reserve the places that this person's answers ask for, and store what becomes of them.

    Repeating it takes no second place. `traits`: their answers; by default read from the rows.
    Bots of a rehearsal hold places and are sent away as people are, but are counted among bots:
    they take nothing from people.
    """
    lock_participant(participant)
    participant.refresh_from_db(fields=["completed_at", "withdrawn_at", "waiting_since"])
    if participant.completed_at or participant.withdrawn_at:
        return Admission("ok")
    facts = traits_of(participant) if traits is None else traits
    found = _decide(participant, facts)
    if found.kind in {"waiting", "over_quota"} and _release_late(
        participant.study, _rules(participant), now
    ):
        found = _decide(participant, facts)
    _store(participant, found, now)
    return found


def _rules(participant: Participant) -> StudyVersion:
    """Quotas are the study's, and so of its current version; screen-outs too."""
    version = participant.study.versions.defer("content").order_by("-number").first()
    assert version is not None, "a study has a version from its first moment"
    return version


def _decide(participant: Participant, facts: Traits) -> Admission:
    recruitment = _rules(participant).spec.recruitment
    return decide(recruitment, facts, quotas.open_cells(participant, facts), is_in=True)


def _release_late(study: Study, version: StudyVersion, now: datetime) -> int:
    minutes = version.spec.recruitment.timeout_minutes
    return quotas.release_late(study=study, minutes=minutes, now=now)


def _store(participant: Participant, found: Admission, now: datetime) -> None:
    if found.is_ok:
        quotas.hold(participant, found.hold, now)
        _mark(participant, waiting_since=None, left_because="", left_at=None, left_words="")
        return
    if found.kind == "waiting":
        _mark(participant, waiting_since=participant.waiting_since or now)
        return
    quotas.release_places(participant)
    over = Participant.Left.OVER_QUOTA
    because = Participant.Left.SCREEN_OUT if found.kind == "screened_out" else over
    _mark(
        participant,
        waiting_since=None,
        left_because=because,
        left_at=now,
        left_words=found.detail[:500],
    )


def _mark(participant: Participant, **fields: object) -> None:
    changed = [name for name, value in fields.items() if getattr(participant, name) != value]
    for name in changed:
        setattr(participant, name, fields[name])
    if changed:
        participant.save(update_fields=changed)


def has_rules(participant: Participant) -> bool:
    """Whether this study asks for anybody in particular."""
    recruitment = _rules(participant).spec.recruitment
    return bool(
        recruitment.places is not None
        or recruitment.quotas
        or recruitment.cells
        or recruitment.screen_out
    )


def after_survey_page(participant: Participant, now: datetime) -> Admission:
    """Look at the door again with what a survey page has told."""
    if not has_rules(participant):
        return Admission("ok")
    return admit(participant=participant, now=now)


@transaction.atomic
def leave(*, participant: Participant, because: str, now: datetime) -> bool:
    """Give back somebody's places before the end; False where they have finished or left.

    `because`: ``timeout`` or ``return``.
    """
    lock_participant(participant)
    participant.refresh_from_db(fields=["completed_at", "withdrawn_at", "left_because"])
    if participant.completed_at or participant.withdrawn_at or participant.left_because:
        return False
    quotas.release_places(participant)
    _mark(participant, left_because=because, left_at=now, waiting_since=None)
    return True


@transaction.atomic
def come_back(*, participant: Participant, now: datetime) -> Admission:
    """Somebody whose place went to others goes on, if there is a place again; the clock restarts.

    Whoever was screened out, or found every place filled, stays out.
    """
    if participant.left_because not in (Participant.Left.TIMEOUT, Participant.Left.RETURN):
        return Admission("closed", "closed")
    found = admit(participant=participant, now=now)
    if found.is_ok:
        _mark(participant, clock_from=now)
    return found
