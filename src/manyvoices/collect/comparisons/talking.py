"""Every write of the talk in an arena: one transaction each, the same form twice stored once.

Each operation first locks the participant's row; see `operations`.
"""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from manyvoices.collect.comparisons import judging, operations, queries, sides
from manyvoices.collect.comparisons.models import Comparison, Exchange
from manyvoices.collect.people import drafts
from manyvoices.collect.people.errors import StaleSubmission
from manyvoices.collect.people.locks import lock_participant
from manyvoices.design.comparisons.talking import Talk, may_write


def message_form(stage: int, number: int, index: int) -> str:
    """The name under which the draft of one message is kept."""
    return f"arena-{stage}-{number}-{index}"


def talk_of(comparison: Comparison, exchanges: list[Exchange], *, now: datetime) -> Talk:
    """Where a talk stands; its exchanges need their answers loaded."""
    return Talk(
        n_messages=len(exchanges),
        sides=sides.state_of(exchanges[-1], now=now) if exchanges else None,
        over=comparison.is_over,
    )


@transaction.atomic
def send_message(*, comparison: Comparison, index: int, text: str, now: datetime) -> Exchange:
    """Store what somebody wrote and ask every side. The same message again changes nothing.

    Raises `StaleSubmission` where it is not the turn of this message.
    """
    lock_participant(comparison.participant)
    comparison.refresh_from_db(fields=["verdict"])
    exchanges = queries.exchanges_with_answers(comparison)
    if index < len(exchanges):
        return exchanges[index]
    rule = queries.stage_spec(comparison.participant, comparison.stage)
    talk = talk_of(comparison, exchanges, now=now)
    if index != len(exchanges) or not may_write(talk, rule.turns):
        raise StaleSubmission("no message is taken now")
    return operations.ask_sides(comparison, rule, index=index, text=text, now=now)


@transaction.atomic
def leave_out(*, comparison: Comparison, now: datetime) -> Comparison:
    """Go on without answers that failed. What was written first waits in the next comparison."""
    judging.give_up(comparison=comparison, now=now)
    first = comparison.exchanges.filter(index=0).first()
    if comparison.is_over and first is not None and comparison.shown_at is None:
        drafts.save_draft(
            participant=comparison.participant,
            form=message_form(comparison.stage, comparison.number + 1, 0),
            fields={"prompt": [first.prompt]},
            now=now,
        )
    return comparison
