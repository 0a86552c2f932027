"""Every read of the comparisons stage."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Count, Q, QuerySet

from manyvoices.collect.comparisons.models import Comparison, Exchange, SideAnswer
from manyvoices.collect.people.errors import StaleSubmission
from manyvoices.collect.people.models import Participant
from manyvoices.collect.studies.models import StudyVersion
from manyvoices.curate.language_match import same_language
from manyvoices.design.comparisons.assigning import Cell, Counts, Person, pool_of
from manyvoices.design.comparisons.stage import ComparisonsStage, Pool, PromptItem
from manyvoices.schema.comparisons import ComparisonVerdict

SEAT_KEPT = timedelta(hours=1)
"""How long a comparison that nobody has judged yet keeps its seat in its cell."""
COUNTED = (
    ComparisonVerdict.CHOICE.value,
    ComparisonVerdict.TIE.value,
    ComparisonVerdict.ALL_BAD.value,
)
"""Verdicts that say something of the models: what fills a cell."""
FAILURES_IN_A_ROW = 3
"""So many failed comparisons one after the other, and the stage is over for somebody."""


def stage_spec(participant: Participant, stage: int) -> ComparisonsStage:
    """The rules of stage number `stage`; `StaleSubmission` where it holds no comparisons."""
    stages = participant.version.spec.stages
    rule = stages[stage] if stage < len(stages) else None
    if not isinstance(rule, ComparisonsStage):
        raise StaleSubmission("this step of the study holds no comparisons")
    return rule


def rule_to_draw(version: StudyVersion, stage: int, rule: ComparisonsStage) -> ComparisonsStage:
    """`rule` with every prompt's language said, as a batch asks by it, and without the stored
    outputs that count as failed for their language: nobody is asked about them. Looked at once per
    process and version."""
    key = (version.study_id, version.digest, stage)
    if key not in _to_draw:
        prompts = tuple(
            p.model_copy(update={"language": language_of(p, version)}) for p in rule.prompts
        )
        outputs = rule.outputs
        if rule.same_language:
            outputs = tuple(o for o in outputs if is_in_language(version, rule, o.prompt, o.text))
        _to_draw[key] = rule.model_copy(update={"prompts": prompts, "outputs": outputs})
    return _to_draw[key]


def is_in_language(
    version: StudyVersion, rule: ComparisonsStage, prompt: str, text: str | None
) -> bool:
    """Whether a stored output is in the language of its prompt, as far as one can tell."""
    item = next((item for item in rule.prompts if item.id == prompt), None)
    if item is None or not text:
        return True
    return same_language(text, language_of(item, version))[1]


def language_of(item: PromptItem, version: StudyVersion) -> str:
    """Of a prompt: its own, or the study's first."""
    return item.language or version.spec.languages[0]


def traits(participant: Participant) -> dict[str, Collection[str]]:
    """Survey question -> what they answered, as the rules of pools and batches read it."""
    rows = participant.answers.order_by().values_list("question", "value")
    return {question: frozenset(_values(value)) for question, value in rows}


def _values(value: Any) -> list[str]:
    if isinstance(value, Mapping):  # "other" with text: the choice itself is under `value`
        return _values(value.get("value"))
    if isinstance(value, list):
        return [text for one in value for text in _values(one)]
    return [] if value is None else [str(value)]


def pool_for(rule: ComparisonsStage, answers: Mapping[str, Collection[str]]) -> Pool | None:
    """Which pool somebody counts for."""
    return pool_of(rule, answers) if rule.pools else None


def per_cell(rule: ComparisonsStage, pool: Pool | None) -> int | None:
    """Verdicts wanted of each cell by people of `pool`; None = no limit."""
    if pool is not None and pool.per_cell is not None:
        return pool.per_cell
    return rule.per_cell


def seats(participant: Participant, stage: int, pool: Pool | None) -> QuerySet[Comparison]:
    """Comparisons among which this person's next one is counted: of the same pool, people among
    people and bots among bots."""
    return Comparison.objects.filter(
        study_id=participant.study_id,
        stage=stage,
        simulated=participant.simulated,
        pool=None if pool is None else pool.name,
    )


