"""People at every step of the small study."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from django.contrib.auth.models import User
from django.test import Client

from manyvoices.collect.conversations import operations
from manyvoices.collect.conversations.models import Conversation, Turn
from manyvoices.collect.people import journey
from manyvoices.collect.people.models import Participant
from manyvoices.collect.surveys.operations import store_page

NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
TYPES = ("unguided", "values guided")
SURVEY_STAGE, TALK_STAGE = 1, 2

Walk = Callable[..., Participant]


@pytest.fixture
def rate(answer_all: Callable[..., None]) -> Callable[..., Turn]:
    """Let everybody answer a turn and rate it: 10 more for each place, or `scores`."""

    def run(
        turn: Turn,
        *,
        scores: dict[str, int] | None = None,
        failing: frozenset[int] = frozenset(),
        now: datetime = NOW,
    ) -> Turn:
        answer_all(turn, failing=failing, now=now)
        answered = turn.utterances.filter(attempt=turn.attempt, failure=None)
        given = scores or {u.key: 10 * (u.position + 1) for u in answered}
        return operations.rate_turn(
            conversation=turn.conversation, index=turn.index, scores=given, now=now
        )

    return run


@pytest.fixture
def talk(rate: Callable[..., Turn]) -> Callable[..., Conversation]:
    """Hold one whole conversation, or stop before its feedback."""

    def run(
        participant: Participant,
        number: int,
        *,
        finish: bool = True,
        now: datetime = NOW,
        **how: object,
    ) -> Conversation:
        conversation = operations.start_conversation(
            participant=participant,
            stage=TALK_STAGE,
            number=number,
            type_name=TYPES[number - 1],
            now=now,
        )
        for index in range(2):
            turn = operations.send_prompt(
                conversation=conversation, index=index, text=f"Message {index}", now=now
            )
            rate(turn, now=now, **(how if index == 0 else {}))
        if finish:
            conversation = operations.end_conversation(conversation=conversation, now=now)
            values: dict[str, int | str | None] = {"fluency": 80, "safety": "not_applicable"}
            reasons: dict[str, int | str | None] = {"fluency": None, "safety": 20}
            conversation = operations.store_attributes(
                conversation=conversation,
                blocks={"performance": values, "choice": reasons},
                now=now,
            )
            conversation = operations.store_feedback(
                conversation=conversation, text="Listen more.", now=now
            )
        return conversation

    return run


@pytest.fixture
def walk(make_participant: Callable[..., Participant], talk: Callable[..., Conversation]) -> Walk:
    """A participant who has done so many survey pages and conversations; at the end if all."""

    def run(
        *, pages: int = 2, conversations: int = 0, now: datetime = NOW, **fields: object
    ) -> Participant:
        withdrawn_at = fields.pop("withdrawn_at", None)
        participant = make_participant(consented_at=now, **fields)
        for page in range(pages):
            store_page(participant=participant, stage=SURVEY_STAGE, page=page, values={}, now=now)
        for number in range(1, conversations + 1):
            talk(participant, number, now=now)
        journey.complete_if_done(participant=participant, now=now + timedelta(minutes=20))
        if withdrawn_at is not None:
            participant.withdrawn_at = withdrawn_at
            participant.save()
        return participant

    return run


@pytest.fixture
def stranger_client(charlie: User) -> Client:
    client = Client()
    client.force_login(charlie)
    return client
