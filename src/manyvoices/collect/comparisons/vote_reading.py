"""A verdict, and its person's other verdicts, as the rules of care look at them."""

from __future__ import annotations

from django.db.models import OuterRef, Q, Subquery

from manyvoices.collect.comparisons import queries
from manyvoices.collect.comparisons.models import Comparison, Exchange
from manyvoices.design.comparisons.integrity import Vote, names_told
from manyvoices.design.dialogue import count_words
from manyvoices.schema.comparisons import ComparisonVerdict


def vote(comparison: Comparison) -> Vote:
    """A judged comparison as the rules of care look at it."""
    exchanges = queries.exchanges_with_answers(comparison)
    assert comparison.judged_at is not None
    # What `shown_at` counts from: in an arena the earlier answers were read before.
    texts = [answer.text or "" for exchange in exchanges[-1:] for answer in queries.shown(exchange)]
    first = exchanges[0].prompt if exchanges and comparison.prompt_id is None else None
    return Vote(
        at=comparison.judged_at,
        seconds=_seconds(comparison),
        words=sum(map(count_words, texts)),
        names_told=names_told(_all_texts(exchanges), _names(comparison)),
        place=_place(comparison.order),
        prompt=first,
    )


def _all_texts(exchanges: list[Exchange]) -> list[str]:
    return [answer.text or "" for exchange in exchanges for answer in queries.shown(exchange)]


def _names(comparison: Comparison) -> set[str]:
    """By which the compared models could be known: our names of them, and their providers'."""
    known = {spec.id: spec.model for spec in comparison.participant.version.spec.models}
    found = {name for model in comparison.models for name in (model, known.get(model))}
    return {name for name in found if name}


def _seconds(comparison: Comparison) -> float | None:
    if comparison.shown_at is None or comparison.judged_at is None:
        return None
    return (comparison.judged_at - comparison.shown_at).total_seconds()


def _place(order: list[list[int]] | None) -> int | None:
    """The one place that was preferred to all others."""
    return order[0][0] if order and len(order[0]) == 1 else None


def earlier_votes(comparison: Comparison) -> list[Vote]:
    """This person's other votes in the stage, as far as the rules of care look at them: one
    statement."""
    rows = Comparison.objects.filter(
        participant=comparison.participant_id, stage=comparison.stage
    ).exclude(Q(pk=comparison.pk) | Q(judged_at=None) | Q(verdict=ComparisonVerdict.FAILED))
    first = Exchange.objects.filter(comparison=OuterRef("pk"), index=0).values("prompt")
    asked = rows.order_by("judged_at").annotate(first=Subquery(first))
    return [
        Vote(at=at, place=_place(order), prompt=None if prompt_id is not None else text)
        for at, order, prompt_id, text in asked.values_list(
            "judged_at", "order", "prompt_id", "first"
        )
        if at is not None
    ]
