"""The benchmarks' proof compares content: a row that is lost, changed or doubled is named."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

import pytest
from benchmarks.live.bots import Log
from benchmarks.live.proof import prove

from manyvoices.collect.conversations import operations
from manyvoices.collect.conversations.models import Turn
from manyvoices.collect.people.models import Participant

pytestmark = pytest.mark.django_db


@pytest.fixture
def played(participant: Participant, answer_all: Callable[..., None]) -> Log:
    """One rated turn, and the log of a bot that heard of everything."""
    now: datetime = participant.consented_at
    talk = operations.start_conversation(
        participant=participant, stage=2, number=1, type_name="unguided", now=now
    )
    turn = operations.send_prompt(conversation=talk, index=0, text="Hello", now=now)
    answer_all(turn)
    scores = {"0": 10, "1": 20, "2": 30, "3": 40}
    operations.rate_turn(conversation=talk, index=0, scores=scores, now=now)
    key = str(participant.pk)
    return Log(
        people={key},
        talks={(key, 1)},
        prompts={(key, 1, 0): "Hello"},
        ratings={(key, 1, 0): scores},
    )


def test_what_was_acknowledged_and_is_there_holds(played: Log) -> None:
    proof = prove(played)
    assert proof.holds, proof
    assert proof.acknowledged == 4


def test_a_changed_score_is_missing(played: Log) -> None:
    Turn.objects.get().utterances.filter(position=2).update(score=31)
    assert [fault.split()[0] for fault in prove(played).missing] == ["rating"]


def test_a_lost_turn_is_missing_with_its_rating(played: Log) -> None:
    Turn.objects.all().delete()
    assert sorted(fault.split()[0] for fault in prove(played).missing) == ["message", "rating"]


def test_a_message_stored_twice_is_named(played: Log) -> None:
    turn = Turn.objects.get()
    Turn.objects.create(
        conversation=turn.conversation,
        index=1,
        prompt=turn.prompt,
        seed=1,
        created_at=turn.created_at,
        deadline_at=turn.deadline_at,
    )
    proof = prove(played)
    assert len(proof.doubled) == 1
    assert proof.never_sent == 1
    played.unheard = 1
    assert prove(played).never_sent == 0


def test_two_winners_of_one_turn_are_noticed(played: Log) -> None:
    Turn.objects.get().utterances.update(chosen=True)
    assert len(prove(played).doubled) == 1
