"""Coarser dates that keep what happened in between.

Rounding every moment by itself would make all durations wrong. Each person's clock is moved as a
whole instead, so that their first event falls on the start of its day or month, or of 1970: the
time between two events of one person stays exact, and when it was is as coarse as was asked for.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Literal, TypeAlias, get_args

from manyvoices.schema import Fault, InputError

Coarseness: TypeAlias = Literal["none", "day", "month", "relative"]
COARSENESS: tuple[str, ...] = get_args(Coarseness)
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def shift(first: datetime, how: str) -> timedelta:
    """By how much the clock of somebody whose first event was at `first` is moved.

    Raises:
        InputError: No such coarseness.
    """
    check_coarseness(how)
    if how == "none":
        return timedelta()
    if how == "relative":
        return EPOCH - first
    start = first.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    return (start.replace(day=1) if how == "month" else start) - first


def check_coarseness(how: str) -> None:
    """Raise `InputError` where there is no such coarseness."""
    if how not in COARSENESS:
        raise InputError([Fault("--dates", None, "", how, f"one of {', '.join(COARSENESS)}")])
