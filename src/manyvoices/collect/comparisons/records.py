"""From rows of comparisons to the records of a release, as a stream."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

from manyvoices.collect import records
from manyvoices.collect.comparisons import models as rows
from manyvoices.collect.comparisons import queries
from manyvoices.collect.people.consents import Allowed
from manyvoices.collect.people.models import Participant
from manyvoices.design.comparisons.stage import ComparisonsStage
from manyvoices.schema import Message, Try
from manyvoices.schema.comparisons import (
    Comparison,
    ComparisonVerdict,
    SideAnswer,
    SideExchange,
)


def comparisons(chosen: records.People, allowed: Allowed | None = None) -> Iterator[Comparison]:
    """Their comparisons, judged or not, set aside or not; those whose consent allows it.

    Where it does not allow people's own words, comparisons of an arena are left out, and of the
    others what was written about the verdict.
    """
    found = (
        rows.Comparison.objects.filter(participant__in=chosen)
        .select_related("participant__version")
        .defer("participant__version__content")
        .prefetch_related("exchanges__answers")
        .order_by("started_at", "pk")
    )
    if allowed is not None:
        found = found.exclude(consent_version__in=allowed.refused)
        found = found.exclude(consent_version__in=allowed.without_text, source="arena")
    silent = frozenset() if allowed is None else allowed.without_text
    for row in found.iterator(chunk_size=records.CHUNK):
        yield _comparison(row, has_words=row.consent_version not in silent)


def _comparison(row: rows.Comparison, *, has_words: bool) -> Comparison:
    return Comparison(
        comparison_id=str(row.pk),
        participant_id=str(row.participant_id),
        study_id=row.study_id,
        stage=row.participant.version.spec.stages[row.stage].id,
        source=row.source,  # type: ignore[arg-type]
        models=list(row.models),
        prompt_id=row.prompt_id,
        category=row.category,
        language=row.language,
        pool=row.pool,
        exchanges=_exchanges(row),
        verdict=None if row.verdict is None else ComparisonVerdict(row.verdict),
        order=row.order,
        reasons=list(row.reasons),
        reason_text=row.reason_text if has_words else None,
        assigned_because=row.because,
        seed=row.seed,
        started_at=row.started_at,
        shown_at=row.shown_at,
        judged_at=row.judged_at,
        revealed_at=row.revealed_at,
        evidence=row.evidence,
        quarantined=list(row.quarantined),
        consent_version=row.consent_version,
        simulated=row.simulated,
    )


def _exchanges(row: rows.Comparison) -> list[SideExchange]:
    """What the prompt set says was said before, which is the same for every side, then the rest."""
    rule = row.participant.version.spec.stages[row.stage]
    assert isinstance(rule, ComparisonsStage)
    item = queries.prompt_item(row, rule)
    before = [
        SideExchange(
            turn=turn,
            message=_message(row, turn, asked, row.started_at),
            answers=[SideAnswer(position=p, text=answered) for p in range(len(row.models))],
        )
        for turn, (asked, answered) in enumerate(_two_by_two(item.earlier if item else ()))
    ]
    return before + [_exchange(row, one, len(before)) for one in row.exchanges.all()]


def _two_by_two(texts: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Prompter and assistant, two by two."""
    return zip(texts[::2], texts[1::2], strict=True)


def _message(row: rows.Comparison, turn: int, text: str, at: datetime) -> Message:
    return Message(
        message_id=f"{row.pk}-{turn}", text=text, role="prompter", created_date=at.isoformat()
    )


def _exchange(row: rows.Comparison, exchange: rows.Exchange, n_before: int) -> SideExchange:
    turn = exchange.index + n_before
    return SideExchange(
        turn=turn,
        message=_message(row, turn, exchange.prompt, exchange.created_at),
        # What is awaited at this moment is no outcome yet.
        answers=[_answer(answer) for answer in exchange.answers.all() if answer.is_settled],
    )


def _answer(answer: rows.SideAnswer) -> SideAnswer:
    return SideAnswer(
        position=answer.position,
        text=answer.text,
        failure=answer.failure,
        language=answer.language,
        latency_ms=answer.latency_ms,
        finish_reason=answer.finish_reason,
        prompt_tokens=answer.prompt_tokens,
        completion_tokens=answer.completion_tokens,
        model_version=answer.model_version,
        attempt=answer.attempt,
        tries=[Try(failure=one["failure"], ms=one["ms"]) for one in answer.tries or ()],
        n_words_cut=answer.n_words_cut,
    )


def own_data(participant: Participant) -> list[dict[str, object]]:
    """Somebody's own comparisons, for themselves: by letter of the place, and with names only
    where the study has told them."""
    found = participant.comparisons.prefetch_related("exchanges__answers").order_by(
        "stage", "number"
    )
    return [_own(row) for row in found]


def _own(row: rows.Comparison) -> dict[str, object]:
    kept: dict[str, object] = {
        "started_at": _iso(row.started_at),
        "judged_at": _iso(row.judged_at),
        "verdict": row.verdict,
        "order": row.order,
        "reasons": row.reasons,
        "in_your_own_words": row.reason_text,
        "consent_version": row.consent_version,
        "how_it_was_judged": row.evidence,
        "exchanges": [
            {
                "message": exchange.prompt,
                "at": _iso(exchange.created_at),
                "answers": [
                    {"position": answer.position, "text": answer.text}
                    for answer in exchange.answers.all()
                    if answer.is_settled and answer.failure is None
                ],
            }
            for exchange in row.exchanges.all()
        ],
    }
    return kept | ({"models": row.models} if row.revealed_at else {})


def _iso(moment: datetime | None) -> str | None:
    return None if moment is None else moment.replace(microsecond=0).isoformat()
