"""The error of exporting.

EvaluationError
└── NothingToExport    a source holds nothing that could be asked
"""

from __future__ import annotations

from manyvoices.evaluate.errors import EvaluationError


class NothingToExport(EvaluationError):
    """A source holds nothing that could be asked."""

    def __init__(self, source: str) -> None:
        self.source = source
        super().__init__(
            f"{source}: found nothing that could be asked, expected at least one "
            + ("prompt in a language that the rules know (English)" if source == "refusals" else
               "pair of replies" if source == "pairs" else "prompt")
        )  # fmt: skip
