"""What to ask next: the lines of ``next_batch.jsonl``, which ``manyvoices evaluate`` writes.

``aggregate.choosing.write_next_batch`` writes the short form (models, reason, expected_reduction);
here each line may also say on which prompt, in which language and of whom.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field, StrictFloat, StrictInt

from manyvoices.design.responders import ModelId
from manyvoices.design.written import Line, Value, Written


class Ask(Written):
    """One thing that is worth asking."""

    schema_version: Literal["1"] = "1"
    models: tuple[ModelId, ...] = ()
    """To be shown side by side, in no particular order; empty = any."""
    prompt: Line | None = None
    """Id in the prompt set; None = any."""
    category: Line | None = None
    """Of the prompt; None = any."""
    language: Line | None = None
    """Of the prompt, or of the person; None = any."""
    group: dict[str, Value] = Field(default_factory=dict)
    """Survey question -> answer of the people to ask; empty = anybody."""
    n: Annotated[StrictInt, Field(ge=1, le=1_000_000)] = 1
    """How many verdicts are wanted."""
    reason: Line = "information"
    """``information``, ``uncertainty``, ``disagreement``, ``coverage``, ``failures``,
    ``exploration``; kept with every comparison that came of it."""
    expected_reduction: StrictFloat | StrictInt | None = None
    """Share of the wanted variance that an answer is expected to take away."""
    evidence: dict[str, Any] = Field(default_factory=dict)
    """Figures behind the reason, for people to read."""
