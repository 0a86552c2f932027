"""Real threads at a full door: never one more than there are places, and none left empty."""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from tests.threads import at_once

from manyvoices.collect.console.models import AuditEntry
from manyvoices.collect.people import admission, arrival, invitations, operations, quotas, rights
from manyvoices.collect.people.models import Participant, QuotaCell, Reservation
from manyvoices.collect.studies.models import StudyVersion
from manyvoices.collect.studies.operations import publish_study
from manyvoices.collect.surveys.models import SurveyAnswer
from manyvoices.design import Study
from manyvoices.design.protocol import Recruitment

pytestmark = pytest.mark.django_db(transaction=True)
NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
Publish = Callable[..., StudyVersion]


@pytest.fixture
def publish(db: None, spec: Study) -> Publish:
    """Publish the small study with other rules of recruitment."""

    def run(**recruitment: object) -> StudyVersion:
        rules = Recruitment.model_validate(recruitment)
        changed = spec.model_copy(
            update={"recruitment": rules, "digest": uuid.uuid4().hex + uuid.uuid4().hex}
        )
        return publish_study(spec=changed, now=NOW)

    return run


def _people(version: StudyVersion, n: int, **answers: str) -> list[Participant]:
    people = [
        Participant(
            study=version.study,
            version=version,
            consent_version=version.spec.consent.version,
            consented_at=NOW,
        )
        for _ in range(n)
    ]
    Participant.objects.bulk_create(people)
    SurveyAnswer.objects.bulk_create(
        SurveyAnswer(
            participant=person,
            survey="survey",
            question=question,
            kind="single",
            value=value,
            consent_version="x",
            answered_at=NOW,
        )
        for person in people
        for question, value in answers.items()
    )
    return people


def _admit(person: Participant, now: datetime = NOW) -> str:
    return admission.admit(participant=Participant.objects.get(pk=person.pk), now=now).kind


def test_fifty_at_once_at_a_cell_of_ten_give_exactly_ten(publish: Publish) -> None:
    version = publish(quotas={"gender": {"Female": 10}})
    people = _people(version, 50, gender="Female")
    kinds = Counter(at_once([lambda p=person: _admit(p) for person in people]))
    assert kinds == {"ok": 10, "waiting": 40}
    assert Reservation.objects.count() == 10
    assert Participant.objects.filter(waiting_since=None).count() == 10


def test_crossed_cells_fill_to_the_limit_and_nobody_holds_half_a_place(publish: Publish) -> None:
    """Two cells each, locked in one order: no deadlock, and all or nothing."""
    cells = [{"where": {"gender": ["Female", "Male"]}, "limit": 12}]
    version = publish(quotas={"gender": {"Female": 10, "Male": 10}}, cells=cells)
    women = _people(version, 20, gender="Female")
    men = _people(version, 20, gender="Male")
    at_once([lambda p=person: _admit(p) for person in women + men])
    states = {state.cell.key: state.taken for state in quotas.cell_states("small")}
    assert states["gender=Female|Male"] == 12
    assert states["gender=Female"] + states["gender=Male"] == 12
    per_person = Counter(Reservation.objects.values_list("participant", flat=True))
    assert set(per_person.values()) == {2}


def test_fifty_consents_at_once_for_ten_places_make_ten_participants(publish: Publish) -> None:
    version = publish(places=10)

    def consent() -> str:
        try:
            operations.give_consent(
                version=version,
                entry=operations.new_entry(),
                language="en",
                external_id=None,
                simulated=False,
                now=NOW,
            )
        except operations.NoPlace as full:
            return full.admission.kind
        return "ok"

    assert Counter(at_once([consent] * 50)) == {"ok": 10, "waiting": 40}
    assert Participant.objects.count() == 10


def test_one_person_in_many_windows_takes_one_place(publish: Publish) -> None:
    version = publish(quotas={"gender": {"Female": 10}})
    (person,) = _people(version, 1, gender="Female")
    assert set(at_once([lambda: _admit(person)] * 8)) == {"ok"}
    assert Reservation.objects.count() == 1


@pytest.mark.parametrize("how", ["return", "withdraw", "screen_out"])
def test_a_place_given_back_is_filled_again(publish: Publish, how: str) -> None:
    rules = [{"where": {"familiarity": "Not at all"}}]
    version = publish(quotas={"gender": {"Female": 10}}, screen_out=rules)
    inside = _people(version, 10, gender="Female")
    assert {_admit(person) for person in inside} == {"ok"}
    waiting = _people(version, 5, gender="Female")
    assert {_admit(person) for person in waiting} == {"waiting"}
    if how == "return":
        assert admission.leave(participant=inside[0], because="return", now=NOW)
    elif how == "withdraw":
        rights.withdraw(participant=inside[0], now=NOW)
    else:
        answer = SurveyAnswer.objects.get(participant=inside[0])
        answer.pk, answer.question, answer.value = None, "familiarity", "Not at all"
        answer.save()
        assert _admit(inside[0]) == "screened_out"
    kinds = Counter(at_once([lambda p=person: _admit(p) for person in waiting]))
    assert kinds == {"ok": 1, "waiting": 4}
    assert Reservation.objects.count() == 10


