"""One statement, and how much a person agrees, in words."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal, Self

from pydantic import BeforeValidator, Field, model_validator

from manyvoices.design.kinds.choices import read_one
from manyvoices.design.written import (
    Option,
    Posted,
    QuestionBase,
    Reading,
    as_option,
    check_distinct,
)

AGREEMENT = tuple(
    Option(value=words, label=words)
    for words in (
        "Strongly disagree",
        "Disagree",
        "Neither agree nor disagree",
        "Agree",
        "Strongly agree",
    )
)


class Likert(QuestionBase):
    """One statement on an ordered scale in words. Stored: the point's value, or None.

    The points always stand in the file's order, which is their meaning.
    """

    kind: Literal["likert"]
    points: Annotated[
        tuple[Annotated[Option, BeforeValidator(as_option)], ...],
        Field(min_length=2, max_length=11),
    ] = AGREEMENT

    seconds: ClassVar[float] = 7

    @model_validator(mode="after")
    def _points_differ(self) -> Self:
        check_distinct("points", [point.value for point in self.points])
        return self

    def read(self, posted: Posted) -> Reading:
        """Field ``q-<id>``."""
        return read_one(self.points, posted.get(self.name, ()), required=self.required)

    def offered(self) -> tuple[Option, ...]:
        """Its points."""
        return self.points
