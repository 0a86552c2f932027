"""Visual analogue scales without numbers."""

from __future__ import annotations

import random
from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, Literal, Protocol, Self

from pydantic import Field, StrictBool, model_validator

from manyvoices.design.dialogue import read_scale_value
from manyvoices.design.problems import Problem
from manyvoices.design.written import (
    Anchors,
    Item,
    Posted,
    QuestionBase,
    Reading,
    Scale,
    ScaleValue,
    check_ascending,
    check_distinct,
    read_beside,
    shuffled,
)

NOT_APPLICABLE = "not_applicable"


class Vas(QuestionBase):
    """Visual analogue scales without numbers, one per item.

    Stored: item id -> whole number in `range`, None where untouched, ``"not_applicable"``.
    """

    kind: Literal["vas"]
    items: Annotated[tuple[Item, ...], Field(min_length=1, max_length=60)]
    anchors: Anchors
    range: Scale = (1, 100)
    random_order: StrictBool = False
    not_applicable: StrictBool = False
    """Offer "does not apply" beside each scale."""

    seconds: ClassVar[float] = 7

    @model_validator(mode="after")
    def _items_make_sense(self) -> Self:
        check_ascending(self.range)
        check_distinct("items", [item.id for item in self.items])
        return self

    def read(self, posted: Posted) -> Reading:
        """Fields ``q-<id>-<item>``; ``...-na`` is the box, ``...-text`` the text beside it."""
        values, errors = read_scales(self.name, self, posted)
        if errors:
            return Reading(values, Problem("out_of_range", items=tuple(errors)))
        keys = {item.id: item.id for item in self.items if item.text}
        texts, problem = read_beside(self.name, keys, posted)
        asked = {item.id: values[item.id] for item in self.items if not item.text}
        if problem is None and self.required:
            problem = open_items(asked)
        return Reading(values, problem, texts or None)

    def fields(self, value: Any, texts: Mapping[str, str] | None = None) -> dict[str, list[str]]:
        """One field for each line that has a value, and the texts beside them."""
        told: dict[str, list[str]] = {}
        for item, mark in (value or {}).items():
            if mark == NOT_APPLICABLE:
                told[f"{self.name}-{item}-na"] = ["1"]
            elif mark is not None:
                told[f"{self.name}-{item}"] = [str(mark)]
        return told | {f"{self.name}-{item}-text": [t] for item, t in (texts or {}).items()}

    def order(self, rng: random.Random) -> list[str] | None:
        """Drawn where the order is random; items that stay last do."""
        if not self.random_order:
            return None
        return shuffled(((item.id, item.keep_last) for item in self.items), rng)

    def estimate_s(self) -> float:
        """So long for each line."""
        return len(self.items) * self.seconds


class Scales(Protocol):
    """A question or a block of feedback with several scales."""

    @property
    def items(self) -> tuple[Item, ...]: ...
    @property
    def range(self) -> Scale: ...
    @property
    def not_applicable(self) -> bool: ...


def read_scales(
    prefix: str, block: Scales, posted: Posted
) -> tuple[dict[str, ScaleValue], dict[str, Problem]]:
    """Item -> value, and item -> what is wrong with it.

    Where both a mark and the box arrive, the box counts: without JavaScript a browser's range
    control always sends a number, while a box is only ticked on purpose.
    """
    values: dict[str, ScaleValue] = {}
    errors: dict[str, Problem] = {}
    for item in block.items:
        field = f"{prefix}-{item.id}"
        if block.not_applicable and any(posted.get(f"{field}-na", ())):
            values[item.id] = NOT_APPLICABLE
            continue
        value = read_scale_value(posted.get(field, ()), block.range)
        values[item.id] = None if isinstance(value, Problem) else value
        if isinstance(value, Problem):
            errors[item.id] = value
    return values, errors


def open_items(values: Mapping[str, object]) -> Problem | None:
    """Say which lines are untouched, where every line needs an answer."""
    items = tuple(item for item, value in values.items() if value is None)
    return Problem("required_items", {"count": len(items)}, items) if items else None
