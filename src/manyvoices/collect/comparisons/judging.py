"""Storing what somebody said of a comparison, and ending what cannot be judged.

Each operation first locks the participant's row; see `operations`.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction

from manyvoices.collect.comparisons import addresses, operations, queries, vote_reading
from manyvoices.collect.comparisons.models import Comparison, ComparisonsOver
from manyvoices.collect.people.errors import StaleSubmission
from manyvoices.collect.people.locks import lock_participant
from manyvoices.collect.people.models import Participant
from manyvoices.design.comparisons.integrity import (
    BUSY_ADDRESS,
    TOO_FAST,
    TOO_MANY,
    evidence,
    most_per_address,
    signs,
)
from manyvoices.design.comparisons.stage import ComparisonsStage
from manyvoices.schema.comparisons import ComparisonVerdict


@transaction.atomic
def judge(
    *,
    comparison: Comparison,
    verdict: ComparisonVerdict,
    order: list[list[int]] | None,
    now: datetime,
    reasons: Sequence[str] = (),
    reason_text: str | None = None,
    address: str = "",
) -> Comparison:
    """Store a verdict; a second one changes nothing.

    `order`: groups of places, best first, with a choice and only there. `address`: where it came
    from, which is counted and not stored; empty = not known.

    Raises `StaleSubmission` where there is nothing to judge yet.
    """
    lock_participant(comparison.participant)
    comparison.refresh_from_db(fields=["verdict", "shown_at", "judged_at"])
    if comparison.is_over:
        return comparison
    rule = queries.stage_spec(comparison.participant, comparison.stage)
    if not queries.may_judge(comparison, rule):
        raise StaleSubmission("the answers are not there yet")
    comparison.verdict = verdict
    comparison.order = order
    comparison.reasons = list(reasons)
    comparison.reason_text = reason_text
    comparison.judged_at = now
    comparison.revealed_at = now if rule.reveals else None
    vote, earlier = vote_reading.vote(comparison), vote_reading.earlier_votes(comparison)
    comparison.evidence = evidence(vote, earlier)
    found = list(signs(vote, earlier, rule.integrity))
    if comparison.simulated:
        # Rehearsals do not wait: a bot is known to be one, and its pace says nothing.
        found = [name for name in found if name not in (TOO_FAST, TOO_MANY)]
    elif _is_one_too_many(comparison, rule, address, now=now):
        found.append(BUSY_ADDRESS)
    comparison.quarantined = found
    comparison.save()
    return comparison


def _is_one_too_many(
    comparison: Comparison, rule: ComparisonsStage, address: str, *, now: datetime
) -> bool:
    """Whether more came from this address lately than the study counts. The number is not kept
    with the vote: numbers that count up would tell who sits behind one address."""
    most = most_per_address(rule, comparison.participant.version.spec.recruitment)
    if most is None:
        return False
    return addresses.one_more_than(most, comparison=comparison, address=address, now=now)


@transaction.atomic
def give_up(*, comparison: Comparison, now: datetime) -> Comparison:
    """Go on without answers that did not come in time: the comparison counts for nobody.

    Nothing is changed where they have come after all, or are still awaited.
    """
    lock_participant(comparison.participant)
    comparison.refresh_from_db(fields=["verdict", "shown_at", "judged_at"])
    exchanges = queries.exchanges_with_answers(comparison)
    if comparison.is_over or not exchanges or not queries.has_failed(exchanges[-1], now=now):
        return comparison
    operations.give_up_on_late(comparison, now=now)
    operations.fail(comparison, now=now)
    return comparison


@transaction.atomic
def end(*, participant: Participant, stage: int, now: datetime) -> None:
    """Let somebody end an arena who has judged as many as the study asks for."""
    lock_participant(participant)
    rule = queries.stage_spec(participant, stage)
    verdicts = list(participant.comparisons.filter(stage=stage).values_list("verdict", flat=True))
    n_judged = sum(v not in (None, ComparisonVerdict.FAILED) for v in verdicts)
    if rule.source != "arena" or n_judged < rule.count or None in verdicts:
        raise StaleSubmission("more comparisons are asked for")
    operations.over(participant, stage, because=ComparisonsOver.Because.ENDED, now=now)
