"""Whether a preference study knows enough: looked at after each person who finished the stage.

The unit is a person, by the mean of their outcomes for the pair: 1 where the first model was
preferred, 0 where the second was, a half with a tie or where both were bad. The test holds however
often one looks (`manyvoices.aggregate.sequential`). Bots are counted among bots, and close nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from manyvoices.collect.comparisons import operations, queries
from manyvoices.collect.comparisons.models import Comparison, ComparisonsOver, Look
from manyvoices.collect.people.models import Participant
from manyvoices.collect.studies.models import Study
from manyvoices.design.comparisons.assigning import compared_models
from manyvoices.design.comparisons.stage import ComparisonsStage
from manyvoices.design.comparisons.stopping import Stopping
from manyvoices.schema.comparisons import ComparisonVerdict

ENOUGH_PEOPLE = "most"
"""Decision where as many people as the study allows were heard, whatever was found."""
TOO_FEW = "too_few"
"""Decision before the first look."""


def pairs(rule: ComparisonsStage, responders: Sequence[str]) -> list[tuple[str, str]]:
    """The pairs that are looked at: the two that are named, or each model with the baseline."""
    if rule.stopping is None:
        return []
    if rule.stopping.between is not None:
        return [rule.stopping.between]
    others = compared_models(rule, responders)
    return [(m, rule.baseline) for m in others if rule.baseline and m != rule.baseline]


@dataclass(frozen=True, slots=True)
class Seen:
    """What the test says of one pair."""

    pair: tuple[str, str]
    n: int
    decision: str
    low: float
    high: float


def look_after(participant: Participant, stage: int, *, now: datetime) -> list[Look]:
    """Look at every pair once somebody has finished the stage; close the study where it is to be
    closed and every pair is decided.

    Their verdicts are stored already, so nobody has to wait while all of them are read.
    """
    rule = queries.stage_spec(participant, stage)
    wanted = pairs(rule, [model.id for model in participant.version.spec.models])
    if rule.stopping is None or not wanted:
        return []
    seen = [_look(participant, stage, rule, rule.stopping, pair) for pair in wanted]
    with transaction.atomic():
        operations.hold_turn(participant.study_id, stage)
        looks = [_store(participant, stage, one, now) for one in seen]
        closes = rule.stopping.then == "close" and not participant.simulated
        if closes and all(map(is_decided, looks)):
            _close(participant.study, looks, now)
    return looks


def is_decided(look: Look) -> bool:
    """Whether a look said that enough is known."""
    from manyvoices.aggregate.sequential import GO_ON

    return look.decision not in (GO_ON, TOO_FEW)


def _look(
    participant: Participant,
    stage: int,
    rule: ComparisonsStage,
    stopping: Stopping,
    pair: tuple[str, str],
) -> Seen:
    from manyvoices.aggregate.sequential import GO_ON, sequential_test

    values = outcomes(participant.study_id, stage, rule, pair, simulated=participant.simulated)
    decision, low, high = str(GO_ON), 0.0, 1.0
    if values:
        found = sequential_test(values, alpha=stopping.alpha, margin=stopping.margin)
        decision, low, high = str(found.decision), found.low, found.high
    if len(values) < stopping.least:
        decision = TOO_FEW
    elif decision == GO_ON and stopping.most is not None and len(values) >= stopping.most:
        decision = ENOUGH_PEOPLE
    return Seen(pair, len(values), decision, low, high)


def _store(participant: Participant, stage: int, seen: Seen, now: datetime) -> Look:
    """Keep what was seen, unless somebody who finished later has looked already."""
    first, second = seen.pair
    place = {"stage": stage, "simulated": participant.simulated, "first": first, "second": second}
    known = Look.objects.filter(study_id=participant.study_id, **place).first()
    if known is not None and known.at > now:
        return known
    look = known or Look(study_id=participant.study_id, **place)
    look.n, look.decision = seen.n, seen.decision
    look.low, look.high, look.at = seen.low, seen.high, now
    look.save()
    return look


def outcomes(
    study_id: str, stage: int, rule: ComparisonsStage, pair: tuple[str, str], *, simulated: bool
) -> list[float]:
    """The mean outcome of each person who finished the stage, in the order in which they did.

    Votes that are set aside do not count, nor people who never saw the two together.
    """
    mine = Comparison.objects.filter(study_id=study_id, stage=stage, simulated=simulated)
    over = set(
        ComparisonsOver.objects.filter(participant__study_id=study_id, stage=stage).values_list(
            "participant_id", flat=True
        )
    )
    rows = mine.exclude(verdict=None).exclude(verdict=ComparisonVerdict.FAILED)
    of: dict[object, list[float]] = {}
    n_judged: dict[object, int] = {}
    for person, models, verdict, order, aside in (
        rows.order_by("judged_at", "pk")
        .values_list("participant_id", "models", "verdict", "order", "quarantined")
        .iterator(chunk_size=2000)
    ):
        n_judged[person] = n_judged.pop(person, 0) + 1  # Last in the order of their last verdict.
        value = _outcome(models, verdict, order, pair)
        if value is not None and not aside:
            of.setdefault(person, []).append(value)
    finished = (p for p, n in n_judged.items() if n >= rule.count or p in over)
    return list(_means(finished, of))


def _means(people: Iterator[object], of: dict[object, list[float]]) -> Iterator[float]:
    for person in people:
        if values := of.get(person):
            yield sum(values) / len(values)


def _outcome(
    models: Sequence[str], verdict: str | None, order: list[list[int]] | None, pair: tuple[str, str]
) -> float | None:
    if not set(pair) <= set(models) or verdict == ComparisonVerdict.CANNOT_JUDGE:
        return None
    places = [models.index(name) for name in pair]
    ranks = [next((i for i, g in enumerate(order or ()) if p in g), 0) for p in places]
    return 0.5 if ranks[0] == ranks[1] else float(ranks[0] < ranks[1])


def _close(study: Study, looks: Sequence[Look], now: datetime) -> None:
    """Let nobody new in, once, and say why in the audit log."""
    from manyvoices.collect.console import audit

    if not Study.objects.filter(pk=study.pk, is_open=True).update(is_open=False):
        return
    detail = {f"{look.first}/{look.second}": look.decision for look in looks}
    audit.record("server", "close", study.pk, "stopping rule", detail, now)
