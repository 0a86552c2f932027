"""Several lines, one choice of the same options in each."""

from __future__ import annotations

import random
from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, Literal, Self

from pydantic import Field, StrictBool, model_validator

from manyvoices.design.kinds.choices import read_one
from manyvoices.design.kinds.vas import NOT_APPLICABLE, open_items
from manyvoices.design.problems import Problem
from manyvoices.design.written import (
    Item,
    Option,
    Options,
    Posted,
    QuestionBase,
    Reading,
    Unfit,
    check_distinct,
    shuffled,
)


class Matrix(QuestionBase):
    """One choice per line.

    Stored: item id -> option's value, None where the line was left, ``"not_applicable"``.
    """

    kind: Literal["matrix"]
    items: Annotated[tuple[Item, ...], Field(min_length=1, max_length=60)]
    options: Options
    random_order: StrictBool = False
    """Of the lines; the options stay as written."""
    not_applicable: StrictBool = False
    """Offer "does not apply" at the end of each line: an answer, and so enough where one is
    required."""

    seconds: ClassVar[float] = 5

    @model_validator(mode="after")
    def _lines_and_options_differ(self) -> Self:
        check_distinct("items", [item.id for item in self.items])
        check_distinct("options", [option.value for option in self.options])
        if any(option.value == NOT_APPLICABLE for option in self.options):
            raise Unfit(
                "options", NOT_APPLICABLE, "another value", hint="write not_applicable: true"
            )
        return self

    def choices(self) -> tuple[Option, ...]:
        """What can be chosen in a line; the last may be that it does not apply."""
        if not self.not_applicable:
            return self.options
        return (*self.options, Option(value=NOT_APPLICABLE, label=NOT_APPLICABLE))

    def read(self, posted: Posted) -> Reading:
        """Fields ``q-<id>-<item>``."""
        values: dict[str, str | None] = {}
        faults: dict[str, Problem] = {}
        for item in self.items:
            given = posted.get(f"{self.name}-{item.id}", ())
            line = read_one(self.choices(), given, required=False)
            values[item.id] = line.value if isinstance(line.value, str) else None
            if line.problem is not None:
                faults[item.id] = line.problem
        if faults:
            return Reading(values, Problem(next(iter(faults.values())).code, items=tuple(faults)))
        return Reading(values, open_items(values) if self.required else None)

    def fields(self, value: Any, texts: Mapping[str, str] | None = None) -> dict[str, list[str]]:  # noqa: ARG002
        """One field for each line that has a value."""
        chosen = (value or {}).items()
        return {f"{self.name}-{item}": [option] for item, option in chosen if option is not None}

    def order(self, rng: random.Random) -> list[str] | None:
        """Of the lines, drawn where it is random."""
        if not self.random_order:
            return None
        return shuffled(((item.id, item.keep_last) for item in self.items), rng)

    def estimate_s(self) -> float:
        """So long for each line."""
        return len(self.items) * self.seconds
