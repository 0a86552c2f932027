"""Openings under a batch: who is drawn, how asks are counted, and what a release says of it."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from manyvoices.collect.conversations import operations
from manyvoices.collect.conversations.models import Turn
from manyvoices.collect.people.models import Participant
from manyvoices.collect.records import conversations
from manyvoices.collect.studies.operations import publish_study
from manyvoices.design import Study

pytestmark = pytest.mark.django_db
STAGE = 2
NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
Make = Callable[..., Participant]


@pytest.fixture
def steered(spec: Study, make_participant: Make) -> Callable[..., Callable[..., Participant]]:
    """``steered(ask, ...)`` publishes the small study with these asks and makes people in it."""

    def with_asks(*asks: dict[str, Any], exploration: float = 0.0) -> Callable[..., Participant]:
        stage = spec.stages[STAGE]
        rule = {"policy": "batch", "batch": asks, "exploration": exploration}
        fields = stage.model_dump() | {"assignment": rule}
        stages = (*spec.stages[:STAGE], type(stage).model_validate(fields))
        digest = hashlib.sha256(repr(asks).encode()).hexdigest()
        changed = spec.model_copy(update={"stages": stages, "digest": digest})
        version = publish_study(spec=changed, now=NOW)
        return lambda **fields: make_participant(version=version, **fields)

    return with_asks


def opening(participant: Participant, kind: str = "unguided") -> Turn:
    conversation = operations.start_conversation(
        participant=participant, stage=STAGE, number=1, type_name=kind, now=NOW
    )
    return operations.send_prompt(conversation=conversation, index=0, text="Hello", now=NOW)


def models_of(turn: Turn) -> set[str]:
    return set(turn.utterances.values_list("responder", flat=True))


def test_without_a_batch_nothing_is_said_of_why(participant: Participant) -> None:
    turn = opening(participant)
    assert (turn.assigned_because, turn.ask) == (None, None)


def test_what_a_batch_asks_for_answers_and_the_turn_says_why(
    spec: Study, steered: Callable[..., Make]
) -> None:
    wanted = [model.id for model in spec.models[-2:]]
    make = steered({"models": wanted, "reason": "uncertainty", "n": 2, "category": "unguided"})
    turns = [opening(make(seed=seed)) for seed in range(3)]
    assert [turn.assigned_because for turn in turns] == ["uncertainty", "uncertainty", "random"]
    assert all(set(wanted) <= models_of(turn) for turn in turns[:2])
    assert all(len(models_of(turn)) == 4 for turn in turns)
    other = opening(make(seed=9), kind="values guided")
    assert other.assigned_because == "random"


def test_bots_do_not_use_up_what_is_asked_of_people(
    spec: Study, steered: Callable[..., Make]
) -> None:
    make = steered({"models": [spec.models[0].id], "n": 1})
    bot, person = make(seed=1, simulated=True), make(seed=2)
    assert opening(bot).assigned_because == "information"
    assert opening(person).assigned_because == "information"
    assert opening(make(seed=3)).assigned_because == "random"


def test_only_people_of_the_group_are_asked_what_is_asked_of_it(
    spec: Study, steered: Callable[..., Make]
) -> None:
    survey = next(stage for _, stage in spec.surveys())
    question = next(q for page in survey.pages for q in page.questions if q.kind == "single")
    values = [option.value for option in question.options]
    make = steered({"group": {question.id: values[0]}, "n": 9, "reason": "coverage"})
    why = []
    for seed, value in enumerate(values[:2]):
        person = make(seed=seed)
        person.answers.create(
            survey=survey.id, question=question.id, kind="single", value=value,
            answered_at=NOW, consent_version=person.consent_version,
        )  # fmt: skip
        why.append(opening(person).assigned_because)
    assert why == ["coverage", "random"]


def test_a_share_of_openings_explores(spec: Study, steered: Callable[..., Make]) -> None:
    make = steered({"models": [spec.models[0].id], "n": 1000}, exploration=1.0)
    assert opening(make(seed=5)).assigned_because == "exploration"


def test_a_release_says_why_models_answered(spec: Study, steered: Callable[..., Make]) -> None:
    make = steered({"models": [spec.models[0].id], "reason": "disagreement"})
    opening(make(seed=1))
    (record,) = conversations(Participant.objects.all())
    assert record.turns[0].assigned_because == "disagreement"
