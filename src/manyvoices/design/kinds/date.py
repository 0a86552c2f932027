"""A day."""

from __future__ import annotations

import datetime as dt
from typing import ClassVar, Literal, Self

from pydantic import model_validator

from manyvoices.design.problems import Problem
from manyvoices.design.written import Posted, QuestionBase, Reading, Unfit


class Date(QuestionBase):
    """A day. Stored: ``YYYY-MM-DD``, or None."""

    kind: Literal["date"]
    earliest: dt.date | None = None
    latest: dt.date | None = None

    seconds: ClassVar[float] = 10

    @model_validator(mode="after")
    def _days_ascend(self) -> Self:
        if self.earliest and self.latest and self.earliest > self.latest:
            raise Unfit("latest", str(self.latest), f"a day from {self.earliest} on")
        return self

    def read(self, posted: Posted) -> Reading:
        """Field ``q-<id>``, as a browser's date field posts it."""
        given = posted.get(self.name, ())
        text = given[-1].strip() if given else ""
        if not text:
            return Reading(None, Problem("required") if self.required else None)
        try:
            day = dt.datetime.strptime(text, "%Y-%m-%d").date()
        except ValueError:
            return Reading(None, Problem("not_a_date"))
        if self.earliest and day < self.earliest:
            return Reading(day.isoformat(), Problem("too_early", {"min": str(self.earliest)}))
        if self.latest and day > self.latest:
            return Reading(day.isoformat(), Problem("too_late", {"max": str(self.latest)}))
        return Reading(day.isoformat())
