"""Short quizzes before the first task of a kind: data of the project, and how they are marked.

A quiz shows whether somebody has read the guidelines before others depend on what they do. It is
short, says why each answer is right, and may be tried twice.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Annotated, Literal, Self

from pydantic import Field, StrictBool, StrictInt, model_validator

from manyvoices.design.trees.facts import TaskKind
from manyvoices.design.written import Identifier, Line, Unfit, Written, check_distinct

TRIES = 2
"""How often a quiz may be tried."""

Group = Literal["write", "review", "rank"]
_GROUPS: Mapping[str, frozenset[TaskKind]] = {
    "write": frozenset(k for k in TaskKind if not k.is_label and not k.is_rank),
    "review": frozenset(k for k in TaskKind if k.is_label),
    "rank": frozenset(k for k in TaskKind if k.is_rank),
}


class QuizAnswer(Written):
    """One answer that is offered."""

    text: Line
    right: StrictBool = False


class QuizQuestion(Written):
    """One question with answers to choose from."""

    also_read = frozenset({"question", "example", "because"})

    id: Identifier
    question: Line
    example: str = ""
    """A text that the question is about; Markdown."""
    answers: Annotated[tuple[QuizAnswer, ...], Field(min_length=2, max_length=8)]
    because: str = ""
    """Why the right one is right; shown after a try."""

    @model_validator(mode="after")
    def _one_is_right(self) -> Self:
        n_right = sum(answer.right for answer in self.answers)
        if n_right != 1:
            raise Unfit("answers", f"{n_right} that are right", "exactly one with right: true")
        check_distinct("answers", (answer.text for answer in self.answers))
        return self

    @property
    def right(self) -> int:
        """Index of the right answer."""
        return next(i for i, answer in enumerate(self.answers) if answer.right)


class Quiz(Written):
    """The questions before the first task of some kinds."""

    id: Identifier
    before: Annotated[tuple[TaskKind | Group, ...], Field(min_length=1)]
    """Kinds of task, or ``write``, ``review``, ``rank`` for all kinds of one sort."""
    title: Line = "A few questions first"
    needed: Annotated[StrictInt, Field(ge=1)] | None = None
    """Right answers that it takes; None = all."""
    questions: Annotated[tuple[QuizQuestion, ...], Field(min_length=1, max_length=20)]

    @model_validator(mode="after")
    def _can_be_passed(self) -> Self:
        check_distinct("questions", (question.id for question in self.questions))
        if self.needed is not None and self.needed > len(self.questions):
            raise Unfit("needed", str(self.needed), f"at most {len(self.questions)}")
        return self

    @property
    def kinds(self) -> frozenset[TaskKind]:
        """The kinds of task that it stands before."""
        found: set[TaskKind] = set()
        for name in self.before:
            found |= _GROUPS.get(str(name)) or {TaskKind(name)}
        return frozenset(found)


@dataclass(frozen=True, slots=True)
class Marked:
    """What a try came to."""

    wrong: tuple[str, ...]
    """Ids of questions with another answer than the right one."""
    passed: bool


def mark(quiz: Quiz, answers: Mapping[str, int]) -> Marked:
    """Mark a try. `answers`: question id -> index of the chosen answer; open = wrong."""
    wrong = tuple(q.id for q in quiz.questions if answers.get(q.id) != q.right)
    needed = quiz.needed if quiz.needed is not None else len(quiz.questions)
    return Marked(wrong, len(quiz.questions) - len(wrong) >= needed)


def quizzes_before(quizzes: Iterable[Quiz], kind: TaskKind) -> tuple[Quiz, ...]:
    """The quizzes that have to be passed before the first task of a kind."""
    return tuple(quiz for quiz in quizzes if kind in quiz.kinds)
