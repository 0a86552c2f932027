"""What can be wrong with what ``manyvoices evaluate next`` is given.

EvaluationError
├── NoVerdicts        there is nothing to learn from
├── NothingToAsk      the study has no stage that could be asked
└── UnknownAnswer     a group is wanted that the study does not know
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from manyvoices.evaluate.errors import EvaluationError


class NoVerdicts(EvaluationError):
    """There is nothing to learn from."""

    def __init__(self, where: str, left_out: Mapping[str, int]) -> None:
        why = "; ".join(f"{n} {name}" for name, n in sorted(left_out.items())) or "it is empty"
        hint = ", or set simulated: true" if any("bots" in name for name in left_out) else ""
        super().__init__(
            f"{where} holds no verdict on two models of the study ({why}); give a release with "
            f"comparisons or rated openings, or a file of battles{hint}"
        )


class NothingToAsk(EvaluationError):
    """The study has no stage that could be asked."""

    def __init__(self, where: str, wanted: str | None, there: Sequence[str]) -> None:
        what = f"no stage {wanted}" if wanted else f"{len(there)} stages that could be asked"
        names = ", ".join(there) or "none"
        super().__init__(
            f"{where} has {what}; expected one of comparisons or of conversations (there: "
            f"{names}): name it as stage"
        )


class UnknownAnswer(EvaluationError):
    """A group is wanted that the study does not know."""

    def __init__(self, where: str, found: str, known: Sequence[str]) -> None:
        super().__init__(f"{where}: found {found}, expected one of {', '.join(known) or 'none'}")
