"""Every write of the conversations stage: one transaction each, the same form twice stored once.

Each operation first locks the participant's row, so that two windows of one person take turns.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

import msgspec
from django.db import transaction

from manyvoices.collect.conversations import asking, queries
from manyvoices.collect.conversations.models import (
    AttributeRating,
    Conversation,
    Turn,
    Utterance,
)
from manyvoices.collect.people.errors import StaleSubmission
from manyvoices.collect.people.locks import lock_participant
from manyvoices.collect.people.models import Participant
from manyvoices.design import ConversationsStage
from manyvoices.design.dialogue import (
    NothingToLock,
    TurnState,
    derive_seed,
    generator,
    lock_winner,
    may_finish,
    must_finish,
    turn_state,
)
from manyvoices.design.survey import NOT_APPLICABLE
from manyvoices.schema import SliderTrace


@transaction.atomic
def start_conversation(
    *, participant: Participant, stage: int, number: int, type_name: str, now: datetime
) -> Conversation:
    """Open conversation `number` of a stage, unless it is open already."""
    lock_participant(participant)
    existing = participant.conversations.filter(stage=stage, number=number).first()
    if existing is not None:
        return existing
    rule = queries.stage_spec(participant, stage)
    conversations = list(participant.conversations.filter(stage=stage))
    if number != len(conversations) + 1 or any(c.finished_at is None for c in conversations):
        raise StaleSubmission("another conversation is still open")
    of_type = sum(c.type == type_name for c in conversations)
    if type_name not in rule.types or of_type >= rule.types[type_name].count:
        raise StaleSubmission("no conversation of this kind is left")
    return participant.conversations.create(
        stage=stage,
        number=number,
        type=type_name,
        seed=derive_seed(participant.seed, "conversation", stage, number),
        consent_version=participant.consent_version,
        started_at=now,
    )


@transaction.atomic
def send_prompt(*, conversation: Conversation, index: int, text: str, now: datetime) -> Turn:
    """Store what the participant wrote, and ask the responders whose turn it is."""
    lock_participant(conversation.participant)
    conversation.refresh_from_db()
    turns = list(conversation.turns.all())
    if index < len(turns):
        return turns[index]
    rule = queries.stage_spec(conversation.participant, conversation.stage)
    _may_send(conversation, turns, index, rule)
    turn = conversation.turns.create(
        index=index,
        prompt=text,
        seed=derive_seed(conversation.seed, "turn", index),
        created_at=now,
        deadline_at=asking.deadline(rule, index, now),
    )
    asking.ask(turn, rule, now=now)
    return turn


def _may_send(
    conversation: Conversation, turns: list[Turn], index: int, rule: ConversationsStage
) -> None:
    if conversation.ended_at is not None or index != len(turns):
        raise StaleSubmission("this turn is over")
    if turns and turns[-1].rated_at is None:
        raise StaleSubmission("the last answers are not rated yet")
    if must_finish(len(turns), rule.continuing):
        raise StaleSubmission("the conversation has reached its last turn")


@transaction.atomic
def ask_again(*, conversation: Conversation, index: int, now: datetime) -> Turn:
    """Ask anew where every responder failed; what failed stays on record under its attempt."""
    lock_participant(conversation.participant)
    turn = conversation.turns.get(index=index)
    utterances = queries.shown(turn)
    state = turn_state(queries.candidates(utterances), now=now, deadline=turn.deadline_at)
    if turn.rated_at is not None or state is not TurnState.FAILED:
        return turn
    asking.give_up_on(utterances, now=now)
    rule = queries.stage_spec(conversation.participant, conversation.stage)
    turn.attempt += 1
    turn.deadline_at = asking.deadline(rule, index, now)
    turn.save(update_fields=["attempt", "deadline_at"])
    asking.ask(turn, rule, now=now)
    return turn


@transaction.atomic
def rate_turn(
    *,
    conversation: Conversation,
    index: int,
    scores: Mapping[str, int | None],
    now: datetime,
    traces: Mapping[str, SliderTrace] | None = None,
    all_bad: bool = False,
) -> Turn:
    """Store the scores of one turn and lock its winner. A second rating changes nothing.

    `scores`, `traces`: position as text -> score, or how the mark was set. `all_bad`: no answer
    wins; those that were not rated stay so, and the stage's rule says what follows.

    Raises `manyvoices.design.dialogue.RatingsMissing` where an answer that was shown has no score,
    `NothingToLock` where nobody answered, `StaleSubmission` where answers are still awaited.
    """
    lock_participant(conversation.participant)
    turn = conversation.turns.get(index=index)
    if turn.rated_at is not None:
        return turn
    utterances = queries.shown(turn)
    state = turn_state(queries.candidates(utterances), now=now, deadline=turn.deadline_at)
    if state is TurnState.WAITING:
        raise StaleSubmission("answers are still awaited")
    rule = queries.stage_spec(conversation.participant, conversation.stage)
    if all_bad and rule.all_bad is None:
        raise StaleSubmission("the study does not offer this")
    for utterance in utterances:
        if utterance.text:
            utterance.score = scores.get(utterance.key)
            trace = (traces or {}).get(utterance.key)
            utterance.trace = trace and trace_json(trace)
    _mark_winner(turn, utterances, all_bad=all_bad)
    asking.give_up_on(utterances, now=now)
    Utterance.objects.bulk_update(utterances, ["score", "chosen", "tied", "trace"])
    turn.rated_at = now
    turn.all_bad = all_bad
    turn.save(update_fields=["rated_at", "all_bad"])
    if all_bad and rule.all_bad == "end":
        _close(conversation, rule, now=now)
    return turn


def _mark_winner(turn: Turn, utterances: list[Utterance], *, all_bad: bool) -> None:
    candidates = queries.candidates(utterances)
    if all_bad:
        if not any(candidate.answered for candidate in candidates):
            raise NothingToLock("no model answered, so no answer can be bad")
        return
    winner = lock_winner(candidates, generator(derive_seed(turn.seed, "winner")))
    for utterance in utterances:
        utterance.chosen = utterance.key == winner.key
        utterance.tied = utterance.key in winner.tied


def trace_json(trace: SliderTrace) -> dict[str, int | str | None]:
    """A trace as the database keeps it."""
    kept: dict[str, int | str | None] = msgspec.to_builtins(trace)
    return kept


@transaction.atomic
def end_conversation(*, conversation: Conversation, now: datetime) -> Conversation:
    """End the talking, if there were enough turns; feedback follows."""
    lock_participant(conversation.participant)
    conversation.refresh_from_db()
    if conversation.ended_at is not None:
        return conversation
    rule = queries.stage_spec(conversation.participant, conversation.stage)
    turns = list(conversation.turns.all())
    n_rated = sum(turn.rated_at is not None for turn in turns)
    if n_rated < len(turns) or not may_finish(n_rated, rule.continuing):
        raise StaleSubmission("the conversation is not over yet")
    _close(conversation, rule, now=now)
    return conversation


def _close(conversation: Conversation, rule: ConversationsStage, *, now: datetime) -> None:
    """The talking is over; so is everything where nothing is asked about it."""
    conversation.ended_at = now
    asks = queries.asks_attributes(rule) and queries.has_best(conversation)
    if not asks and rule.feedback.open is None:
        conversation.finished_at = now
    conversation.save(update_fields=["ended_at", "finished_at"])


@transaction.atomic
def store_attributes(
    *,
    conversation: Conversation,
    blocks: Mapping[str, Mapping[str, int | str | None]],
    now: datetime,
    traces: Mapping[tuple[str, str], SliderTrace] | None = None,
) -> Conversation:
    """Store how the best answer performed and why it was chosen.

    `blocks`: block -> item -> value, ``"not_applicable"``, or None where it was left untouched.
    `traces`: (block, item) -> how its mark was set.
    """
    lock_participant(conversation.participant)
    conversation.refresh_from_db()
    if conversation.attributes_at is not None:
        return conversation
    if conversation.ended_at is None:
        raise StaleSubmission("the conversation is not over yet")
    AttributeRating.objects.bulk_create(
        AttributeRating(
            conversation=conversation,
            block=block,
            item=item,
            value=value if isinstance(value, int) else None,
            not_applicable=value == NOT_APPLICABLE,
            trace=(trace := (traces or {}).get((block, item))) and trace_json(trace),
        )
        for block, items in blocks.items()
        for item, value in items.items()
    )
    conversation.attributes_at = now
    rule = queries.stage_spec(conversation.participant, conversation.stage)
    if rule.feedback.open is None:
        conversation.finished_at = now
    conversation.save(update_fields=["attributes_at", "finished_at"])
    return conversation


@transaction.atomic
def store_feedback(*, conversation: Conversation, text: str, now: datetime) -> Conversation:
    """Store the open feedback; with it the conversation is finished."""
    lock_participant(conversation.participant)
    conversation.refresh_from_db()
    if conversation.finished_at is not None:
        return conversation
    rule = queries.stage_spec(conversation.participant, conversation.stage)
    waiting_for = (
        queries.asks_attributes(rule)
        and conversation.attributes_at is None
        and queries.has_best(conversation)
    )
    if conversation.ended_at is None or waiting_for:
        raise StaleSubmission("something else is asked before this")
    conversation.open_feedback = text
    conversation.finished_at = now
    conversation.save(update_fields=["open_feedback", "finished_at"])
    return conversation
