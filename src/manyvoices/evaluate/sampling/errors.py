"""The errors of sampling reports alone.

EvaluationError
├── UnknownSampling      outputs are wanted of a way of sampling that a model was not asked with
└── SameModelTwice       two reports are of one model, and their rows could not be told apart
"""

from __future__ import annotations

from collections.abc import Sequence

from manyvoices.evaluate.errors import EvaluationError


class UnknownSampling(EvaluationError):
    """Outputs are wanted of a way of sampling that a model was not asked with."""

    def __init__(self, model: str, wanted: str, known: Sequence[str]) -> None:
        self.model, self.wanted, self.known = model, wanted, tuple(known)
        super().__init__(
            f"study.sampling: found {wanted}, expected one of {model}'s: {', '.join(known)}"
        )


class SameModelTwice(EvaluationError):
    """Two reports are of one model, and their rows could not be told apart."""

    def __init__(self, model: str) -> None:
        self.model = model
        super().__init__(
            f"models and reports: found {model} twice, expected each model once; change model_name "
            "in a copy of one of the reports"
        )
