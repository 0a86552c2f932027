"""Real threads at the last seats of a cell, and in two windows of one person."""

from __future__ import annotations

from collections import Counter

import pytest
from tests.collect.comparisons.conftest import NOW, STAGE, Publish, make_person
from tests.threads import at_once

from manyvoices.collect.comparisons import judging, operations
from manyvoices.collect.comparisons.models import Comparison, ComparisonsOver
from manyvoices.collect.people.models import Participant
from manyvoices.schema.comparisons import ComparisonVerdict

pytestmark = pytest.mark.django_db(transaction=True)


def _take(person: Participant, number: int = 1) -> str | None:
    row = operations.start_comparison(
        participant=Participant.objects.get(pk=person.pk), stage=STAGE, number=number, now=NOW
    )
    return None if row is None else str(row.pk)


def test_twenty_at_once_at_a_cell_of_three_give_exactly_three_seats(publish: Publish) -> None:
    people = [make_person(publish(n_prompts=1, per_cell=3)) for _ in range(1)]
    version = people[0].version
    people += [make_person(version) for _ in range(19)]
    given = at_once([lambda p=person: _take(p) for person in people])
    assert sum(key is not None for key in given) == 3
    assert Comparison.objects.count() == 3
    assert ComparisonsOver.objects.filter(because="nothing_left").count() == 17


def test_places_stay_balanced_however_many_come_at_once(publish: Publish) -> None:
    version = publish(n_prompts=2, count=2)
    people = [make_person(version) for _ in range(12)]
    at_once([lambda p=person: _take(p) for person in people])
    cells = Counter(Comparison.objects.values_list("prompt_id", flat=True))
    left = Counter(models[0] for models in Comparison.objects.values_list("models", flat=True))
    assert set(cells.values()) == {6}
    assert max(left.values()) - min(left.values()) <= 1


def test_one_person_in_eight_windows_takes_one_comparison(publish: Publish) -> None:
    person = make_person(publish())
    given = at_once([lambda: _take(person)] * 8)
    assert len(set(given)) == 1
    assert Comparison.objects.count() == 1


def test_of_two_verdicts_at_once_the_first_stays(publish: Publish) -> None:
    person = make_person(publish())
    _take(person)

    def judge(best: int) -> None:
        row = Comparison.objects.select_related("participant__version").get()
        judging.judge(
            comparison=row,
            verdict=ComparisonVerdict.CHOICE,
            order=[[best], [1 - best]],
            now=NOW,
        )

    at_once([lambda b=best: judge(b) for best in (0, 1) * 4])
    row = Comparison.objects.get()
    assert row.order in ([[0], [1]], [[1], [0]])
    assert row.evidence["votes_in_the_hour"] == 1
