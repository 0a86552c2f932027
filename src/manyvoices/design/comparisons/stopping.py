"""When a preference study knows enough, as people write it. The test is in `aggregate`."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, StrictFloat, StrictInt

from manyvoices.design.responders import ModelId
from manyvoices.design.written import Written


class Stopping(Written):
    """Look after every person; the error holds however often one looks (anytime-valid)."""

    between: tuple[ModelId, ModelId] | None = None
    """The two models whose difference decides; None = the baseline and each other model."""
    alpha: Annotated[StrictFloat, Field(gt=0, lt=0.5)] = 0.05
    """Chance of stopping for a difference where there is none, over all looks."""
    margin: Annotated[StrictFloat | StrictInt, Field(ge=0, lt=0.5)] = 0
    """Stop as well where the interval lies within 0.5 plus or minus this: as good as equal."""
    least: Annotated[StrictInt, Field(ge=1)] = 20
    """People before the first look."""
    most: Annotated[StrictInt, Field(ge=1)] | None = None
    """People at most, whatever was found."""
    then: Literal["close", "tell"] = "tell"
    """``close``: nobody new is let in; ``tell``: the console says so, and people decide."""
