"""The errors of stances.

EvaluationError
├── CannotAsk        the configuration asks for what the instrument or the program does not have
└── NoReference      people's answers hold none of the items
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import islice

from manyvoices.evaluate.errors import EvaluationError


class CannotAsk(EvaluationError):
    """Something is asked for that is not there."""

    def __init__(self, field: str, found: str, known: Iterable[str]) -> None:
        self.field, self.found = field, found
        some = list(islice(known, 12))
        super().__init__(
            f"{field}: found {found!r}, expected {' or '.join(some) or 'something that is there'}"
        )


class NoReference(EvaluationError):
    """People's answers hold none of the items."""

    def __init__(
        self, place: str, prefix: str, items: Iterable[str], notes: Iterable[str] = ()
    ) -> None:
        self.place = place
        besides = "".join(f" ({note}; human.allow_simulated counts them)" for note in notes)
        some = ", ".join(f"{prefix}{one}" for one in islice(items, 3))
        super().__init__(
            f"human: {place} holds no answers to the instrument's items{besides}, expected "
            f"questions named {some}, ...; set human.prefix to what stands before the ids, or ask "
            "people with the survey.yaml that this command writes"
        )
