"""What the words for an outcome mean, and which rows are not battles at all.

An unknown word is a fault, never a silent tie. Rows without a verdict are excluded by rule and
counted by reason, so that a table can say how many answers it does not stand on.
"""

from __future__ import annotations

from enum import Enum
from typing import Any, Literal

import numpy as np

from manyvoices.aggregate.kinds import BoolArray, FloatArray, IntArray, Ties
from manyvoices.schema.errors import DataError, Fault

BothBad = Literal["tie", "drop"]

FAILED, BOTH_BAD, UNRATED = -1.0, -2.0, -3.0

WORDS = {
    "a": 1.0,
    "model_a": 1.0,
    "b": 0.0,
    "model_b": 0.0,
    "tie": 0.5,
    "tie (inconsistent)": 0.5,
    "both_bad": BOTH_BAD,
    "bothbad": BOTH_BAD,
    "tie (bothbad)": BOTH_BAD,
    "failed": FAILED,
    "error": FAILED,
}
REASONS = {FAILED: "failed", BOTH_BAD: "both_bad", UNRATED: "unrated"}
MAX_FAULTS = 100


def value_of(label: Any) -> float | None:
    """Return 1.0, 0.5, 0.0 or one of the marks above; None for a word without meaning."""
    if isinstance(label, Enum):
        label = label.value
    if isinstance(label, str):
        return WORDS.get(label.strip().lower())
    number = float(label)
    return number if number in (0.0, 0.5, 1.0) else None


def read_outcomes(codes: IntArray, labels: list[Any], source: str) -> FloatArray:
    """Turn a coded column of outcomes into values; raise on words without meaning.

    `codes` (rows,) with -1 where the outcome is missing. Result (rows,).
    """
    values = [value_of(label) for label in labels]
    unknown = [code for code, value in enumerate(values) if value is None]
    if unknown:
        raise _unknown_outcomes(codes, labels, unknown, source)
    table = np.array([*(0.0 if v is None else v for v in values), UNRATED])
    return table[codes]


def _unknown_outcomes(
    codes: IntArray, labels: list[Any], unknown: list[int], source: str
) -> DataError:
    rows = np.flatnonzero(np.isin(codes, unknown))
    words = "A, B, TIE, BOTH_BAD, FAILED, model_a, model_b, tie, or 1.0, 0.5, 0.0"
    faults = [
        Fault(source, int(row) + 1, "outcome", repr(labels[codes[row]]), words)
        for row in rows[:MAX_FAULTS]
    ]
    return DataError(faults, n_more=max(0, len(rows) - MAX_FAULTS))


def shared_out(outcome: FloatArray, ties: Ties) -> tuple[FloatArray, FloatArray]:
    """Return what of a win each row gives to a and to b, two (rows,), from outcomes (rows,).

    A tie is half a win each way ("half"), a whole one each way ("both"), or none ("drop").
    """
    if ties == "half":
        return outcome, np.asarray(1.0 - outcome)
    if ties == "both":
        return (outcome > 0.0).astype(np.float64), (outcome < 1.0).astype(np.float64)
    if ties == "drop":
        return (outcome == 1.0).astype(np.float64), (outcome == 0.0).astype(np.float64)
    raise ValueError(f"ties must be 'half', 'both' or 'drop', found {ties!r}")


def exclusions(
    a: IntArray, b: IntArray, outcome: FloatArray, both_bad: BothBad
) -> tuple[BoolArray, FloatArray, dict[str, int]]:
    """Decide which rows are battles.

    The rule: a row counts when it names two different models and holds a verdict. "Both bad" is a
    tie, as PRISM read it, unless `both_bad` is "drop". Returns the mask of kept rows, the outcomes
    with "both bad" resolved, and how many rows fell to each reason (only reasons that occurred).
    """
    if both_bad == "tie":
        outcome = np.where(outcome == BOTH_BAD, 0.5, outcome)
    reason = {name: outcome == mark for mark, name in REASONS.items()}
    reason["no_model"] = ((a < 0) | (b < 0)) & (outcome >= 0)
    reason["same_model"] = (a == b) & (a >= 0) & (outcome >= 0)
    dropped = np.zeros(len(a), dtype=np.bool_)
    for mask in reason.values():
        dropped |= mask
    return ~dropped, outcome, {name: int(mask.sum()) for name, mask in reason.items() if mask.any()}
