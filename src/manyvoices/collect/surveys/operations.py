"""Storing a survey page: its answers and the fact that it was sent, in one transaction."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from manyvoices.collect.people.locks import lock_participant
from manyvoices.collect.people.models import Participant
from manyvoices.collect.surveys import queries
from manyvoices.collect.surveys.models import SurveyAnswer, SurveyPage
from manyvoices.design.survey import AnswerValue


@transaction.atomic
def store_page(
    *,
    participant: Participant,
    stage: int,
    page: int,
    values: dict[str, AnswerValue],
    now: datetime,
) -> SurveyPage:
    """Store a page's answers. The same page sent twice is stored once; the first counts."""
    lock_participant(participant)
    sent, created = SurveyPage.objects.get_or_create(
        participant=participant, stage=stage, page=page, defaults={"sent_at": now}
    )
    if not created:
        return sent
    survey, spec = queries.survey_page(participant, stage, page)
    SurveyAnswer.objects.bulk_create(
        SurveyAnswer(
            participant=participant,
            survey=survey.id,
            question=question.id,
            kind=question.kind,
            value=values[question.id],
            order=queries.order_shown(participant, survey, question),
            consent_version=participant.consent_version,
            answered_at=now,
        )
        for question in spec.questions
        if question.id in values
    )
    return sent
