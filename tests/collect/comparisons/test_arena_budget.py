"""What an arena may spend: everybody gets through, and more only while there is room."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from tests.collect.comparisons.arena_studies import ARENA, LIVE, NOW, publish, start, take_part

from manyvoices.collect.comparisons.models import Comparison, ComparisonsOver
from manyvoices.collect.comparisons.operations import start_comparison
from manyvoices.collect.conversations import budget
from manyvoices.collect.people.models import Participant
from manyvoices.collect.studies.models import StudyVersion
from manyvoices.design import Budget

pytestmark = pytest.mark.django_db


def capped(monkeypatch: pytest.MonkeyPatch, version: StudyVersion, **fields: Any) -> StudyVersion:
    """The same study with a budget."""
    spec = version.spec.model_copy(update={"budget": Budget.model_validate(fields)})
    monkeypatch.setattr(StudyVersion, "spec", property(lambda _self: spec))
    return version


def done(person: Participant, n: int) -> None:
    for number in range(1, n + 1):
        comparison = start(person, number, now=NOW + timedelta(minutes=number))
        Comparison.objects.filter(pk=comparison.pk).update(verdict="tie", judged_at=NOW)


def test_a_person_needs_what_the_least_number_of_turns_needs(tmp_path: Path) -> None:
    limits = "answers: {max_tokens: 100}\nmessages: {max_words: 25}\n"
    spec = publish(tmp_path, ARENA.replace("[1, 3]", "[2, 3]") + limits).spec
    # Two comparisons of two sides: 50 and 100 tokens, then 50 + 150 and 100.
    assert budget.protocol_need(spec).tokens == 4 * (150 + 300)


def test_prompts_of_a_set_are_counted_as_they_are(tmp_path: Path) -> None:
    few = budget.protocol_need(publish(tmp_path / "a", LIVE).spec).tokens
    longer = LIVE.replace("Why does it rain?", "Why does it rain? " * 50)
    many = budget.protocol_need(publish(tmp_path / "b", longer, study_id="longer").spec).tokens
    assert 0 < few < many


def test_beyond_the_count_nobody_takes_what_others_were_promised(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    version = capped(monkeypatch, publish(tmp_path), tokens=1000, per_person={"tokens": 600})
    person = take_part(version)
    done(person, 2)
    assert start_comparison(participant=person, stage=1, number=3, now=NOW) is not None
    other = take_part(version)
    done(other, 2)
    assert start_comparison(participant=other, stage=1, number=3, now=NOW) is None
    assert ComparisonsOver.objects.get(participant=other).because == "nothing_left"


def test_what_is_asked_for_is_never_refused_for_the_budget(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    version = capped(monkeypatch, publish(tmp_path), tokens=10, per_person={"tokens": 600})
    person = take_part(version)
    assert not budget.new_people_allowed(version.study, NOW)
    assert start_comparison(participant=person, stage=1, number=1, now=NOW) is not None
