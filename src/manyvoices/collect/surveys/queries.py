"""Reads of the survey stage, and the orders that a participant is shown."""

from __future__ import annotations

import json
from collections.abc import Sequence

from manyvoices.collect.people.errors import StaleSubmission
from manyvoices.collect.people.models import Participant
from manyvoices.collect.surveys.models import SurveyAnswer
from manyvoices.design import SurveyStage
from manyvoices.design.dialogue import derive_seed, generator
from manyvoices.design.questions import Page
from manyvoices.design.survey import AnyQuestion, presented_order


def survey_page(participant: Participant, stage: int, page: int) -> tuple[SurveyStage, Page]:
    """The survey and the page; `StaleSubmission` where the study has none there."""
    stages = participant.version.spec.stages
    survey = stages[stage] if stage < len(stages) else None
    if not isinstance(survey, SurveyStage) or page >= len(survey.pages):
        raise StaleSubmission("this step of the study is no survey page")
    return survey, survey.pages[page]


def answers_so_far(participant: Participant, survey: SurveyStage) -> dict[str, object]:
    """Question id -> stored value."""
    return dict(participant.answers.filter(survey=survey.id).values_list("question", "value"))


def stored_answers(
    participant: Participant, survey: SurveyStage, questions: Sequence[str]
) -> dict[str, SurveyAnswer]:
    """Question id -> its row, for those of `questions` that are answered."""
    if not questions:
        return {}
    rows = participant.answers.filter(survey=survey.id, question__in=questions)
    return {row.question: row for row in rows}


def stored_fields(
    participant: Participant, survey: SurveyStage, page: Page
) -> dict[str, list[str]]:
    """The answers to a page as the fields of its form: what it is shown with when it is opened
    again."""
    known = stored_answers(participant, survey, [question.id for question in page.questions])
    fields: dict[str, list[str]] = {}
    for question in page.questions:
        if (row := known.get(question.id)) is not None:
            fields |= question.fields(row.value, row.texts)
            for item, trace in (row.traces or {}).items():
                fields[f"{question.name}-{item}-trace"] = [json.dumps(trace, separators=(",", ":"))]
    return fields


def may_reopen(participant: Participant, stage: int, page: int) -> bool:
    """Whether a page was sent and its survey is not complete yet."""
    pages = set(participant.survey_pages.filter(stage=stage).values_list("page", flat=True))
    survey, _page = survey_page(participant, stage, page)
    return page in pages and len(pages) < len(survey.pages)


def order_shown(
    participant: Participant, survey: SurveyStage, question: AnyQuestion
) -> list[str] | None:
    """The order in which this person sees options or items: the same at every reload."""
    seed = derive_seed(participant.seed, "order", survey.id, question.id)
    return presented_order(question, generator(seed))
