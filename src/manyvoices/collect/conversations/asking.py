"""Who answers in which place of a turn, and the jobs for it. Call with the participant locked."""

from __future__ import annotations

import random
from datetime import datetime, timedelta

from manyvoices.collect.conversations import queries
from manyvoices.collect.conversations.models import Turn, Utterance
from manyvoices.collect.jobs import leases
from manyvoices.design import ConversationsStage
from manyvoices.design.dialogue import (
    continuing_slots,
    derive_seed,
    draw_replacement,
    generator,
)
from manyvoices.design.openings import draw_opening

# Beyond the responder's own time limit: the wait for a runner, and the way to and from it.
QUEUE_ALLOWANCE_S = 5.0
JOB_KIND = "utterance"


def deadline(rule: ConversationsStage, index: int, now: datetime) -> datetime:
    """When answers to message `index` count as missing."""
    return now + timedelta(seconds=queries.time_limit_s(rule, index) + QUEUE_ALLOWANCE_S)


def ask(turn: Turn, rule: ConversationsStage, *, now: datetime) -> None:
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


def give_up_on(utterances: list[Utterance], *, now: datetime) -> None:
    """Record as missing what has not come by the deadline, and call its jobs off."""
    late = [u for u in utterances if not u.is_settled]
    for utterance in late:
        utterance.failure = "timeout"
        utterance.settled_at = now
    Utterance.objects.bulk_update(late, ["failure", "settled_at"])
    leases.cancel(kind=JOB_KIND, keys=[str(u.id) for u in late], now=now)
