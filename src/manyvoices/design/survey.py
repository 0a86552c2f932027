"""The rules of a survey page: what is shown, in which order, and what an answer means.

Three things are kept apart for every scale: a whole number (where the person put the mark), None
(untouched) and the string ``"not_applicable"`` (the person said that it does not apply). PRISM's
interface stored an untouched scale as 50; here no default ever becomes data.

Field names of a posted page::

    q-<question>              single, text; repeated for multiple
    q-<question>-<item>       one scale of a vas question
    q-<question>-<item>-na    its "does not apply" box
    <block>-<item>            one scale of a block of attributes (performance, choice)
    <block>-<item>-na         its "does not apply" box

Where both a mark and the box arrive, the box counts: without JavaScript a browser's range control
always sends a number, while a box is only ticked on purpose.
"""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from manyvoices.design.dialogue import Posted, read_scale_value
from manyvoices.design.problems import Problem
from manyvoices.design.questions import (
    Attributes,
    Info,
    Multiple,
    OpenQuestion,
    Option,
    Page,
    Single,
    Text,
    Vas,
)

AnyQuestion: TypeAlias = Single | Multiple | Text | Vas | Info
ScaleValue: TypeAlias = int | str | None
AnswerValue: TypeAlias = str | list[str] | dict[str, ScaleValue] | None
Answers: TypeAlias = Mapping[str, object]
"""Question id -> stored value, for every question of this survey answered so far."""

NOT_APPLICABLE = "not_applicable"


@dataclass(frozen=True, slots=True)
class PageResult:
    """What a posted page says."""

    values: dict[str, AnswerValue]
    """Question id -> value, for every visible question that asks something; None = no answer."""
    errors: dict[str, Problem]
    """Question id -> what is to be put right; empty if the page can be saved and left."""


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
    rule = question.visible_if
    if rule is None:
        return True
    given = _given(answers.get(rule.question))
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

    Options marked ``keep_last`` stay at the end, in the file's order.
    """
    if isinstance(question, Text | Info) or not question.random_order:
        return None
    if isinstance(question, Vas | Attributes):
        return _shuffled([item.id for item in question.items], rng)
    free = [option.value for option in question.options if not option.keep_last]
    last = [option.value for option in question.options if option.keep_last]
    return _shuffled(free, rng) + last


def _shuffled(values: list[str], rng: random.Random) -> list[str]:
    return rng.sample(values, len(values))


def read_page(page: Page, posted: Posted, answers: Answers) -> PageResult:
    """Read a posted page, given the answers from earlier pages of the same survey.

    A question whose condition does not hold is not read, even if fields for it were posted. What
    could be read is in `values` even where there are errors, so that nothing typed is lost.
    """
    values: dict[str, AnswerValue] = {}
    errors: dict[str, Problem] = {}
    so_far: dict[str, object] = dict(answers)
    for question in page.questions:
        if isinstance(question, Info):
            continue
        if not is_visible(question, so_far):
            so_far.pop(question.id, None)
            continue
        value, problem = read_question(question, posted)
        values[question.id] = so_far[question.id] = value
        if problem is not None:
            errors[question.id] = problem
    return PageResult(values=values, errors=errors)


def read_question(
    question: Single | Multiple | Text | Vas, posted: Posted
) -> tuple[AnswerValue, Problem | None]:
    """Read one question's fields: its value, and what is wrong with it, if anything."""
    if isinstance(question, Vas):
        return _read_vas(question, posted)
    given = posted.get(f"q-{question.id}", ())
    if isinstance(question, Single):
        return _read_single(question, given)
    if isinstance(question, Multiple):
        return _read_multiple(question, given)
    return read_text(given, max_length=question.max_length, required=question.required)


def _read_single(question: Single, given: Sequence[str]) -> tuple[str | None, Problem | None]:
    chosen = [value for value in given if value != ""]
    if not chosen:
        return None, Problem("required") if question.required else None
    if len(set(chosen)) > 1:
        return None, Problem("one_only")
    if chosen[0] not in {option.value for option in question.options}:
        return None, Problem("unknown_option")
    return chosen[0], None


def _read_multiple(question: Multiple, given: Sequence[str]) -> tuple[list[str], Problem | None]:
    ticked = {value for value in given if value != ""}
    options = [option for option in question.options if option.value in ticked]
    values = [option.value for option in options]
    if len(values) < len(ticked):
        return values, Problem("unknown_option")
    if not values:
        return [], Problem("required_tick") if question.required else None
    return values, _exclusive_clash(options)


def _exclusive_clash(options: Sequence[Option]) -> Problem | None:
    exclusive = [option for option in options if option.exclusive]
    if exclusive and len(options) > 1:
        return Problem("exclusive", {"label": exclusive[0].label})
    return None


def read_text(
    given: Sequence[str], *, max_length: int, required: bool
) -> tuple[str | None, Problem | None]:
    """Read a text field: None where nothing but white space was written.

    Line ends become "\\n" (browsers post CRLF; the limit counts what people see). NUL and lone
    surrogates are dropped, since neither can be stored. All else stays as typed.
    """
    text = clean_text(given[-1]) if given else ""
    if not text.strip():
        return None, Problem("required") if required else None
    if len(text) > max_length:
        return text, Problem("too_long", {"max": max_length, "length": len(text)})
    return text, None


def clean_text(text: str) -> str:
    """`text` with plain line ends and without what cannot be stored."""
    text = text.replace("\r\n", "\n").replace("\r", "\n").replace("\x00", "")
    return text.encode("utf-8", "ignore").decode("utf-8")


def read_open_question(
    question: OpenQuestion, given: Sequence[str]
) -> tuple[str | None, Problem | None]:
    """Read the answer to a conversation's open question."""
    return read_text(given, max_length=question.max_length, required=question.required)


def _read_vas(question: Vas, posted: Posted) -> tuple[dict[str, ScaleValue], Problem | None]:
    values, errors = _read_scales(f"q-{question.id}", question, posted)
    if errors:
        return values, Problem("out_of_range", items=tuple(errors))
    return values, _open_items(values) if question.required else None


def _read_scales(
    prefix: str, block: Vas | Attributes, posted: Posted
) -> tuple[dict[str, ScaleValue], dict[str, Problem]]:
    values: dict[str, ScaleValue] = {}
    errors: dict[str, Problem] = {}
    for item in block.items:
        field = f"{prefix}-{item.id}"
        if block.not_applicable and any(posted.get(f"{field}-na", ())):
            values[item.id] = NOT_APPLICABLE
            continue
        value = read_scale_value(posted.get(field, ()), block.range)
        values[item.id] = None if isinstance(value, Problem) else value
        if isinstance(value, Problem):
            errors[item.id] = value
    return values, errors


def _open_items(values: Mapping[str, ScaleValue]) -> Problem | None:
    """Say which lines are untouched, where every line needs an answer."""
    items = tuple(item for item, value in values.items() if value is None)
    return Problem("required_items", {"count": len(items)}, items) if items else None


def read_attributes(block: str, attributes: Attributes, posted: Posted) -> AttributesResult:
    """Read one block of attributes, posted as ``<block>-<item>`` and ``<block>-<item>-na``."""
    values, errors = _read_scales(block, attributes, posted)
    if attributes.required and not errors and (problem := _open_items(values)) is not None:
        errors[""] = problem
    return AttributesResult(values=values, errors=errors)
