"""Quizzes of one person: what they have passed, may try, and the storing of a try."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from django.db import transaction

from manyvoices.collect.contributors.models import QuizTry
from manyvoices.collect.people.locks import lock_participant
from manyvoices.collect.people.models import Participant
from manyvoices.design.trees import TaskKind
from manyvoices.design.trees.quiz import TRIES, Marked, Quiz, mark, quizzes_before


@dataclass(frozen=True)
class Standing:
    """Where somebody stands with the quizzes of a project."""

    quizzes: tuple[Quiz, ...]
    passed: frozenset[str]
    n_tries: Mapping[str, int]

    def open_before(self, kind: TaskKind) -> tuple[Quiz, ...]:
        """Quizzes still to be passed before a kind of task."""
        return tuple(q for q in quizzes_before(self.quizzes, kind) if q.id not in self.passed)

    def tries_left(self, quiz: Quiz) -> int:
        """How often a quiz may still be tried."""
        return 0 if quiz.id in self.passed else max(TRIES - self.n_tries.get(quiz.id, 0), 0)

    def may_do(self, kind: TaskKind) -> bool:
        """Whether everything before a kind of task is passed."""
        return not self.open_before(kind)

    def is_closed(self, kind: TaskKind) -> bool:
        """Whether a quiz before a kind was failed for the last time."""
        return any(not self.tries_left(quiz) for quiz in self.open_before(kind))


def state_of(quiz: Quiz, here: Standing) -> Literal["open", "passed", "closed"]:
    """``passed``, ``closed`` where no try is left, else ``open``."""
    if quiz.id in here.passed:
        return "passed"
    return "open" if here.tries_left(quiz) else "closed"


def standing(participant: Participant, quizzes: Sequence[Quiz]) -> Standing:
    """What somebody has passed and tried; no statement where the project has no quiz."""
    if not quizzes:
        return Standing((), frozenset(), {})
    rows = list(QuizTry.objects.filter(participant=participant).values_list("quiz", "passed"))
    names = [quiz for quiz, _passed in rows]
    return Standing(
        quizzes=tuple(quizzes),
        passed=frozenset(quiz for quiz, passed in rows if passed),
        n_tries={name: names.count(name) for name in names},
    )


def qualified(participant: Participant, kinds: Iterable[TaskKind]) -> tuple[TaskKind, ...]:
    """Those of `kinds` whose quizzes somebody has passed: what they may be handed."""
    from manyvoices.collect.trees.policies import stage_of

    here = standing(participant, stage_of(participant.study).quiz)
    return tuple(kind for kind in kinds if here.may_do(kind))


@transaction.atomic
def store_try(
    *, participant: Participant, quiz: Quiz, answers: Mapping[str, int], now: datetime
) -> Marked | None:
    """Mark and store a try; None where none is left, or the quiz is passed already."""
    lock_participant(participant)
    rows = QuizTry.objects.filter(participant=participant, quiz=quiz.id)
    if rows.filter(passed=True).exists() or rows.count() >= TRIES:
        return None
    marked = mark(quiz, answers)
    QuizTry.objects.create(
        participant=participant,
        quiz=quiz.id,
        number=rows.count() + 1,
        answers=dict(answers),
        wrong=list(marked.wrong),
        passed=marked.passed,
        tried_at=now,
    )
    return marked
