"""What leaves of comparisons: in a release, in one's own data, and what is erased."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path

import pytest
from django.utils import timezone
from tests.collect.comparisons.conftest import (
    MODELS,
    NOW,
    STAGE,
    Publish,
    browser_of,
    judge_next,
    make_person,
    prompts,
)

from manyvoices.collect.comparisons import operations
from manyvoices.collect.comparisons.models import Comparison, ComparisonsOver, SideAnswer
from manyvoices.collect.jobs.models import Job
from manyvoices.collect.people import rights
from manyvoices.collect.release import write_release
from manyvoices.io import read_comparisons
from manyvoices.io.native_comparisons import comparisons_path

pytestmark = pytest.mark.django_db
LATER = NOW + timedelta(days=1)


def _release(folder: Path, **wishes: object) -> list[object]:
    write_release(study_id="pairs", out=folder, now=LATER, **wishes)  # type: ignore[arg-type]
    return list(read_comparisons(folder))


def test_a_release_holds_every_comparison_as_it_was_judged(
    publish: Publish, tmp_path: Path
) -> None:
    person = make_person(publish(reasons={"text": "optional"}))
    judge_next(person, best=1, reason_text="Shorter.")
    judge_next(person, seconds=1)
    operations.start_comparison(participant=person, stage=STAGE, number=3, now=NOW)
    first, second, third = _release(tmp_path / "r")
    row = Comparison.objects.get(number=1)
    by_id = {one.comparison_id: one for one in (first, second, third)}  # type: ignore[attr-defined]
    told = by_id[str(row.pk)]
    assert (told.stage, told.source, told.models) == ("comparisons", "outputs", row.models)
    assert (told.order, told.reason_text, told.quarantined) == ([[1], [0]], "Shorter.", [])
    assert [a.text for a in told.exchanges[0].answers] == [
        a.text for a in SideAnswer.objects.filter(exchange__comparison=row)
    ]
    assert sorted(len(one.quarantined) for one in by_id.values()) == [0, 0, 1]
    assert sum(one.verdict is None for one in by_id.values()) == 1
    notes = json.loads((tmp_path / "r" / "manifest.json").read_text())
    assert notes["counts"]["comparisons"] == 3
    assert any("1 comparison set aside" in note for note in notes["notes"])


def test_what_was_said_before_the_prompt_is_the_same_for_every_side(
    publish: Publish, tmp_path: Path
) -> None:
    before = ["Is tea hot?", "Mostly.", "Why?", "It was boiled."]
    asked = [{**item, "earlier": before} for item in prompts(3)]
    person = make_person(publish(prompts=asked))
    judge_next(person)
    (told,) = _release(tmp_path / "r")
    turns = told.exchanges  # type: ignore[attr-defined]
    assert [turn.turn for turn in turns] == [0, 1, 2]
    assert [turn.message.text for turn in turns[:2]] == ["Is tea hot?", "Why?"]
    said = [{answer.text for answer in turn.answers} for turn in turns[:2]]
    assert said == [{"Mostly."}, {"It was boiled."}]
    assert len({turn.message.message_id for turn in turns}) == 3


def test_names_and_clocks_of_comparisons_are_treated_as_those_of_people(
    publish: Publish, tmp_path: Path
) -> None:
    person = make_person(publish(), consented_at=NOW)
    judge_next(person)
    key = b"k" * 32
    (told,) = _release(tmp_path / "r", pseudonyms="stable", key=key, dates="month")
    row = Comparison.objects.get()
    assert str(person.pk) not in str(told)
    assert str(row.pk) not in str(told)
    assert told.started_at.isoformat().startswith("2026-11-01")  # type: ignore[attr-defined]
    assert told.judged_at - told.started_at == row.judged_at - row.started_at  # type: ignore[attr-defined]
    assert told.exchanges[0].message.created_date.startswith("2026-11-01")  # type: ignore[attr-defined]
    people = (tmp_path / "r" / "native" / "participants.jsonl").read_text()
    assert told.participant_id in people  # type: ignore[attr-defined]


def test_without_consent_to_texts_the_verdict_leaves_and_the_words_stay(
    publish: Publish, tmp_path: Path
) -> None:
    version = publish(reasons={"text": "optional"})
    content = dict(version.content)
    consent = next(s for s in content["stages"] if s["kind"] == "consent")
    consent["allows"] = ["release"]
    version.content, version.digest = content, "f" * 64
    version.save()
    person = make_person(version)
    judge_next(person, reason_text="My own words.")
    (told,) = _release(tmp_path / "r", formats=("native",))
    assert told.order == [[0], [1]]  # type: ignore[attr-defined]
    assert told.reason_text is None  # type: ignore[attr-defined]


def test_a_study_without_the_stage_has_no_such_file(participant: object, tmp_path: Path) -> None:
    write_release(study_id="small", out=tmp_path / "r", now=LATER)
    assert comparisons_path(tmp_path / "r") is None


def test_ones_own_data_names_models_only_once_they_were_told(publish: Publish) -> None:
    hidden = make_person(publish())
    judge_next(hidden)
    told = make_person(publish(reveal="after_verdict"))
    judge_next(told)
    operations.start_comparison(participant=told, stage=STAGE, number=2, now=NOW)
    text = json.dumps(rights.own_data(hidden), default=str)
    assert "Reply" in text
    assert not any(model in text for model in MODELS)
    mine = rights.own_data(told)["comparisons"]
    assert sorted(mine[0]["models"]) == sorted(MODELS[:2])
    assert "models" not in mine[1]
    assert "2 comparisons" in browser_of(told).get("/s/pairs/my-data/").content.decode()


def test_erasing_takes_comparisons_answers_and_jobs_and_the_receipt_says_so(
    publish: Publish,
) -> None:
    person = make_person(publish(source="live"))
    operations.start_comparison(participant=person, stage=STAGE, number=1, now=NOW)
    ComparisonsOver.objects.create(participant=person, stage=STAGE, at=NOW, because="failures")
    browser = browser_of(person)
    answer = browser.post("/s/pairs/my-data/erase/", {"sure": "1"}, follow=True)
    assert "1 comparison" in answer.content.decode()
    for model in (Comparison, SideAnswer, ComparisonsOver, Job):
        assert not model.objects.exists()
    person.refresh_from_db()
    assert person.withdrawn_at is not None
    assert person.withdrawn_at <= timezone.now()
