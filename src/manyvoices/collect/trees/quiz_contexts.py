"""What the templates of guidelines and quizzes are given."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True)
class LabelHelp:
    question: str
    help: str
    examples: tuple[str, ...] = ()


@dataclass(frozen=True)
class GuidelinesPage:
    html: str
    labels: list[LabelHelp]
    here: str = "guidelines"


@dataclass(frozen=True)
class QuizAnswerView:
    number: int
    text: str
    checked: bool
    is_right: bool


@dataclass(frozen=True)
class QuizQuestionView:
    field: str
    question: str
    example_html: str
    answers: list[QuizAnswerView]
    because: str = ""
    was_wrong: bool = False
    error: str = ""


@dataclass(frozen=True)
class QuizPage:
    title: str
    questions: list[QuizQuestionView]
    tries_left: int
    needed: int
    state: str
    """``open``; after a try ``passed``, ``again`` or ``closed``."""
    kind: str = ""
    language: str = ""
    errors: dict[str, str] = field(default_factory=dict)
    here: str = "quiz"