def counts(
    participant: Participant, stage: int, rule: ComparisonsStage, pool: Pool | None, now: datetime
) -> Counts:
    """What was handed out so far: two statements, of as many rows as there are cells.

    A comparison that nobody has judged within `SEAT_KEPT` is not counted, nor a vote set aside.
    """
    judged = Q(verdict__in=COUNTED, quarantined=[])
    under_way = Q(verdict=None, started_at__gt=now - SEAT_KEPT)
    rows = seats(participant, stage, pool).filter(judged | under_way).order_by()
    verdicts: dict[Cell, int] = {}
    orders: dict[tuple[str, ...], int] = {}
    for prompt, placed, n in rows.values_list("prompt_id", "models").annotate(n=Count("pk")):
        cell = Cell(prompt, tuple(sorted(placed)))
        verdicts[cell] = verdicts.get(cell, 0) + n
        orders[tuple(placed)] = orders.get(tuple(placed), 0) + n
    return Counts(verdicts, orders, _asks(rows, participant, rule))


def _asks(
    rows: QuerySet[Comparison], participant: Participant, rule: ComparisonsStage
) -> dict[int, int]:
    """By index in the batch: another version of the study has another batch."""
    if rule.assignment.policy != "batch":
        return {}
    asked = rows.filter(participant__version_id=participant.version_id, ask__isnull=False)
    return {
        ask: n for ask, n in asked.values_list("ask").annotate(n=Count("pk")) if ask is not None
    }


def person(participant: Participant, stage: int, answers: Mapping[str, Collection[str]]) -> Person:
    """Somebody as the draw sees them."""
    done = participant.comparisons.filter(stage=stage).order_by()
    return Person(
        language=participant.language,
        answers=answers,
        done=frozenset(
            Cell(prompt, tuple(sorted(placed)))
            for prompt, placed in done.values_list("prompt_id", "models")
        ),
    )


def exchanges_with_answers(comparison: Comparison) -> list[Exchange]:
    """All exchanges in order, their answers loaded: two queries, however many there are."""
    return list(comparison.exchanges.prefetch_related("answers").order_by("index"))


def shown(exchange: Exchange) -> list[SideAnswer]:
    """What the sides said in the current attempt, by place."""
    current = [a for a in exchange.answers.all() if a.attempt == exchange.attempt]
    return sorted(current, key=lambda answer: answer.position)


def prompt_item(comparison: Comparison, rule: ComparisonsStage) -> PromptItem | None:
    """The prompt of the set that was asked; None in an arena."""
    return next((item for item in rule.prompts if item.id == comparison.prompt_id), None)


def verdicts(participant: Participant, stage: int) -> list[str | None]:
    """What somebody said of each comparison of a stage, in order; None = not yet."""
    rows = participant.comparisons.filter(stage=stage).order_by("number")
    return list(rows.values_list("verdict", flat=True))


def n_counted(participant: Participant, stage: int) -> int:
    """Comparisons that somebody has judged: what counts of the stage's count."""
    left_out = (None, ComparisonVerdict.FAILED.value)
    return sum(verdict not in left_out for verdict in verdicts(participant, stage))


def may_judge(comparison: Comparison, rule: ComparisonsStage) -> bool:
    """Whether all answers to the last message are there; in an arena after as many messages as the
    study asks for."""
    exchanges = exchanges_with_answers(comparison)
    if comparison.shown_at is None or not exchanges:
        return False
    if rule.source == "arena" and len(exchanges) < rule.turns[0]:
        return False
    return is_readable(exchanges[-1])


def is_readable(exchange: Exchange) -> bool:
    """Whether every side has answered; its answers need to be loaded."""
    answers = shown(exchange)
    return bool(answers) and all(a.failure is None and (a.text or "").strip() for a in answers)


def has_failed(exchange: Exchange, *, now: datetime) -> bool:
    """Whether a side has no answer and none will come; its answers need to be loaded."""
    if is_readable(exchange):
        return False
    is_over = exchange.deadline_at is not None and exchange.deadline_at <= now
    return is_over or all(answer.is_settled for answer in shown(exchange))


def failed_in_a_row(comparison: Comparison) -> bool:
    """Whether this and the ones before it failed, `FAILURES_IN_A_ROW` together."""
    rows = Comparison.objects.filter(
        participant=comparison.participant_id,
        stage=comparison.stage,
        number__lte=comparison.number,
    )
    last = rows.order_by("-number").values_list("verdict", flat=True)[:FAILURES_IN_A_ROW]
    return list(last) == [ComparisonVerdict.FAILED.value] * FAILURES_IN_A_ROW


_to_draw: dict[tuple[str, str, int], ComparisonsStage] = {}
