"""What is counted before somebody is given a comparison, and among whom."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from tests.collect.comparisons.conftest import (
    MODELS,
    NOW,
    STAGE,
    Publish,
    browser_of,
    judge_next,
    make_person,
)

from manyvoices.collect.comparisons import judging, operations, queries
from manyvoices.collect.comparisons.models import Comparison
from manyvoices.collect.people import journey
from manyvoices.collect.people.models import Participant
from manyvoices.schema.comparisons import ComparisonVerdict

pytestmark = pytest.mark.django_db
PLACE = "/s/pairs/compare/1/"
EXPERT = {"name": "expert", "where": {"trade": "Nurse"}, "per_cell": 2}
CROWD = {"name": "crowd", "per_cell": 1}
SURVEY = """  - survey:
      questions:
        - title: You
          questions:
            - {id: trade, kind: single, label: Trade, required: true, options: [Nurse, Other]}
"""


def _start(person: Participant, now: object = NOW, stage: int = STAGE) -> Comparison | None:
    number = person.comparisons.filter(stage=stage).count() + 1
    return operations.start_comparison(
        participant=person,
        stage=stage,
        number=number,
        now=now,  # type: ignore[arg-type]
    )


def test_a_seat_that_nobody_used_for_an_hour_is_given_to_the_next(publish: Publish) -> None:
    version = publish(n_prompts=1, per_cell=1)
    first, second, third = (make_person(version) for _ in range(3))
    assert _start(first) is not None
    assert _start(second) is None
    assert _start(third, NOW + timedelta(minutes=61)) is not None


def test_a_verdict_after_its_seat_was_given_on_counts_and_its_cell_holds_one_more(
    publish: Publish,
) -> None:
    version = publish(n_prompts=1, per_cell=1)
    late = make_person(version)
    handed_out = _start(late)
    assert handed_out is not None
    after = NOW + timedelta(minutes=61)
    assert judge_next(make_person(version), now=after) is not None
    verdict = {"verdict": ComparisonVerdict.TIE, "order": None}
    told = judging.judge(comparison=handed_out, now=after + timedelta(hours=1), **verdict)  # type: ignore[arg-type]
    assert (told.verdict, told.quarantined) == ("tie", [])
    rule = queries.stage_spec(late, STAGE)
    counted = queries.counts(late, STAGE, rule, None, after + timedelta(hours=2))
    assert list(counted.verdicts.values()) == [2]
    assert _start(make_person(version), after + timedelta(hours=2)) is None


def test_bots_and_people_do_not_take_each_others_seats(publish: Publish) -> None:
    version = publish(n_prompts=1, per_cell=1)
    assert judge_next(make_person(version, simulated=True)) is not None
    assert judge_next(make_person(version)) is not None
    assert judge_next(make_person(version, simulated=True)) is None
    assert [row.simulated for row in Comparison.objects.order_by("started_at")].count(True) == 1


def test_what_could_not_be_judged_or_is_set_aside_fills_no_seat(publish: Publish) -> None:
    version = publish(n_prompts=1, per_cell=1)
    said = {"verdict": ComparisonVerdict.CANNOT_JUDGE, "order": None}
    assert judge_next(make_person(version), **said) is not None
    aside = judge_next(make_person(version), seconds=1)
    assert aside is not None
    assert aside.quarantined == ["too_fast"]
    assert judge_next(make_person(version)) is not None
    assert judge_next(make_person(version)) is None


def test_experts_and_the_crowd_fill_cells_of_their_own(publish: Publish) -> None:
    version = publish(n_prompts=1, pools=[EXPERT, CROWD], more=SURVEY)
    nurses = [make_person(version, answers={"trade": "Nurse"}) for _ in range(3)]
    others = [make_person(version, answers={"trade": "Other"}) for _ in range(2)]
    given = [_start(person, stage=2) for person in (*nurses, *others)]
    assert [row and row.pool for row in given] == ["expert", "expert", None, "crowd", None]


def test_every_model_meets_every_other_equally_often_in_every_place(publish: Publish) -> None:
    version = publish(n_prompts=4, models=MODELS, count=12)
    for _ in range(4):
        person = make_person(version)
        while judge_next(person) is not None:
            if person.comparisons.count() == 12:
                break
    pairs: Counter[tuple[str, ...]] = Counter()
    places: Counter[str] = Counter()
    for models in Comparison.objects.values_list("models", flat=True):
        pairs[tuple(sorted(models))] += 1
        places[models[0]] += 1
    assert set(pairs.values()) == {16}
    assert max(places.values()) - min(places.values()) <= 2


def test_a_batch_counts_what_came_of_each_ask_and_writes_down_why(publish: Publish) -> None:
    batch = [{"models": list(MODELS[:2]), "prompt": "p1", "n": 2, "reason": "disagreement"}]
    rule = {"policy": "batch", "batch": batch, "exploration": 0.0}
    version = publish(n_prompts=3, models=MODELS, assignment=rule)
    rows = [_start(make_person(version)) for _ in range(3)]
    asked = [(row.ask, row.because, row.prompt_id) for row in rows if row is not None]
    assert asked[:2] == [(0, "disagreement", "p1")] * 2
    assert asked[2][:2] == (None, "balance")


def test_a_prompt_that_names_no_language_is_asked_for_by_the_studys_first(
    publish: Publish,
) -> None:
    asked = [
        {"id": "p0", "text": "Why?"},
        {"id": "p1", "text": "Warum?", "language": "de"},
    ]
    rule = {"policy": "batch", "batch": [{"language": "en", "n": 1}], "exploration": 0.0}
    version = publish(n_prompts=2, prompts=asked, assignment=rule)
    row = _start(make_person(version))
    assert row is not None
    assert (row.prompt_id, row.ask, row.language) == ("p0", 0, "en")


def test_a_stored_output_in_another_language_is_never_shown(publish: Publish) -> None:
    english = "The bread rises because the yeast makes gas while it eats the sugar of the flour."
    german = "Das Brot geht auf, weil die Hefe Gas bildet, während sie den Zucker des Mehls frisst."
    said = [
        {"prompt": f"p{i}", "model": m, "text": german if (i, m) == (0, MODELS[1]) else english}
        for i in range(2)
        for m in MODELS[:2]
    ]
    version = publish(n_prompts=2, outputs=said, same_language=True)
    person = make_person(version)
    assert judge_next(person).prompt_id == "p1"  # type: ignore[union-attr]
    assert judge_next(person) is None


def test_the_draw_is_the_same_again_from_its_seed(publish: Publish) -> None:
    version = publish(n_prompts=9)
    row = _start(make_person(version, seed=11))
    assert row is not None
    assert row.seed == operations.derive_seed(11, "comparison", STAGE, 1)


def test_the_journey_is_one_statement_and_pages_cost_the_same_as_rows_grow(
    publish: Publish,
) -> None:
    version = publish(n_prompts=30, count=30)
    person = make_person(version)
    browser = browser_of(person)
    with CaptureQueriesContext(connection) as captured:
        journey.facts(Participant.objects.select_related("version").get(pk=person.pk))
    assert len(captured) == 2
    first: tuple[int, ...] | None = None
    for number in range(1, 9):
        browser.post(PLACE, {"number": str(number)}) if number == 1 else None
        with CaptureQueriesContext(connection) as page:
            assert browser.get(f"{PLACE}{number}/").status_code == 200
        with CaptureQueriesContext(connection) as send:
            form = {"action": "judge", "verdict": "0"}
            assert browser.post(f"{PLACE}{number}/", form).status_code == 302
        cost = (len(page), len(send))
        first = first or cost
        assert cost == first
        others = [make_person(version) for _ in range(3)]
        for other in others:
            judge_next(other)
    assert first is not None
    assert first[0] <= 9
    assert first[1] <= 45


def test_a_poll_costs_a_handful_of_queries(publish: Publish) -> None:
    person = make_person(publish(source="live"))
    browser = browser_of(person)
    browser.post(PLACE, {"number": "1"})
    with CaptureQueriesContext(connection) as captured:
        assert browser.get(f"{PLACE}1/progress/?have=0").status_code == 204
    assert len(captured) <= 4


def test_counts_are_of_the_cells_and_not_of_the_rows(publish: Publish) -> None:
    version = publish(n_prompts=2, count=2)
    for _ in range(6):
        judge_next(make_person(version))
    person = make_person(version)
    rule = queries.stage_spec(person, STAGE)
    with CaptureQueriesContext(connection) as captured:
        counted = queries.counts(person, STAGE, rule, None, NOW + timedelta(seconds=5))
    assert len(captured) == 1
    assert sum(counted.verdicts.values()) == 6
    assert len(counted.verdicts) == 2
