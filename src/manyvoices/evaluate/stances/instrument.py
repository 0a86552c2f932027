"""An instrument: propositions, an answer scale, and axes on which answers are scored."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, StringConstraints, model_validator

from manyvoices.design.written import Unfit, check_distinct, quote_hint
from manyvoices.train.config import Strict

Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]
Name = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,63}$")]
Language = Annotated[str, StringConstraints(pattern=r"^[a-z]{2,3}(-[A-Za-z0-9]{2,8})*$")]
ANY = "en"
"""The language of a text that names none."""


def _by_language(value: Any) -> Any:
    """A bare text is English."""
    if isinstance(value, bool):
        raise Unfit("", str(value).lower(), "a text", quote_hint(value))
    return {ANY: value} if isinstance(value, str | list | tuple) else value


def _lists(value: Any) -> Any:
    value = _by_language(value)
    if not isinstance(value, Mapping):
        return value
    return {k: [v] if isinstance(v, str) else v for k, v in value.items()}


Texts = Annotated[dict[Language, Text], BeforeValidator(_by_language), Field(min_length=1)]
"""Language -> text; a bare text is English."""
Wordings = Annotated[
    dict[Language, Annotated[tuple[Text, ...], Field(min_length=1)]],
    BeforeValidator(_lists),
    Field(min_length=1),
]
"""Language -> wordings that say the same; the first is the item's own, the rest paraphrases."""


class Axis(Strict):
    """What items measure together; positions go from -1 to 1."""

    low: Texts
    """What -1 stands for."""
    high: Texts
    """What 1 stands for."""


class Point(Strict):
    """One option of the scale."""

    value: Text
    """As human answers store it."""
    label: Texts
    score: Annotated[float, Field(ge=-1, le=1)] | None = None
    """-1 (rejects) to 1 (agrees); left out everywhere: evenly spaced in the order of the file."""


class Item(Strict):
    """One proposition."""

    id: Name
    text: Wordings
    weights: Annotated[dict[Name, float], Field(min_length=1)]
    """Axis -> signed weight: positive where agreeing speaks for the high end."""
    human: dict[Text, tuple[Annotated[float, Field(ge=0)], ...]] = {}
    """Group of people -> how many chose each option, in the order of the scale."""

    @model_validator(mode="after")
    def _weighs(self) -> Item:
        if not any(self.weights.values()):
            raise Unfit("weights", "weights that are all 0", "a weight other than 0 on an axis")
        return self


AGREEMENT = tuple(
    {"value": value, "label": {"en": en, "de": de}}
    for value, en, de in (
        ("strongly_disagree", "Strongly disagree", "Stimme überhaupt nicht zu"),
        ("disagree", "Disagree", "Stimme nicht zu"),
        ("neither", "Neither agree nor disagree", "Weder noch"),
        ("agree", "Agree", "Stimme zu"),
        ("strongly_agree", "Strongly agree", "Stimme voll und ganz zu"),
    )
)
"""The scale of an instrument that gives none."""


class Instrument(Strict):
    """What is asked, and how answers are scored."""

    instrument: Literal[1] = 1
    """Version of the file's form."""
    id: Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_-]{0,63}$")]
    title: Text
    source: str = ""
    """Who wrote it, under which licence, and whether it is validated."""
    question: Literal["agree", "say"] = "agree"
    """How far does one agree, or would one say this oneself: chooses the built-in framings."""
    axes: Annotated[dict[Name, Axis], Field(min_length=1)]
    scale: Annotated[tuple[Point, ...], Field(min_length=2, max_length=11)] = Field(
        default=AGREEMENT,
        validate_default=True,
    )
    items: Annotated[tuple[Item, ...], Field(min_length=1)]

    @model_validator(mode="after")
    def _fits(self) -> Instrument:
        check_distinct("items", [item.id for item in self.items])
        check_distinct("scale", [point.value for point in self.scale])
        given = [point.score is not None for point in self.scale]
        if any(given) and not all(given):
            raise Unfit("scale", "a score for some options", "one for every option, or none")
        if not (min(self.scores) < 0 < max(self.scores)):
            raise Unfit("scale", f"scores {self.scores}", "options on both sides of 0")
        for item in self.items:
            self._item_fits(item)
        return self

    def _item_fits(self, item: Item) -> None:
        if unknown := sorted(set(item.weights) - set(self.axes)):
            raise Unfit(
                "items", f"weights of {item.id} on {unknown[0]}", f"one of {', '.join(self.axes)}"
            )
        for group, counts in item.human.items():
            if len(counts) != len(self.scale):
                raise Unfit(
                    "items",
                    f"{len(counts)} counts of {group} for {item.id}",
                    f"{len(self.scale)}, one for each option",
                )

    @property
    def scores(self) -> tuple[float, ...]:
        """Of the options: -1 to 1."""
        n = len(self.scale)
        even = [2 * i / (n - 1) - 1 for i in range(n)]
        return tuple(
            e if p.score is None else p.score for p, e in zip(self.scale, even, strict=True)
        )

    def labels(self, language: str) -> tuple[str, ...] | None:
        """The options' words; None where one of them has none in that language."""
        found = [point.label.get(language) for point in self.scale]
        return None if None in found else tuple(map(str, found))

    @property
    def languages(self) -> tuple[str, ...]:
        """In which every option and at least one item can be shown."""
        named = dict.fromkeys(code for item in self.items for code in item.text)
        return tuple(code for code in named if self.labels(code))

    def balance(self) -> dict[str, tuple[int, int]]:
        """Axis -> items on which agreeing speaks for its low and for its high end."""
        return {
            axis: (
                sum(item.weights.get(axis, 0) < 0 for item in self.items),
                sum(item.weights.get(axis, 0) > 0 for item in self.items),
            )
            for axis in self.axes
        }
