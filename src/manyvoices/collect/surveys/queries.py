"""Reads of the survey stage, and the orders that a participant is shown."""

from __future__ import annotations

from manyvoices.collect.people.errors import StaleSubmission
from manyvoices.collect.people.models import Participant
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


def order_shown(
    participant: Participant, survey: SurveyStage, question: AnyQuestion
) -> list[str] | None:
    """The order in which this person sees options or items: the same at every reload."""
    seed = derive_seed(participant.seed, "order", survey.id, question.id)
    return presented_order(question, generator(seed))
