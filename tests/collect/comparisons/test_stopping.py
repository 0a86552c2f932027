"""When enough is known: looked at after each person who finished, acted on as the study says."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from tests.collect.comparisons.conftest import (
    MODELS,
    NOW,
    STAGE,
    Publish,
    browser_of,
    judge_next,
    make_person,
)

from manyvoices.collect.comparisons import stopping
from manyvoices.collect.comparisons.models import Comparison, Look
from manyvoices.collect.console.models import AuditEntry
from manyvoices.collect.people.models import Participant
from manyvoices.collect.studies.models import Study, StudyVersion
from manyvoices.schema.comparisons import ComparisonVerdict

pytestmark = pytest.mark.django_db
PAIR = MODELS[:2]
RULE: dict[str, Any] = {"between": PAIR, "least": 3, "then": "close"}
PLACE = "/s/pairs/compare/1/"


def _finish(version: StudyVersion, *, prefers: str | None = PAIR[0], **fields: Any) -> Participant:
    """Somebody who prefers one model throughout, or finds all equal."""
    person = make_person(version, **fields)
    rule = version.spec.stages[STAGE]
    for _ in range(rule.count):  # type: ignore[union-attr]
        row = judge_next(person, verdict=ComparisonVerdict.TIE, order=None)
        assert row is not None
        if prefers is not None:
            best = row.models.index(prefers)
            row.verdict, row.order = "choice", [[best], [1 - best]]
            row.save()
    stopping.look_after(person, STAGE, now=row.judged_at)
    return person


def test_a_clear_winner_closes_the_study_for_newcomers_and_leaves_a_note(
    publish: Publish,
) -> None:
    version = publish(stopping=RULE, count=2)
    n = 0
    while Study.objects.get(pk="pairs").is_open:
        _finish(version)
        n += 1
        assert n <= 20
    look = Look.objects.get()
    assert (look.decision, look.n, look.first) == ("a", n, PAIR[0])
    assert look.low > 0.5
    entry = AuditEntry.objects.get(action="close")
    assert (entry.actor, entry.target) == ("server", "stopping rule")
    page = Client().get("/s/pairs/").content.decode()
    assert "This study is not open" in page
    begun = make_person(version)
    assert browser_of(begun).get(PLACE).status_code == 200
    _finish(version)
    assert AuditEntry.objects.filter(action="close").count() == 1


def test_no_look_before_the_least_and_an_end_at_the_most(publish: Publish) -> None:
    version = publish(stopping=RULE | {"most": 4}, count=1)
    for n in range(1, 5):
        _finish(version, prefers=None)
        expected = "too_few" if n < 3 else "open" if n < 4 else "most"
        assert Look.objects.get().decision == expected
    assert not Study.objects.get(pk="pairs").is_open


def test_only_told_the_study_stays_open(publish: Publish, staff_client: Client) -> None:
    version = publish(stopping=RULE | {"most": 3, "then": "tell"}, count=1)
    for _ in range(3):
        _finish(version, prefers=None)
    assert Study.objects.get(pk="pairs").is_open
    page = staff_client.get("/console/studies/pairs/comparisons/").content.decode()
    assert "as many people as the study allows" in page


def test_bots_are_looked_at_among_bots_and_close_nothing(publish: Publish) -> None:
    version = publish(stopping=RULE | {"most": 3}, count=1)
    for _ in range(4):
        _finish(version, simulated=True)
    assert Study.objects.get(pk="pairs").is_open
    assert Look.objects.get().simulated
    _finish(version)
    assert Look.objects.get(simulated=False).n == 1


def test_a_person_counts_once_by_their_mean_and_set_aside_votes_do_not(publish: Publish) -> None:
    version = publish(stopping=RULE, count=2)
    person = make_person(version)
    first, second = judge_next(person), judge_next(person)
    assert first is not None
    assert second is not None
    for row, best in ((first, PAIR[0]), (second, PAIR[1])):
        at = row.models.index(best)
        Comparison.objects.filter(pk=row.pk).update(order=[[at], [1 - at]])
    judge_next(make_person(version))
    rule = version.spec.stages[STAGE]
    heard = {"rule": rule, "pair": PAIR, "simulated": False}
    assert stopping.outcomes("pairs", STAGE, **heard) == [0.5]  # type: ignore[arg-type]
    Comparison.objects.filter(pk=second.pk).update(quarantined=["too_fast"])
    assert stopping.outcomes("pairs", STAGE, **heard) == [1.0]  # type: ignore[arg-type]


def test_with_a_baseline_every_other_model_is_looked_at(publish: Publish) -> None:
    version = publish(
        models=MODELS, baseline=MODELS[2], count=1, stopping={"least": 1, "then": "tell"}
    )
    _finish(version, prefers=None)
    looks = {(look.first, look.second) for look in Look.objects.all()}
    assert looks == {(MODELS[0], MODELS[2]), (MODELS[1], MODELS[2])}


def test_the_last_verdict_in_the_browser_leads_to_a_look(publish: Publish) -> None:
    person = make_person(publish(stopping=RULE | {"least": 1}, count=1))
    browser = browser_of(person)
    browser.post(PLACE, {"number": "1"})
    browser.post(f"{PLACE}1/", {"action": "judge", "verdict": "tie"})
    assert Look.objects.filter(n__gte=0).count() == 1


def test_an_earlier_look_does_not_write_over_a_later_one(publish: Publish) -> None:
    version = publish(stopping=RULE | {"then": "tell"}, count=1)
    person = _finish(version, prefers=None)
    later = NOW + timedelta(hours=1)
    Look.objects.update(n=7, at=later)
    stopping.look_after(person, STAGE, now=NOW)
    assert Look.objects.get().n == 7
    stopping.look_after(person, STAGE, now=later)
    assert Look.objects.get().n == 1
