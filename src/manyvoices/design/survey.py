"""The rules of a survey page: what is shown, in which order, and what an answer means.

Three things are kept apart for every scale: a whole number (where the person put the mark), None
(untouched) and the string ``"not_applicable"`` (the person said that it does not apply). PRISM's
interface stored an untouched scale as 50; here no default ever becomes data.

How a question's fields are called and read, its kind says (`kinds`). A block of attributes has::

    <block>-<item>            one scale (performance, choice)
    <block>-<item>-na         its "does not apply" box
"""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

from manyvoices.design.kinds import AnyQuestion, Vas
from manyvoices.design.kinds.vas import NOT_APPLICABLE, open_items, read_scales
from manyvoices.design.problems import Problem
from manyvoices.design.questions import Attributes, OpenQuestion, Page
from manyvoices.design.traces import read_trace
from manyvoices.design.written import (
    AnswerValue,
    Posted,
    ScaleValue,
    VisibleIf,
    clean_text,
    read_text,
    shuffled,
)
from manyvoices.schema.traces import SliderTrace

__all__ = [
    "NOT_APPLICABLE",
    "AnswerValue",
    "Answers",
    "AnyQuestion",
    "AttributesResult",
    "PageResult",
    "ScaleValue",
    "clean_text",
    "is_visible",
    "presented_order",
    "read_attributes",
    "read_open_question",
    "read_page",
    "read_text",
    "read_traces",
    "visible_questions",
]

Answers: TypeAlias = Mapping[str, object]
"""Question id -> stored value, for every question of this survey answered so far."""


@dataclass(frozen=True, slots=True)
class PageResult:
    """What a posted page says."""

    values: dict[str, AnswerValue]
    """Question id -> value, for every visible question that asks something; None = no answer."""
    errors: dict[str, Problem]
    """Question id -> what is to be put right; empty if the page can be saved and left."""
    texts: dict[str, dict[str, str]] = field(default_factory=dict)
    """Question id -> option or item -> what was written beside it."""
    traces: dict[str, dict[str, SliderTrace]] = field(default_factory=dict)
    """Question id -> item -> how its slider was used."""


@dataclass(frozen=True, slots=True)
class AttributesResult:
    """What a posted block of attributes says."""

    values: dict[str, ScaleValue]
    """Item id -> number, None (untouched) or ``"not_applicable"``."""
    errors: dict[str, Problem]
    """Item id -> what is wrong; the key ``""`` where the block as a whole is."""


def is_visible(question: AnyQuestion, answers: Answers) -> bool:
    """Whether `question` is shown to someone who has given `answers`.

    A condition on a question that was itself not shown, or not answered, does not hold; only
    ``not_in`` and ``answered: false`` hold then.
    """
    return question.visible_if is None or holds(question.visible_if, answers)


def holds(rule: VisibleIf, answers: Answers) -> bool:
    """Whether a condition holds for someone who has given `answers`."""
    if rule.any_ is not None:
        return any(holds(part, answers) for part in rule.any_)
    if rule.all_ is not None:
        return all(holds(part, answers) for part in rule.all_)
    given = _given(answers.get(rule.question or ""))
    if rule.answered is not None:
        return bool(given) is rule.answered
    named = given & set(rule.values)
    return not named if rule.not_in is not None else bool(named)


def _given(value: object) -> set[str]:
    """What was answered, as a set of strings: empty for no answer."""
    if value is None or value == "":
        return set()
    if isinstance(value, Mapping):
        return {item for item, mark in value.items() if mark is not None}
    if isinstance(value, list | tuple | set | frozenset):
        return {str(part) for part in value}
    return {str(value)}


def visible_questions(page: Page, answers: Answers) -> tuple[AnyQuestion, ...]:
    """The questions of `page` that are shown, given what is answered so far."""
    return tuple(question for question in page.questions if is_visible(question, answers))


def presented_order(question: AnyQuestion | Attributes, rng: random.Random) -> list[str] | None:
    """Option values or item ids in the order to show; None where the file's order is shown.

    What is marked ``keep_last`` stays at the end, in the file's order.
    """
    if not isinstance(question, Attributes):
        return question.order(rng)
    if not question.random_order:
        return None
    return shuffled(((item.id, item.keep_last) for item in question.items), rng)


def read_page(page: Page, posted: Posted, answers: Answers) -> PageResult:
    """Read a posted page, given the answers from earlier pages of the same survey.

    A question whose condition does not hold is not read, even if fields for it were posted. What
    could be read is in `values` even where there are errors, so that nothing typed is lost.
    """
    values: dict[str, AnswerValue] = {}
    errors: dict[str, Problem] = {}
    texts: dict[str, dict[str, str]] = {}
    traces: dict[str, dict[str, SliderTrace]] = {}
    so_far: dict[str, object] = dict(answers)
    for question in page.questions:
        if question.kind == "info":
            continue
        if not is_visible(question, so_far):
            so_far.pop(question.id, None)
            continue
        reading = question.read(posted)
        values[question.id] = so_far[question.id] = reading.value
        if reading.problem is not None:
            errors[question.id] = reading.problem
        if reading.texts:
            texts[question.id] = reading.texts
        if isinstance(question, Vas) and (told := read_traces(question.name, question, posted)):
            traces[question.id] = told
    return PageResult(values=values, errors=errors, texts=texts, traces=traces)


def read_traces(prefix: str, block: Vas | Attributes, posted: Posted) -> dict[str, SliderTrace]:
    """Item -> how its slider was used, for those that were.

    The list that stands in for a slider always says that it is there; where nothing was chosen in
    it, there is nothing to tell.
    """
    told = {item.id: read_trace(posted, f"{prefix}-{item.id}") for item in block.items}
    return {
        item: trace
        for item, trace in told.items()
        if trace is not None
        and (trace.input_kind != "select" or any(posted.get(f"{prefix}-{item}", ())))
    }


def read_open_question(
    question: OpenQuestion, given: Sequence[str]
) -> tuple[str | None, Problem | None]:
    """Read the answer to a conversation's open question."""
    return read_text(given, max_length=question.max_length, required=question.required)


def read_attributes(block: str, attributes: Attributes, posted: Posted) -> AttributesResult:
    """Read one block of attributes, posted as ``<block>-<item>`` and ``<block>-<item>-na``."""
    values, errors = read_scales(block, attributes, posted)
    if attributes.required and not errors and (problem := open_items(values)) is not None:
        errors[""] = problem
    return AttributesResult(values=values, errors=errors)
