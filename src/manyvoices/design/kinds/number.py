"""A number."""

from __future__ import annotations

import math
import re
from typing import ClassVar, Literal, Self

from pydantic import StrictBool, StrictFloat, StrictInt, model_validator

from manyvoices.design.problems import Problem
from manyvoices.design.written import Posted, QuestionBase, Reading, Unfit

_NUMBER = re.compile(r"[+-]?\d{1,15}([.,]\d{1,10})?")
_SPACES = str.maketrans("", "", " \u00a0\u202f")


class Number(QuestionBase):
    """A number. Stored: int where `whole`, else int or float; None where nothing was written."""

    kind: Literal["number"]
    minimum: StrictInt | StrictFloat | None = None
    maximum: StrictInt | StrictFloat | None = None
    whole: StrictBool = True
    unit: str = ""
    """Shown behind the field ("hours a week")."""

    seconds: ClassVar[float] = 8

    @model_validator(mode="after")
    def _limits_ascend(self) -> Self:
        low, high = self.minimum, self.maximum
        if low is not None and high is not None and low >= high:
            raise Unfit("maximum", str(high), f"a number above {low}")
        return self

    def read(self, posted: Posted) -> Reading:
        """Field ``q-<id>``; comma and point both part the decimals, spaces part thousands."""
        given = posted.get(self.name, ())
        text = given[-1].strip().translate(_SPACES) if given else ""
        if not text:
            return Reading(None, Problem("required") if self.required else None)
        if not (text.isascii() and _NUMBER.fullmatch(text)):
            return Reading(None, Problem("not_a_number"))
        value = float(text.replace(",", "."))
        if self.whole and not value.is_integer():
            return Reading(None, Problem("not_whole"))
        return Reading(int(value) if value.is_integer() else value, self._outside(value))

    def _outside(self, value: float) -> Problem | None:
        low = -math.inf if self.minimum is None else self.minimum
        high = math.inf if self.maximum is None else self.maximum
        if low <= value <= high:
            return None
        if self.maximum is None:
            return Problem("too_small", {"min": str(self.minimum)})
        if self.minimum is None:
            return Problem("too_large", {"max": str(self.maximum)})
        return Problem("not_between", {"min": str(self.minimum), "max": str(self.maximum)})