def test_places_of_the_late_go_to_those_who_wait_and_the_late_may_come_back(
    publish: Publish,
) -> None:
    version = publish(quotas={"gender": {"Female": 2}}, timeout_minutes=60)
    inside = _people(version, 2, gender="Female")
    assert {_admit(person) for person in inside} == {"ok"}
    finished, late = inside
    Participant.objects.filter(pk=finished.pk).update(completed_at=NOW)
    (newcomer,) = _people(version, 1, gender="Female")
    soon, then = NOW + timedelta(minutes=59), NOW + timedelta(minutes=61)
    Participant.objects.filter(pk=newcomer.pk).update(consented_at=soon)
    assert _admit(newcomer, soon) == "waiting"
    assert _admit(newcomer, then) == "ok"
    late.refresh_from_db()
    assert late.left_because == "timeout"
    assert not admission.come_back(participant=late, now=then).is_ok
    admission.leave(participant=newcomer, because="return", now=then)
    late.refresh_from_db()
    assert admission.come_back(participant=late, now=then).is_ok
    assert quotas.release_late(study=version.study, minutes=60, now=then) == 0


def test_when_all_have_finished_nobody_is_left_waiting(publish: Publish) -> None:
    version = publish(quotas={"gender": {"Female": 1}})
    inside, waiting = _people(version, 2, gender="Female")
    assert (_admit(inside), _admit(waiting)) == ("ok", "waiting")
    Participant.objects.filter(pk=inside.pk).update(completed_at=NOW)
    assert _admit(waiting) == "over_quota"
    waiting.refresh_from_db()
    assert (waiting.left_because, waiting.waiting_since) == ("over_quota", None)


def test_a_new_version_changes_limits_and_keeps_the_places_that_are_held(publish: Publish) -> None:
    version = publish(quotas={"gender": {"Female": 1}})
    first, second = _people(version, 2, gender="Female")
    assert (_admit(first), _admit(second)) == ("ok", "waiting")
    publish(quotas={"gender": {"Female": 2}})
    assert _admit(second) == "ok"
    publish(places=None)
    assert quotas.cell_states("small") == []
    assert QuotaCell.objects.filter(is_active=False).count() == 1
    acts = AuditEntry.objects.order_by("pk").values_list("action", "target")
    assert list(acts) == [("quota", "gender=Female"), ("quota removed", "gender=Female")]


def test_an_invitation_opened_in_many_windows_is_one_participant(publish: Publish) -> None:
    version = publish(provider="invitation")
    invitations.invite(study=version.study, people=["ann", "bob"], now=NOW)
    token = arrival.invitation_token("small", "ann")
    found = arrival.arrival({"invitation": token}, "small")

    def consent() -> object:
        return operations.give_consent(
            version=version,
            entry=operations.new_entry(),
            language="en",
            external_id=found.external_id,
            simulated=False,
            now=NOW,
        ).pk

    assert len(set(at_once([consent] * 12))) == 1
    assert Participant.objects.count() == 1


def test_erasing_twice_at_once_erases_once_and_leaves_one_tombstone(publish: Publish) -> None:
    version = publish()
    (person,) = _people(version, 1, gender="Female")
    receipts = at_once(
        [
            lambda: rights.withdraw(participant=Participant.objects.get(pk=person.pk), now=NOW)
            for _ in range(6)
        ]
    )
    assert sorted(bool(receipt.erased) for receipt in receipts) == [False] * 5 + [True]
    assert Participant.objects.get().withdrawn_at == NOW


def test_bots_of_a_rehearsal_take_nobodys_place(publish: Publish) -> None:
    version = publish(quotas={"gender": {"Female": 1}})
    bots = _people(version, 3, gender="Female")
    Participant.objects.update(simulated=True)
    bots = list(Participant.objects.all())
    assert [_admit(bot) for bot in bots] == ["ok", "waiting", "waiting"]
    people = _people(version, 2, gender="Female")
    assert [_admit(person) for person in people] == ["ok", "waiting"]
    assert Reservation.objects.count() == 2
    (mine,) = quotas.cell_states("small")
    (theirs,) = quotas.cell_states("small", simulated=True)
    assert (mine.active, theirs.active) == (1, 1)
