"""Every write of the conversations stage: one transaction each, the same form twice stored once.

Each operation first locks the participant's row, so that two windows of one person take turns.
"""

from __future__ import annotations

import random
from collections.abc import Mapping
from datetime import datetime, timedelta

import msgspec
from django.db import transaction

from manyvoices.collect.conversations import queries
from manyvoices.collect.conversations.models import (
    AttributeRating,
    Conversation,
    Turn,
    Utterance,
)
from manyvoices.collect.jobs import leases
from manyvoices.collect.people.errors import StaleSubmission
from manyvoices.collect.people.locks import lock_participant
from manyvoices.collect.people.models import Participant
from manyvoices.design import ConversationsStage
from manyvoices.design.dialogue import (
    NothingToLock,
    TurnState,
    continuing_slots,
    derive_seed,
    draw_replacement,
    generator,
    lock_winner,
    may_finish,
    must_finish,
    turn_state,
)
from manyvoices.design.openings import draw_opening
from manyvoices.design.survey import NOT_APPLICABLE
from manyvoices.schema import SliderTrace

# Beyond the responder's own time limit: the wait for a runner, and the way to and from it.
QUEUE_ALLOWANCE_S = 5.0
JOB_KIND = "utterance"


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
        deadline_at=_deadline(rule, index, now),
    )
    _ask(turn, rule, now=now)
    return turn


def _deadline(rule: ConversationsStage, index: int, now: datetime) -> datetime:
    return now + timedelta(seconds=queries.time_limit_s(rule, index) + QUEUE_ALLOWANCE_S)


def _may_send(
    conversation: Conversation, turns: list[Turn], index: int, rule: ConversationsStage
) -> None:
    if conversation.ended_at is not None or index != len(turns):
        raise StaleSubmission("this turn is over")
    if turns and turns[-1].rated_at is None:
        raise StaleSubmission("the last answers are not rated yet")
    if must_finish(len(turns), rule.continuing):
        raise StaleSubmission("the conversation has reached its last turn")


def _ask(turn: Turn, rule: ConversationsStage, *, now: datetime) -> None:
    """Draw who answers in which place, and queue one job for each."""
    rng = generator(derive_seed(turn.seed, "draw", turn.attempt))
    if queries.draws_anew(turn.conversation, turn.index):
        drawn = _drawn(turn, rule, rng)
    else:
        best = queries.chosen(turn.conversation, turn.index - 1)
        drawn = continuing_slots(best.responder, rule.continuing.responses, rng)
    utterances = Utterance.objects.bulk_create(
        Utterance(turn=turn, attempt=turn.attempt, position=position, responder=responder)
        for position, responder in enumerate(drawn)
    )
    leases.enqueue_all(
        kind=JOB_KIND,
        keys=[str(utterance.id) for utterance in utterances],
        lease_s=queries.time_limit_s(rule, turn.index) + QUEUE_ALLOWANCE_S,
        now=now,
    )


def _drawn(turn: Turn, rule: ConversationsStage, rng: random.Random) -> tuple[str, ...]:
    """The models of an opening, with the reason for them noted where a batch is in force."""
    pool = [model.id for model in turn.conversation.participant.version.spec.models]
    steered = rule.assignment.policy == "batch"
    drawn = draw_opening(
        pool,
        rule.opening.responders,
        rng,
        assignment=rule.assignment,
        opener=queries.opener(turn.conversation) if steered else None,
        asked=queries.openings_by_ask(turn) if steered else None,
    )
    if steered:
        turn.assigned_because, turn.ask = drawn.because, drawn.ask
        turn.save(update_fields=["assigned_because", "ask"])
    return drawn.models


def replace_failed(utterance: Utterance, *, now: datetime) -> Utterance | None:
    """Draw a further model for a place whose own failed, where the study says so and there is time.

    Call with the participant locked, in the transaction that stores the failure.
    """
    turn = utterance.turn
    conversation = turn.conversation
    rule = queries.stage_spec(conversation.participant, conversation.stage)
    if not queries.may_replace(utterance, rule, now=now):
        return None
    asked = turn.utterances.filter(attempt=turn.attempt).values_list("responder", flat=True)
    number = utterance.replacement + 1
    seed = derive_seed(turn.seed, "replace", turn.attempt, utterance.position, number)
    pool = [m.id for m in conversation.participant.version.spec.models]
    drawn = draw_replacement(pool, list(asked), generator(seed))
    if drawn is None or utterance.answer_by is None:
        return None
    other = Utterance.objects.create(
        turn=turn,
        attempt=turn.attempt,
        position=utterance.position,
        replacement=number,
        responder=drawn,
        answer_by=utterance.answer_by,
    )
    left_s = (utterance.answer_by - now).total_seconds()
    leases.enqueue(kind=JOB_KIND, key=str(other.id), lease_s=left_s + QUEUE_ALLOWANCE_S, now=now)
    return other


@transaction.atomic
def ask_again(*, conversation: Conversation, index: int, now: datetime) -> Turn:
    """Ask anew where every responder failed; what failed stays on record under its attempt."""
    lock_participant(conversation.participant)
    turn = conversation.turns.get(index=index)
    utterances = queries.shown(turn)
    state = turn_state(queries.candidates(utterances), now=now, deadline=turn.deadline_at)
    if turn.rated_at is not None or state is not TurnState.FAILED:
        return turn
    _give_up_on(utterances, now=now)
    rule = queries.stage_spec(conversation.participant, conversation.stage)
    turn.attempt += 1
    turn.deadline_at = _deadline(rule, index, now)
    turn.save(update_fields=["attempt", "deadline_at"])
    _ask(turn, rule, now=now)
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
    _give_up_on(utterances, now=now)
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


def _give_up_on(utterances: list[Utterance], *, now: datetime) -> None:
    """Record as missing what has not come by the deadline, and call its jobs off."""
    late = [u for u in utterances if not u.is_settled]
    for utterance in late:
        utterance.failure = "timeout"
        utterance.settled_at = now
    Utterance.objects.bulk_update(late, ["failure", "settled_at"])
    leases.cancel(kind=JOB_KIND, keys=[str(u.id) for u in late], now=now)


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
