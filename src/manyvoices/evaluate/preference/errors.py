"""The errors that only preference studies know.

ManyvoicesError
└── EvaluationError
    ├── NoVotesError             nothing in the data is a verdict that counts
    ├── UnknownModelError        a model is named that nobody compared
    ├── UnknownFieldError        results are asked for by something that no vote has
    ├── PreregistrationError     a preregistration cannot be read, or was changed
    ├── NothingToJudgeError      a model is to be asked about texts that are not there
    └── JudgePromptError         a prompt for a judging model lacks a place
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from manyvoices.evaluate.errors import EvaluationError


class NoVotesError(EvaluationError):
    """Nothing in the data is a verdict that counts."""

    def __init__(self, path: Path, n_rows: int, n_simulated: int) -> None:
        self.path = path
        if n_simulated:
            found = f"{n_simulated} verdicts of a rehearsal's bots and none of people"
            do = "set simulated: true to look at a rehearsal"
        elif n_rows:
            found = f"{n_rows} comparisons, none of them with a verdict that counts"
            do = "wait for verdicts, or keep what was set aside (rules: set_aside: keep)"
        else:
            found, do = "no comparison", "give a release of a study with the stage comparisons"
        super().__init__(f"{path} holds {found}; {do}")


class UnknownModelError(EvaluationError):
    """A model is named that nobody compared."""

    def __init__(self, key: str, name: str, known: Sequence[str]) -> None:
        self.name = name
        super().__init__(f"{key}: nobody compared {name}; there are: {', '.join(known)}")


class UnknownFieldError(EvaluationError):
    """Results are asked for by something that no vote has."""

    def __init__(self, name: str, known: Sequence[str]) -> None:
        self.name = name
        there = ", ".join(known) or "nothing"
        super().__init__(f"by: no vote has {name}; what there is: {there}")


class PreregistrationError(EvaluationError):
    """A preregistration cannot be read, or was changed after it was written."""


class NothingToJudgeError(EvaluationError):
    """A model is to be asked about texts that are not there."""

    def __init__(self, name: str, path: Path) -> None:
        super().__init__(
            f"judges: {name} is to be asked about the answers in {path}, which holds no comparison "
            "with the texts of two answers; give the judge's verdicts (path: ...), or a release "
            "whose consent lets texts go"
        )


class JudgePromptError(EvaluationError):
    """A prompt for a judging model lacks a place."""

    def __init__(self, path: Path, missing: Sequence[str]) -> None:
        super().__init__(
            f"{path}: found no {' and no '.join(missing)}; expected a text in which {{prompt}}, "
            "{first} and {second} each stand once, and that asks for a last line such as "
            "'Verdict: A'"
        )
