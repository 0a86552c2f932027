"""A study closes to new people before its budget is passed."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from manyvoices.collect.conversations import budget
from manyvoices.collect.conversations.models import Spending
from manyvoices.collect.people.models import Participant
from manyvoices.collect.studies.models import StudyVersion
from manyvoices.design import Budget, Prices, Study

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)


@pytest.fixture
def capped(
    version: StudyVersion, spec: Study, monkeypatch: pytest.MonkeyPatch
) -> Callable[..., StudyVersion]:
    """The small study with a budget, and with the same prices for every model."""

    def cap(*, prices: Prices | None = None, **fields: Any) -> StudyVersion:
        models = tuple(m.model_copy(update={"prices": prices}) for m in spec.models)
        priced = spec.model_copy(update={"budget": Budget.model_validate(fields), "models": models})
        monkeypatch.setattr(StudyVersion, "spec", property(lambda _self: priced))
        return version

    return cap


def use(person: Participant, tokens: int, *, done: bool = False) -> None:
    version = person.version
    usage = budget.Usage(n_calls=1, prompt_tokens=tokens - 1, completion_tokens=1)
    budget.record(participant=person, responder=version.spec.models[0], usage=usage)
    if done:
        person.completed_at = NOW
        person.save()


def test_a_study_without_a_budget_is_open(version: StudyVersion) -> None:
    assert budget.new_people_allowed(version.study, NOW) is True


def test_room_is_kept_for_everybody_who_is_under_way(
    capped: Callable[..., StudyVersion], make_participant: Callable[..., Participant]
) -> None:
    study = capped(tokens=300, per_person={"tokens": 100}).study
    admitted = 0
    while budget.new_people_allowed(study, NOW):
        make_participant()
        admitted += 1
    assert admitted == 3


def test_what_somebody_did_not_use_lets_another_in(
    capped: Callable[..., StudyVersion], make_participant: Callable[..., Participant]
) -> None:
    study = capped(tokens=300, per_person={"tokens": 100}).study
    people = [make_participant() for _ in range(3)]
    assert not budget.new_people_allowed(study, NOW)
    use(people[0], 40, done=True)
    assert not budget.new_people_allowed(study, NOW)
    use(people[1], 60, done=True)
    assert budget.new_people_allowed(study, NOW)


def test_after_people_have_finished_the_most_that_one_used_is_expected(
    capped: Callable[..., StudyVersion], make_participant: Callable[..., Participant]
) -> None:
    study = capped(tokens=10_000).study
    by_limits = budget.per_person(study).tokens
    use(make_participant(), 70, done=True)
    use(make_participant(), 90, done=True)
    assert by_limits > 1000
    assert budget.per_person(study).tokens == 90


def test_money_is_counted_exactly_by_the_prices_of_the_models(
    capped: Callable[..., StudyVersion], make_participant: Callable[..., Participant]
) -> None:
    prices = Prices(prompt=0.15, completion=0.6)
    study = capped(prices=prices, money=1.0, per_person={"money": 0.4}).study
    usage = budget.Usage(n_calls=1, prompt_tokens=1000, completion_tokens=500)
    assert usage.picos(study.current.spec.models[0]) == 450_000_000
    person = make_participant()
    budget.record(participant=person, responder=study.current.spec.models[0], usage=usage)
    assert budget.spent(study).money == pytest.approx(0.00045)
    assert budget.new_people_allowed(study, NOW)
    make_participant()
    assert not budget.new_people_allowed(study, NOW)


def test_what_was_spent_for_somebody_who_is_erased_stays_spent(
    capped: Callable[..., StudyVersion], make_participant: Callable[..., Participant]
) -> None:
    study = capped(tokens=300, per_person={"tokens": 100}).study
    person = make_participant()
    use(person, 250)
    Participant.objects.filter(pk=person.pk).delete()
    assert Spending.objects.get().participant_id is None
    assert budget.spent(study).tokens == 250
    assert not budget.new_people_allowed(study, NOW)


@pytest.mark.parametrize("n_people", [2, 12])
def test_the_question_costs_the_same_however_many_take_part(
    capped: Callable[..., StudyVersion],
    make_participant: Callable[..., Participant],
    django_assert_max_num_queries: Any,
    n_people: int,
) -> None:
    study = capped(tokens=10**9).study
    for _ in range(n_people):
        use(make_participant(), 10)
    with django_assert_max_num_queries(6):
        budget.new_people_allowed(study, NOW)
