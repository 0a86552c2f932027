"""The rules of a preference study that change its figures, each with a name: what a plan declares
and what an analysis is held to."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, NonNegativeInt

from manyvoices.train.config import Strict

IntervalKind = Literal["two_way_t", "two_way_satterthwaite", "two_way_sum", "two_way_bootstrap"]


class Rules(Strict):
    """What counts as what, and how sure one wants to be."""

    ties: Literal["half", "dropped", "davidson"] = "half"
    """``half``: half a win each way; ``dropped``: left out; ``davidson``: Davidson's model of all
    pairs at once, in which a rate is that of a choice that is no tie."""
    all_bad: Literal["tie", "leave_out"] = "tie"
    """"Both bad" as a tie, or in a column of its own alone."""
    set_aside: Literal["leave_out", "keep"] = "leave_out"
    """Votes that the study set aside (too fast, too many, ...)."""
    interval: IntervalKind = "two_way_t"
    """See `clustered`; ``benchmarks/preference_coverage.py`` measured all of them."""
    correction: Literal["holm", "benjamini_hochberg"] = "holm"
    """Which corrected p-value decides; both are shown."""
    level: Annotated[float, Field(gt=0, lt=1)] = 0.95
    resamples: NonNegativeInt = 1000
    seed: int = 0
