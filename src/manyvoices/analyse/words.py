"""What a study calls its questions and scales, so that results can speak the study's own words.

A release holds codes (``gender``, ``f``, ``helpfulness``); its study holds the sentences people
read. Where the study is missing or cannot be read, the codes stand for themselves.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from manyvoices.design.kinds.vas import NOT_APPLICABLE
from manyvoices.design.protocol import Study
from manyvoices.design.questions import (
    Attributes,
    Country,
    Likert,
    Matrix,
    Multiple,
    Question,
    Ranking,
    Single,
    Vas,
)
from manyvoices.design.written import Option

NOT_SAID = ("prefer not to say", "rather not say", "prefer not to answer")
"""Answers that decline to answer, in lower case: shown last, and never a group of their own."""
DOES_NOT_APPLY = "Does not apply"
"""A matrix's line that was said not to apply: the study has no word of its own for it."""


def declines(label: str) -> bool:
    """Whether an answer says that its person would rather not say."""
    return label.strip().rstrip(".").replace("_", " ").casefold() in NOT_SAID


@dataclass(frozen=True, slots=True)
class QuestionWords:
    """One survey question as people read it."""

    label: str
    kind: str
    """single | multiple | likert | country | ranking | matrix | text | vas | ..."""
    options: tuple[tuple[str, str], ...] = ()
    """(value, label) in the order of the study: options, points, or the items of a vas question."""
    anchors: tuple[str, str] = ("", "")
    scale: tuple[int, int] = (1, 100)
    lines: tuple[tuple[str, str], ...] = ()
    """(id, label) of a matrix's lines, in the order of the study; `options` holds in each."""


@dataclass(frozen=True, slots=True)
class AttributeWords:
    """One block of fine-grained feedback as people read it."""

    opener: str = ""
    anchors: tuple[str, str] = ("", "")
    items: tuple[tuple[str, str], ...] = ()
    """(id, label) in the order of the study."""
    scale: tuple[int, int] = (1, 100)


@dataclass(frozen=True, slots=True)
class StudyWords:
    """The sentences of a study, found by the codes that a release uses."""

    title: str = ""
    description: str = ""
    languages: tuple[str, ...] = ()
    questions: Mapping[tuple[str, str], QuestionWords] = field(default_factory=dict)
    """By (survey, question id), in the order people met them."""
    types: Mapping[str, str] = field(default_factory=dict)
    """Conversation type -> its label."""
    performance: AttributeWords = AttributeWords()
    choice: AttributeWords = AttributeWords()
    score_range: tuple[int, int] = (1, 100)
    score_anchors: tuple[str, str] = ("", "")


def study_words(study: Study) -> StudyWords:
    """Collect the words of `study`; of several conversation stages the first one names scales."""
    stages = [stage for _, stage in study.conversation_stages()]
    types = {name: rule.label or name for stage in stages for name, rule in stage.types.items()}
    words = StudyWords(
        title=study.title,
        description=study.description,
        languages=study.languages,
        questions={
            (survey.id, question.id): _question(question)
            for _, survey in study.surveys()
            for page in survey.pages
            for question in page.questions
        },
        types=types,
    )
    if not stages:
        return words
    first = stages[0]
    return replace(
        words,
        performance=_attributes(first.feedback.performance),
        choice=_attributes(first.feedback.choice),
        score_range=first.rating.range,
        score_anchors=first.rating.anchors,
    )


def _question(question: Question) -> QuestionWords:
    words = QuestionWords(label=question.label, kind=question.kind)
    match question:
        case Single() | Multiple() | Ranking():
            return replace(words, options=_pairs(question.options))
        case Likert() | Country():
            return replace(words, options=_pairs(question.offered()))
        case Matrix():
            lines = tuple((item.id, item.label) for item in question.items)
            return replace(words, options=_line_options(question), lines=lines)
        case Vas():
            pairs = tuple((item.id, item.label) for item in question.items)
            return replace(words, options=pairs, anchors=question.anchors, scale=question.range)
    return words


def _pairs(options: Iterable[Option]) -> tuple[tuple[str, str], ...]:
    return tuple((option.value, option.label) for option in options)


def _line_options(question: Matrix) -> tuple[tuple[str, str], ...]:
    last = ((NOT_APPLICABLE, DOES_NOT_APPLY),) if question.not_applicable else ()
    return (*_pairs(question.options), *last)


def _attributes(block: Attributes | None) -> AttributeWords:
    if block is None:
        return AttributeWords()
    items = tuple((item.id, item.label) for item in block.items)
    return AttributeWords(block.opener, block.anchors, items, block.range)
