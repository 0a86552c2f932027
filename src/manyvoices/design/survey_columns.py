"""What a study's surveys ask, as the columns of PRISM's ``survey.jsonl``.

A release says what was asked, not only what somebody was asked: a branch that nobody came to has
its column, and options that nobody saw have their keys.
"""

from __future__ import annotations

from manyvoices.design.protocol import Study
from manyvoices.design.questions import AnyQuestion
from manyvoices.io.prism_survey import SurveyQuestion


def survey_columns(study: Study) -> tuple[SurveyQuestion, ...]:
    """Every question of every survey that asks something, in the order of the study."""
    return tuple(
        SurveyQuestion(
            survey=stage.id,
            question_id=question.id,
            kind=question.kind,
            options=_options(question),
            is_ordered=getattr(question, "random_order", False),
        )
        for _index, stage in study.surveys()
        for page in stage.pages
        for question in page.questions
        if question.kind != "info"
    )


def _options(question: AnyQuestion) -> tuple[str, ...]:
    """The keys that its column may have: items of scales and lines, values of options."""
    if items := getattr(question, "items", ()):
        return tuple(item.id for item in items)
    # A country's list has hundreds of values and one column.
    return tuple(o.value for o in question.offered()) if question.kind != "country" else ()
