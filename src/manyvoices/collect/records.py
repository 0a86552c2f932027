"""From rows of the database to the records of a release, as streams."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec
from django.db.models import QuerySet

from manyvoices.collect.conversations import models as talk
from manyvoices.collect.people import models as people
from manyvoices.collect.people.consents import Allowed
from manyvoices.collect.surveys.models import SurveyAnswer
from manyvoices.schema import (
    Answer,
    Conversation,
    Message,
    Participant,
    SliderTrace,
    Try,
    Turn,
    Utterance,
)

CHUNK = 200
"""Rows read at a time: memory stays the same however large the study is."""

People = QuerySet[people.Participant]


def participants(chosen: People) -> Iterator[Participant]:
    """The people of a release. The recruitment provider's id is not among what leaves."""
    rows = chosen.select_related("version").defer("version__content").order_by("consented_at", "pk")
    for row in rows.iterator(chunk_size=CHUNK):
        yield Participant(
            participant_id=str(row.pk),
            study_id=row.study_id,
            consent_version=row.consent_version,
            consented_at=row.consented_at,
            language=row.language,
            simulated=row.simulated,
            status="complete" if row.completed_at else "active",
            started_at=row.consented_at,
            completed_at=row.completed_at,
            recruitment_provider=row.version.spec.recruitment.provider,
            confirmed_age=row.version.spec.consent.minimum_age or None,
        )


def answers(chosen: People, allowed: Allowed | None = None) -> Iterator[Answer]:
    """Their survey answers; those that were given under a consent that allows it."""
    rows = SurveyAnswer.objects.filter(participant__in=chosen).select_related("participant")
    if allowed is not None:
        rows = allowed.answers(rows)
    for row in rows.order_by("participant__consented_at", "pk").iterator(chunk_size=CHUNK):
        yield Answer(
            participant_id=str(row.participant_id),
            study_id=row.participant.study_id,
            survey=row.survey,
            question_id=row.question,
            kind=row.kind,
            value=row.value,
            order=row.order,
            answered_at=row.answered_at,
            consent_version=row.consent_version,
            simulated=row.participant.simulated,
            traces=_traces(row.traces),
            texts=row.texts,
        )


def _traces(stored: dict[str, dict[str, Any]] | None) -> dict[str, SliderTrace] | None:
    return None if stored is None else msgspec.convert(stored, dict[str, SliderTrace])


def conversations(chosen: People, allowed: Allowed | None = None) -> Iterator[Conversation]:
    """Their conversations with every turn and answer, finished or not; see `answers`."""
    rows = (
        talk.Conversation.objects.filter(participant__in=chosen)
        .select_related("participant__version")
        .defer("participant__version__content")
        .prefetch_related("turns__utterances", "attribute_ratings")
        .order_by("started_at", "pk")
    )
    if allowed is not None:
        rows = allowed.conversations(rows)
    for row in rows.iterator(chunk_size=CHUNK):
        yield _conversation(row)


def _conversation(row: talk.Conversation) -> Conversation:
    return Conversation(
        conversation_id=str(row.pk),
        participant_id=str(row.participant_id),
        study_id=row.participant.study_id,
        conversation_type=row.type,
        turns=[_turn(row, turn) for turn in row.turns.all()],
        performance_attributes=_attributes(row, "performance"),
        choice_attributes=_attributes(row, "choice"),
        open_feedback=row.open_feedback,
        consent_version=row.consent_version,
        simulated=row.participant.simulated,
        started_at=row.started_at,
        finished_at=row.finished_at,
        traces={
            f"{rating.block}.{rating.item}": trace
            for rating in row.attribute_ratings.all()
            if (trace := _trace(rating.trace)) is not None
        },
    )


def _trace(kept: object) -> SliderTrace | None:
    return None if kept is None else msgspec.convert(kept, SliderTrace)


def _turn(row: talk.Conversation, turn: talk.Turn) -> Turn:
    utterances = list(turn.utterances.all())
    return Turn(
        turn=turn.index,
        message=Message(
            message_id=f"{row.pk}-{turn.index}",
            text=turn.prompt,
            role="prompter",
            created_date=turn.created_at.isoformat(),
        ),
        utterances=[_utterance(row, u, _replaced_by(u, utterances)) for u in utterances],
        seed=turn.seed,
        tied=[str(u.pk) for u in utterances if u.tied],
        created_at=turn.created_at,
        all_bad=turn.all_bad,
        assigned_because=turn.assigned_because,
    )


def _replaced_by(utterance: talk.Utterance, others: list[talk.Utterance]) -> str | None:
    place = (utterance.attempt, utterance.position, utterance.replacement + 1)
    return next(
        (str(o.pk) for o in others if (o.attempt, o.position, o.replacement) == place), None
    )


def _utterance(
    row: talk.Conversation, utterance: talk.Utterance, replaced_by: str | None
) -> Utterance:
    spec = row.participant.version.spec.responder(utterance.responder)
    return Utterance(
        utterance_id=str(utterance.pk),
        model=utterance.responder,
        model_provider=spec.served_by or spec.provider,
        text=utterance.text,
        score=utterance.score,
        chosen=utterance.chosen,
        position=utterance.position,
        failure=utterance.failure,
        latency_ms=utterance.latency_ms,
        finish_reason=utterance.finish_reason,
        prompt_tokens=utterance.prompt_tokens,
        completion_tokens=utterance.completion_tokens,
        model_version=utterance.model_version,
        attempt=utterance.attempt,
        replacement=utterance.replacement,
        replaced_by=replaced_by,
        request=utterance.request,
        tries=[Try(failure=one["failure"], ms=one["ms"]) for one in utterance.tries or ()],
        n_words_cut=utterance.n_words_cut,
        trace=_trace(utterance.trace),
    )


def _attributes(row: talk.Conversation, block: str) -> dict[str, int | None]:
    """Item -> value, None = does not apply; what was left untouched is absent."""
    return {
        rating.item: rating.value
        for rating in row.attribute_ratings.all()
        if rating.block == block and (rating.not_applicable or rating.value is not None)
    }
