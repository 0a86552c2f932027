"""The errors of the two safety evaluations, toxicity and refusals.

EvaluationError
├── UnknownAttribute     a scorer has no attribute (category) of that name
├── NothingScored        no text got a score, so that there is nothing to report
├── NoLabels             a data set has no human label of that name
└── NothingJudged        no reply could be judged by what was asked for
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from manyvoices.evaluate.errors import EvaluationError


class UnknownAttribute(EvaluationError):
    """A scorer has no attribute of that name."""

    def __init__(self, attribute: str, scorer: str, known: Iterable[str]) -> None:
        self.attribute, self.known = attribute, tuple(sorted(known))
        there = ", ".join(self.known) or "none"
        super().__init__(
            f"scorer.attribute: {scorer} gives no {attribute!r}; what it gives: {there}"
        )


class NothingScored(EvaluationError):
    """No text got a score."""

    def __init__(self, n: int, reasons: Sequence[str]) -> None:
        self.n, self.reasons = n, tuple(reasons)
        why = f" ({reasons[0]})" if reasons else ""
        super().__init__(
            f"none of {n:,} texts has a score{why}: there is nothing to report; see what became of "
            "the answers in generations.jsonl, and whether the scorer knows these texts"
        )


class NoLabels(EvaluationError):
    """A data set has no human label of that name."""

    def __init__(self, label: str, where: str, known: Iterable[str]) -> None:
        self.label, self.known = label, tuple(sorted(known))
        there = ", ".join(self.known) or "none"
        super().__init__(f"data.label: no row of {where} has {label!r}; what there is: {there}")


class NothingJudged(EvaluationError):
    """No reply could be judged by what was asked for."""

    def __init__(self, by: str, why: str) -> None:
        self.by = by
        super().__init__(f"decide_by: {by} says nothing of any reply: {why}")
