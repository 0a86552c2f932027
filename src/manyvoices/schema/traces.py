"""How a mark came onto a slider, so that a rating can be told from a slip of the finger."""

from __future__ import annotations

from typing import Literal, TypeAlias

from manyvoices.schema._base import Record

InputKind: TypeAlias = Literal["mouse", "touch", "pen", "keyboard", "select"]
"""``select`` is the list that stands in for a slider where there is no JavaScript."""


class SliderTrace(Record, frozen=True, kw_only=True):
    """What happened at one slider. It shows no number and has no default, so `start` is where the
    person first set the mark, not where the page had put one."""

    start: int | None = None
    """Where the mark was first set, on the question's scale; None means that it was not observed
    (a list was used) or that it never was set."""
    first_touch_ms: int | None = None
    """From the slider's appearance to the first mark, milliseconds; None where not observed."""
    n_changes: int = 0
    """How often the mark was moved or cleared after it was first set; one drag counts once."""
    input_kind: InputKind | None = None
    """With what the mark was first set; None where it was not observed."""
