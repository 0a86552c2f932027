"""Storing a survey page: its answers and the fact that it was sent, in one transaction.

A stored page can be opened again and changed until its survey is complete. What an answer was
before is kept; what hangs on a changed answer is asked anew.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

import msgspec
from django.db import transaction

from manyvoices.collect.people.locks import lock_participant
from manyvoices.collect.people.models import Participant
from manyvoices.collect.surveys import queries
from manyvoices.collect.surveys.models import ReplacedAnswer, SurveyAnswer, SurveyPage
from manyvoices.design import SurveyStage
from manyvoices.design.survey import AnswerValue, AnyQuestion, visible_questions
from manyvoices.schema import SliderTrace


@transaction.atomic
def store_page(
    *,
    participant: Participant,
    stage: int,
    page: int,
    values: Mapping[str, AnswerValue],
    now: datetime,
    texts: Mapping[str, dict[str, str]] | None = None,
    traces: Mapping[str, Mapping[str, SliderTrace]] | None = None,
) -> SurveyPage:
    """Store a page's answers. The same page sent twice is stored once; the first counts."""
    lock_participant(participant)
    sent, created = SurveyPage.objects.get_or_create(
        participant=participant, stage=stage, page=page, defaults={"sent_at": now}
    )
    if not created:
        return sent
    survey, spec = queries.survey_page(participant, stage, page)
    asked = [question for question in spec.questions if question.id in values]
    # A page that is asked anew after a change has answers already.
    known = queries.stored_answers(participant, survey, [question.id for question in asked])
    answers = [
        _answer(participant, survey, question, values, texts or {}, traces or {}, now)
        for question in asked
    ]
    _put(answers, known, now)
    return sent


@transaction.atomic
def change_page(
    *,
    participant: Participant,
    stage: int,
    page: int,
    values: Mapping[str, AnswerValue],
    now: datetime,
    texts: Mapping[str, dict[str, str]] | None = None,
    traces: Mapping[str, Mapping[str, SliderTrace]] | None = None,
) -> None:
    """Store a page that was sent before and opened again.

    Later pages on which other questions are to be shown now are to be sent again, filled with what
    was answered; answers to questions that are not asked any more are taken out and kept.
    """
    lock_participant(participant)
    survey, spec = queries.survey_page(participant, stage, page)
    if not queries.may_reopen(participant, stage, page):
        return
    here = [question.id for question in spec.questions]
    known = queries.stored_answers(participant, survey, here)
    answers = [
        _answer(participant, survey, question, values, texts or {}, traces or {}, now)
        for question in spec.questions
        if question.id in values
    ]
    changed = _put(answers, known, now)
    gone = [row for name, row in known.items() if name not in values]
    _take_out(gone, now)
    if changed or gone:
        participant.survey_pages.filter(stage=stage, page=page).update(changed_at=now)
        _ask_anew(participant, survey, stage, page, now)


def _answer(
    participant: Participant,
    survey: SurveyStage,
    question: AnyQuestion,
    values: Mapping[str, AnswerValue],
    texts: Mapping[str, dict[str, str]],
    traces: Mapping[str, Mapping[str, SliderTrace]],
    now: datetime,
) -> SurveyAnswer:
    return SurveyAnswer(
        participant=participant,
        survey=survey.id,
        question=question.id,
        kind=question.kind,
        value=values[question.id],
        order=queries.order_shown(participant, survey, question),
        texts=texts.get(question.id),
        traces=msgspec.to_builtins(traces[question.id]) if question.id in traces else None,
        consent_version=participant.consent_version,
        answered_at=now,
    )


def _put(
    answers: Iterable[SurveyAnswer], known: Mapping[str, SurveyAnswer], now: datetime
) -> list[SurveyAnswer]:
    """Store answers in the place of those known; the ones that say something else than before."""
    changed = [a for a in answers if _content(a) != _content(known.get(a.question))]
    _take_out([known[a.question] for a in changed if a.question in known], now)
    return SurveyAnswer.objects.bulk_create(changed)


def _content(answer: SurveyAnswer | None) -> Any:
    return answer and (answer.value, answer.texts)


def _take_out(rows: list[SurveyAnswer], now: datetime) -> None:
    if not rows:
        return
    kept = ("survey", "question", "kind", "value", "order", "traces", "texts", "answered_at")
    ReplacedAnswer.objects.bulk_create(
        ReplacedAnswer(
            participant_id=row.participant_id,
            replaced_at=now,
            **{name: getattr(row, name) for name in kept},
        )
        for row in rows
    )
    SurveyAnswer.objects.filter(pk__in=[row.pk for row in rows]).delete()


def _ask_anew(
    participant: Participant, survey: SurveyStage, stage: int, page: int, now: datetime
) -> None:
    """Look at the later pages that were sent: is the same asked there still?"""
    answers = queries.answers_so_far(participant, survey)
    later = participant.survey_pages.filter(stage=stage, page__gt=page).order_by("page")
    for sent in later:
        questions = survey.pages[sent.page].questions
        asked = {q.id for q in visible_questions(survey.pages[sent.page], answers)}
        hidden = [q.id for q in questions if q.id in answers and q.id not in asked]
        _take_out(list(queries.stored_answers(participant, survey, hidden).values()), now)
        for name in hidden:
            del answers[name]
        if any(q.id in asked and q.id not in answers and q.kind != "info" for q in questions):
            sent.delete()
