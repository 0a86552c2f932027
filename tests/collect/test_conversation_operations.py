"""The writes of a conversation: every rule of the dialogue, on a real database."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from manyvoices.collect.conversations import operations
from manyvoices.collect.conversations.models import Conversation, Turn
from manyvoices.collect.jobs.models import Job
from manyvoices.collect.people.errors import StaleSubmission
from manyvoices.collect.people.models import Participant
from manyvoices.design.dialogue import NothingToLock, RatingsMissing

pytestmark = pytest.mark.django_db
STAGE = 2
NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
AFTER_DEADLINE = NOW + timedelta(minutes=2)
Answer = Callable[..., None]


@pytest.fixture
def conversation(participant: Participant) -> Conversation:
    return operations.start_conversation(
        participant=participant, stage=STAGE, number=1, type_name="unguided", now=NOW
    )


@pytest.fixture
def opening(conversation: Conversation) -> Turn:
    return operations.send_prompt(conversation=conversation, index=0, text="Hello", now=NOW)


def _rate(conversation: Conversation, index: int, scores: dict[str, int | None]) -> Turn:
    return operations.rate_turn(conversation=conversation, index=index, scores=scores, now=NOW)


def _keys(turn: Turn, **which: object) -> set[str]:
    return {u.key for u in turn.utterances.filter(**which)}


def test_an_opening_asks_four_different_responders_with_one_job_each(opening: Turn) -> None:
    assert opening.utterances.values("responder").distinct().count() == 4
    assert Job.objects.filter(state=Job.State.QUEUED).count() == 4


def test_the_draw_of_responders_is_the_same_for_the_same_participant_seed(
    make_participant: Callable[..., Participant],
) -> None:
    drawn = []
    for _ in range(2):
        conversation = operations.start_conversation(
            participant=make_participant(seed=99),
            stage=STAGE,
            number=1,
            type_name="unguided",
            now=NOW,
        )
        turn = operations.send_prompt(conversation=conversation, index=0, text="Hi", now=NOW)
        drawn.append(list(turn.utterances.values_list("responder", flat=True)))
    assert drawn[0] == drawn[1]


def test_sending_the_same_prompt_twice_stores_one_turn(
    conversation: Conversation, opening: Turn
) -> None:
    again = operations.send_prompt(conversation=conversation, index=0, text="Other", now=NOW)
    assert again == opening
    assert conversation.turns.get().prompt == "Hello"
    assert Job.objects.count() == 4


def test_answers_that_are_awaited_cannot_be_rated_past(
    conversation: Conversation, opening: Turn
) -> None:
    with pytest.raises(StaleSubmission):
        _rate(conversation, 0, {"0": 5})


def test_an_answer_without_a_score_keeps_the_turn_open(
    conversation: Conversation, opening: Turn, answer_all: Answer
) -> None:
    answer_all(opening)
    with pytest.raises(RatingsMissing) as caught:
        _rate(conversation, 0, {"0": 5, "1": None, "3": 7})
    assert caught.value.keys == ("1", "2")
    assert _keys(opening, score__isnull=False) == set()


def test_the_best_rated_answer_goes_on_and_answers_twice(
    conversation: Conversation, opening: Turn, answer_all: Answer
) -> None:
    answer_all(opening)
    _rate(conversation, 0, {"0": 10, "1": 90, "2": 50, "3": 89})
    assert _keys(opening, chosen=True) == {"1"}
    assert _keys(opening, tied=True) == set()
    second = operations.send_prompt(conversation=conversation, index=1, text="And?", now=NOW)
    best = opening.utterances.get(chosen=True).responder
    assert list(second.utterances.values_list("responder", flat=True)) == [best, best]


def test_a_tie_is_recorded_and_broken_among_the_tied(
    conversation: Conversation, opening: Turn, answer_all: Answer
) -> None:
    answer_all(opening)
    _rate(conversation, 0, {"0": 90, "1": 90, "2": 50, "3": 90})
    assert _keys(opening, tied=True) == {"0", "1", "3"}
    assert _keys(opening, chosen=True) < {"0", "1", "3"}


def test_a_second_rating_changes_nothing(
    conversation: Conversation, opening: Turn, answer_all: Answer
) -> None:
    answer_all(opening)
    _rate(conversation, 0, {"0": 10, "1": 90, "2": 50, "3": 20})
    _rate(conversation, 0, {"0": 99, "1": 1, "2": 1, "3": 1})
    assert opening.utterances.get(position=0).score == 10


def test_after_the_deadline_what_has_not_come_counts_as_missing_and_its_job_is_called_off(
    conversation: Conversation, opening: Turn, answer_all: Answer
) -> None:
    late = opening.utterances.get(position=2)
    for position in (0, 1, 3):
        u = opening.utterances.get(position=position)
        u.text, u.settled_at = "Here.", NOW
        u.save()
    operations.rate_turn(
        conversation=conversation,
        index=0,
        scores={"0": 1, "1": 2, "3": 3},
        now=AFTER_DEADLINE,
    )
    late.refresh_from_db()
    assert (late.failure, late.score, late.text) == ("timeout", None, None)
    assert Job.objects.get(key=str(late.id)).error == "cancelled"


def test_a_score_for_an_answer_that_failed_is_not_stored_as_its_winner(
    conversation: Conversation, opening: Turn, answer_all: Answer
) -> None:
    answer_all(opening, failing=frozenset({0}))
    _rate(conversation, 0, {"0": 100, "1": 1, "2": 2, "3": 3})
    assert _keys(opening, chosen=True) == {"3"}
    assert opening.utterances.get(position=0).score is None


def test_when_nobody_answered_the_participant_can_ask_again_and_the_failures_stay_on_record(
    conversation: Conversation, opening: Turn, answer_all: Answer
) -> None:
    answer_all(opening, failing=frozenset(range(4)))
    with pytest.raises(NothingToLock):
        _rate(conversation, 0, {})
    turn = operations.ask_again(conversation=conversation, index=0, now=NOW)
    operations.ask_again(conversation=conversation, index=0, now=NOW)
    assert turn.attempt == 2
    assert opening.utterances.count() == 8
    answer_all(turn)
    _rate(conversation, 0, {"0": 10, "1": 90, "2": 50, "3": 20})
    assert opening.utterances.filter(chosen=True, attempt=2).count() == 1


def test_a_conversation_cannot_end_before_its_second_turn_is_rated(
    conversation: Conversation, opening: Turn, answer_all: Answer
) -> None:
    answer_all(opening)
    _rate(conversation, 0, {"0": 10, "1": 90, "2": 50, "3": 20})
    with pytest.raises(StaleSubmission):
        operations.end_conversation(conversation=conversation, now=NOW)
    second = operations.send_prompt(conversation=conversation, index=1, text="And?", now=NOW)
    answer_all(second)
    _rate(conversation, 1, {"0": 4, "1": 5})
    assert operations.end_conversation(conversation=conversation, now=NOW).ended_at == NOW


def test_no_turn_follows_the_last_one_that_the_study_allows(
    conversation: Conversation, answer_all: Answer
) -> None:
    for index in range(3):
        turn = operations.send_prompt(conversation=conversation, index=index, text="x", now=NOW)
        answer_all(turn)
        _rate(conversation, index, {u.key: 5 for u in turn.utterances.all()})
    with pytest.raises(StaleSubmission):
        operations.send_prompt(conversation=conversation, index=3, text="x", now=NOW)


def test_opening_the_same_conversation_twice_opens_one(participant: Participant) -> None:
    first, second = (
        operations.start_conversation(
            participant=participant, stage=STAGE, number=1, type_name=name, now=NOW
        )
        for name in ("unguided", "values guided")
    )
    assert first == second
    assert second.type == "unguided"


def test_a_kind_of_conversation_that_is_used_up_cannot_be_opened(
    conversation: Conversation,
) -> None:
    conversation.finished_at = NOW
    conversation.save()
    with pytest.raises(StaleSubmission):
        operations.start_conversation(
            participant=conversation.participant,
            stage=STAGE,
            number=2,
            type_name="unguided",
            now=NOW,
        )


def test_feedback_comes_after_the_attributes_and_closes_the_conversation(
    conversation: Conversation,
) -> None:
    conversation.ended_at = NOW
    conversation.save()
    with pytest.raises(StaleSubmission):
        operations.store_feedback(conversation=conversation, text="Good", now=NOW)
    blocks = {
        "performance": {"fluency": 70, "safety": "not_applicable"},
        "choice": {"safety": None},
    }
    for _ in range(2):
        operations.store_attributes(conversation=conversation, blocks=blocks, now=NOW)
    stored = conversation.attribute_ratings.values_list("block", "item", "value", "not_applicable")
    assert set(stored) == {
        ("performance", "fluency", 70, False),
        ("performance", "safety", None, True),
        ("choice", "safety", None, False),
    }
    operations.store_feedback(conversation=conversation, text="Good", now=NOW)
    done = operations.store_feedback(conversation=conversation, text="Other", now=NOW)
    assert (done.open_feedback, done.finished_at) == ("Good", NOW)


@pytest.mark.parametrize(
    ("waited_s", "expected_ms"), [(0, 1000), (4, 1000), (8, 2000), (16, 4000), (300, 4000)]
)
def test_the_waiting_page_asks_less_often_the_longer_it_waits(
    waited_s: int, expected_ms: int
) -> None:
    from manyvoices.collect.conversations.presenting import poll_ms

    assert poll_ms(timedelta(seconds=waited_s)) == expected_ms
