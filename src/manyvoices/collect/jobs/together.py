"""Several writes in one transaction, each of which may fail without taking the others along."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import DatabaseError, transaction

log = logging.getLogger(__name__)
Work = Callable[[], Any]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a write returned, or why it is not stored."""

    value: Any = None
    error: Exception | None = None


Together = Callable[[Sequence[Any]], Sequence[Outcome]]
"""Items that came side by side -> what became of each, in the same order."""


def store_together(works: Sequence[Work]) -> list[Outcome]:
    """Do `works` in their order in one transaction; the outcome of each, in the same order.

    Each has a savepoint: one that raises leaves nothing, and the others are stored. What the
    database itself refused (a lock held crosswise with another transaction, a commit that failed)
    is tried once more, in a transaction of its own.
    """
    if len(works) < 2:
        return [_alone(work) for work in works]
    try:
        with transaction.atomic():
            outcomes = [_alone(work) for work in works]
    except DatabaseError:
        log.warning("%d writes could not be stored together; each is stored alone", len(works))
        return [_alone(work) for work in works]
    return [
        _alone(work) if isinstance(outcome.error, DatabaseError) else outcome
        for work, outcome in zip(works, outcomes, strict=True)
    ]


def _alone(work: Work) -> Outcome:
    """A transaction, or a savepoint inside of one."""
    try:
        with transaction.atomic():
            return Outcome(value=work())
    except Exception as error:
        return Outcome(error=error)
