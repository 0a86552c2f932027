"""Every write of the comparisons stage: one transaction each, the same form twice stored once.

Each operation first locks the participant's row, so that two windows of one person take turns.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import transaction

from manyvoices.collect.comparisons import queries
from manyvoices.collect.comparisons.models import (
    Comparison,
    ComparisonsOver,
    DrawTurn,
    Exchange,
    SideAnswer,
)
from manyvoices.collect.conversations import budget
from manyvoices.collect.jobs import leases
from manyvoices.collect.people.errors import StaleSubmission
from manyvoices.collect.people.locks import lock_participant
from manyvoices.collect.people.models import Participant
from manyvoices.design.comparisons.assigning import Placed, draw
from manyvoices.design.comparisons.stage import ComparisonsStage, Pool, PromptItem
from manyvoices.design.dialogue import derive_seed, generator
from manyvoices.schema.comparisons import ComparisonVerdict

# Beyond the responder's own time limit: the wait for a runner, and the way to and from it.
QUEUE_ALLOWANCE_S = 5.0
JOB_KIND = "side_answer"


def start_comparison(
    *, participant: Participant, stage: int, number: int, now: datetime
) -> Comparison | None:
    """Hand out comparison `number` of a stage, unless it is there already.

    None where nothing is left for this person: the stage is then over for them (`over`).
    """
    rule = queries.stage_spec(participant, stage)
    # Looks at the language of every stored output, once per process: not while others wait.
    to_draw = queries.rule_to_draw(participant.version, stage, rule)
    with transaction.atomic():
        return _start(participant, stage, number, rule, to_draw, now)


def _start(
    participant: Participant,
    stage: int,
    number: int,
    rule: ComparisonsStage,
    to_draw: ComparisonsStage,
    now: datetime,
) -> Comparison | None:
    lock_participant(participant)
    existing = participant.comparisons.filter(stage=stage, number=number).first()
    if existing is not None:
        return existing
    _may_start(participant, stage, number, rule)
    if _is_beyond_the_budget(participant, stage, rule):
        over(participant, stage, because=ComparisonsOver.Because.NOTHING_LEFT, now=now)
        return None
    answers = queries.traits(participant)
    pool = queries.pool_for(rule, answers)
    seed = derive_seed(participant.seed, "comparison", stage, number)
    hold_turn(participant.study_id, stage)
    placed = draw(
        to_draw,
        [model.id for model in participant.version.spec.models],
        queries.counts(participant, stage, rule, pool, now),
        queries.person(participant, stage, answers),
        generator(seed),
        per_cell=queries.per_cell(rule, pool),
    )
    if placed is None:
        over(participant, stage, because=ComparisonsOver.Because.NOTHING_LEFT, now=now)
        return None
    comparison = _store(participant, stage, number, rule, pool, placed, seed, now)
    if placed.prompt is not None:
        _ask(comparison, rule, placed.prompt, now=now)
    return comparison


def _may_start(participant: Participant, stage: int, number: int, rule: ComparisonsStage) -> None:
    mine = list(participant.comparisons.filter(stage=stage).values_list("verdict", flat=True))
    if number != len(mine) + 1 or None in mine:
        raise StaleSubmission("another comparison is still open")
    if len(mine) - mine.count(ComparisonVerdict.FAILED) >= rule.at_most:
        raise StaleSubmission("no comparison is left")
    if participant.comparisons_over.filter(stage=stage).exists():
        raise StaleSubmission("the comparisons are over")


def _is_beyond_the_budget(participant: Participant, stage: int, rule: ComparisonsStage) -> bool:
    """Whether this comparison of an arena is one more than is asked for, and one too many."""
    if rule.at_most == rule.count or queries.n_counted(participant, stage) < rule.count:
        return False
    return not budget.room_beyond_what_is_promised(participant.study)


def hold_turn(study_id: str, stage: int) -> None:
    """Let nobody else draw in this stage until the transaction ends.

    Lock the participant first: everybody takes the two in this order.
    """
    rows = DrawTurn.objects.select_for_update(no_key=True)
    if rows.filter(study_id=study_id, stage=stage).first() is not None:
        return
    DrawTurn.objects.bulk_create([DrawTurn(study_id=study_id, stage=stage)], ignore_conflicts=True)
    rows.get(study_id=study_id, stage=stage)


def over(participant: Participant, stage: int, *, because: str, now: datetime) -> None:
    """Store that a stage is over for somebody before its count. The first reason stays.

    Call with the participant locked.
    """
    ComparisonsOver.objects.get_or_create(
        participant=participant, stage=stage, defaults={"because": because, "at": now}
    )


def _store(
    participant: Participant,
    stage: int,
    number: int,
    rule: ComparisonsStage,
    pool: Pool | None,
    placed: Placed,
    seed: int,
    now: datetime,
) -> Comparison:
    prompt = placed.prompt
    own = participant.language
    return participant.comparisons.create(
        study_id=participant.study_id,
        stage=stage,
        number=number,
        simulated=participant.simulated,
        source=rule.source,
        prompt_id=None if prompt is None else prompt.id,
        category=None if prompt is None else prompt.category,
        language=own if prompt is None else queries.language_of(prompt, participant.version),
        pool=None if pool is None else pool.name,
        models=list(placed.models),
        because=placed.because,
        ask=placed.ask,
        seed=seed,
        consent_version=participant.consent_version,
        started_at=now,
    )


def _ask(
    comparison: Comparison, rule: ComparisonsStage, prompt: PromptItem, *, now: datetime
) -> Exchange:
    """The one exchange about a prompt of the set: stored outputs at once, or a job per side."""
    if rule.source == "live":
        return ask_sides(comparison, rule, index=0, text=prompt.text, now=now)
    texts = {o.model: o.text for o in rule.outputs if o.prompt == prompt.id}
    exchange = comparison.exchanges.create(index=0, prompt=prompt.text, created_at=now)
    SideAnswer.objects.bulk_create(
        SideAnswer(exchange=exchange, position=position, text=texts[model], settled_at=now)
        for position, model in enumerate(comparison.models)
    )
    comparison.shown_at = now
    comparison.save(update_fields=["shown_at"])
    return exchange


def ask_sides(
    comparison: Comparison, rule: ComparisonsStage, *, index: int, text: str, now: datetime
) -> Exchange:
    """Store a message and queue one job for each side's answer to it.

    Call with the participant locked. Answers that were cut short are asked for again with
    `ask_sides_again`.
    """
    exchange = comparison.exchanges.create(
        index=index, prompt=text, created_at=now, deadline_at=_deadline(rule, now)
    )
    _queue(exchange, n_sides=len(comparison.models), rule=rule, now=now)
    return exchange


def ask_sides_again(exchange: Exchange, rule: ComparisonsStage, *, now: datetime) -> None:
    """Ask every side anew; what failed stays on record under its attempt. Call with the
    participant locked."""
    exchange.attempt += 1
    exchange.deadline_at = _deadline(rule, now)
    exchange.save(update_fields=["attempt", "deadline_at"])
    _queue(exchange, n_sides=len(exchange.comparison.models), rule=rule, now=now)


def _deadline(rule: ComparisonsStage, now: datetime) -> datetime:
    return now + timedelta(seconds=rule.timeout_s + QUEUE_ALLOWANCE_S)


def _queue(exchange: Exchange, *, n_sides: int, rule: ComparisonsStage, now: datetime) -> None:
    answers = SideAnswer.objects.bulk_create(
        SideAnswer(exchange=exchange, attempt=exchange.attempt, position=position)
        for position in range(n_sides)
    )
    leases.enqueue_all(
        kind=JOB_KIND,
        keys=[str(answer.id) for answer in answers],
        lease_s=rule.timeout_s + QUEUE_ALLOWANCE_S,
        now=now,
    )


def after_settling(
    comparison: Comparison, exchange: Exchange, rule: ComparisonsStage, *, now: datetime
) -> None:
    """What follows once a side of `exchange` has answered or failed: call it with the participant
    locked, in the transaction that stored the answer.

    Nothing while a side is awaited. All answered: the answers can be read (`shown_at`, of the last
    message). One failed and another did not: the comparison is over as `failed`. In an arena, and
    where no side answered, the person may ask again instead.
    """
    current = Exchange.objects.prefetch_related("answers").get(pk=exchange.pk)
    if comparison.is_over or not all(answer.is_settled for answer in queries.shown(current)):
        return
    if queries.is_readable(current):
        comparison.shown_at = now
        comparison.save(update_fields=["shown_at"])
    elif rule.source != "arena" and any(a.failure is None for a in queries.shown(current)):
        fail(comparison, now=now)


@transaction.atomic
def ask_again(*, comparison: Comparison, now: datetime) -> Comparison:
    """Ask every side anew where the answers to the last message have failed. Nothing is changed
    where they are there, or still awaited."""
    lock_participant(comparison.participant)
    comparison.refresh_from_db(fields=["verdict"])
    exchanges = queries.exchanges_with_answers(comparison)
    if comparison.is_over or not exchanges or not queries.has_failed(exchanges[-1], now=now):
        return comparison
    give_up_on_late(comparison, now=now)
    rule = queries.stage_spec(comparison.participant, comparison.stage)
    ask_sides_again(exchanges[-1], rule, now=now)
    return comparison


def give_up_on_late(comparison: Comparison, *, now: datetime) -> None:
    """Record as missing what has not come, and call its jobs off."""
    late = SideAnswer.objects.filter(exchange__comparison=comparison, settled_at=None)
    keys = [str(key) for key in late.values_list("pk", flat=True)]
    late.update(failure="timeout", settled_at=now)
    leases.cancel(kind=JOB_KIND, keys=keys, now=now)


def fail(comparison: Comparison, *, now: datetime) -> None:
    """Store that there is nothing to judge: it counts for nobody. After `FAILURES_IN_A_ROW` the
    stage is over for this person. Call with the participant locked."""
    comparison.verdict = ComparisonVerdict.FAILED.value
    comparison.judged_at = now
    comparison.save(update_fields=["verdict", "judged_at"])
    if queries.failed_in_a_row(comparison):
        over(
            comparison.participant,
            comparison.stage,
            because=ComparisonsOver.Because.FAILURES,
            now=now,
        )
