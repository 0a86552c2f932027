"""The pieces that everything people write is made of: texts, options, items, conditions, and the
base of all kinds of question. The kinds themselves are in `kinds`."""

from __future__ import annotations

import random
from abc import abstractmethod
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Annotated, Any, ClassVar, NamedTuple, Self, TypeAlias

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StrictBool,
    StrictInt,
    StringConstraints,
    model_validator,
)

from manyvoices.design.problems import Problem

Posted: TypeAlias = Mapping[str, Sequence[str]]
"""Field name -> values, as a form posts them."""

ScaleValue: TypeAlias = int | str | None
AnswerValue: TypeAlias = (
    str | int | float | list[str] | dict[str, ScaleValue] | dict[str, str | None] | None
)


class Written(BaseModel):
    """Base of everything that people write: frozen, and a misspelt key is a fault."""

    model_config = ConfigDict(
        extra="forbid", frozen=True, populate_by_name=True, use_attribute_docstrings=True
    )
    also_read: ClassVar[frozenset[str]] = frozenset()
    """Fields with texts for people beyond `design.translations.TEXT_FIELDS`."""
    not_read: ClassVar[frozenset[str]] = frozenset()
    """Fields named as if they held texts for people, and do not."""


Identifier = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,63}$")]
"""Ids stand in form fields and column names: lower case, digits, underscore."""

Line = Annotated[str, StringConstraints(min_length=1, max_length=500, strip_whitespace=True)]
"""A text on one line that is shown."""

Value = Annotated[str, StringConstraints(min_length=1, max_length=200)]
"""What is stored for an option."""


class Unfit(ValueError):
    """Something written is of the right form and makes no sense; says it in a fault's words."""

    def __init__(self, key: str, found: str, expected: str, hint: str = "") -> None:
        self.key, self.found, self.expected, self.hint = key, found, expected, hint
        super().__init__(f"{key}: found {found}, expected {expected}")


def found_text(value: Any) -> str:
    """`value` as it is named in a fault, short and on one line."""
    if value is None:
        return "nothing"
    if isinstance(value, Mapping):
        return "a mapping"
    if isinstance(value, list | tuple):
        return f"a list of {len(value)}"
    if isinstance(value, bool):
        return str(value).lower()
    text = repr(value)
    return text if len(text) <= 60 else text[:56] + "...'"


def quote_hint(value: Any) -> str:
    """What to do where a text was meant and YAML read something else."""
    if isinstance(value, bool):
        return 'YAML reads yes, no, on and off as true or false: put the word in quotes, "no"'
    if value is None or isinstance(value, Mapping | list | tuple):
        return ""
    return f'put it in quotes: "{value}"'


def check_ascending(limits: tuple[int, int]) -> None:
    """Raise `Unfit` where a range does not ascend."""
    if limits[0] >= limits[1]:
        raise Unfit("range", f"[{limits[0]}, {limits[1]}]", "the lower number first")


def check_distinct(key: str, names: Iterable[str]) -> None:
    """Raise `Unfit` where a name stands twice."""
    twice = [name for name, count in Counter(names).items() if count > 1]
    if twice:
        raise Unfit(key, f"{', '.join(twice)} more than once", "different names")


def as_option(value: Any) -> Any:
    """Let people write an option as one plain string: it is its own label."""
    if isinstance(value, str):
        return {"value": value, "label": value}
    if not isinstance(value, dict | Option):
        raise Unfit("", found_text(value), "a text or {value, label}", quote_hint(value))
    return value


Scale = tuple[StrictInt, StrictInt]
Anchors = tuple[Line, Line]


class Option(Written):
    """One answer that is offered."""

    value: Value
    """What is stored."""
    label: Line
    """What is shown."""
    keep_last: StrictBool = False
    """Stays at the end where the order is random ("Other", "Prefer not to say")."""
    exclusive: StrictBool = False
    """In a multiple choice: cannot be ticked together with another ("None of these")."""
    text: StrictBool = False
    """Offers a field to write in beside it ("Other"); filled only where it is chosen."""


Options = Annotated[
    tuple[Annotated[Option, BeforeValidator(as_option)], ...], Field(min_length=2, max_length=300)
]


class Item(Written):
    """One line of a question with several scales."""

    id: Identifier
    label: Line
    keep_last: StrictBool = False
    """Stays at the end where the order is random ("Other")."""
    text: StrictBool = False
    """Offers a field to write in, and may be left out ("Something else")."""


class VisibleIf(Written):
    """Show a question only if an earlier one of the same survey was answered in some way.

    Exactly one of the conditions is written. For a multiple choice, `equals` and `in` hold if a
    ticked option is named, `not_in` if none is. ``any: [...]`` and ``all: [...]`` join several.
    """

    question: Identifier | None = None
    equals: Value | None = None
    in_: tuple[Value, ...] | None = Field(default=None, alias="in")
    not_in: tuple[Value, ...] | None = None
    answered: StrictBool | None = None
    any_: Annotated[tuple[VisibleIf, ...], Field(min_length=1)] | None = Field(
        default=None, alias="any"
    )
    all_: Annotated[tuple[VisibleIf, ...], Field(min_length=1)] | None = Field(
        default=None, alias="all"
    )

    @model_validator(mode="after")
    def _one_condition(self) -> Self:
        given = [self.equals, self.in_, self.not_in, self.answered, self.any_, self.all_]
        if sum(condition is not None for condition in given) != 1:
            raise Unfit(
                "question",
                "no condition or several",
                "one of equals, in, not_in, answered, any, all",
            )
        if (self.question is None) is (self.any_ is None and self.all_ is None):
            raise Unfit(
                "question",
                "nothing" if self.question is None else self.question,
                "a question, or any or all with conditions of their own",
            )
        return self

    def simple(self) -> Iterator[VisibleIf]:
        """Every condition in it that names a question."""
        if self.question is not None:
            yield self
        for part in (*(self.any_ or ()), *(self.all_ or ())):
            yield from part.simple()

    @property
    def values(self) -> tuple[str, ...]:
        """Every option value that the condition names."""
        if self.equals is not None:
            return (self.equals,)
        return self.in_ or self.not_in or ()


class QuestionBase(Written):
    """What every kind of question has, and the rules that a kind may make its own."""

    id: Identifier
    label: Line
    """The question itself."""
    help: str = ""
    """Markdown shown under the label."""
    required: StrictBool = False
    visible_if: VisibleIf | None = None

    seconds: ClassVar[float] = 10
    """Rule of thumb for answering one."""

    @property
    def name(self) -> str:
        """The form field of its answer, or the beginning of its fields' names."""
        return f"q-{self.id}"

    @abstractmethod
    def read(self, posted: Posted) -> Reading:
        """Read its fields; the kind says what they are called."""

    def fields(self, value: Any, texts: Mapping[str, str] | None = None) -> dict[str, list[str]]:  # noqa: ARG002 (the kinds' own)
        """The fields from which `read` reads this value: what a stored page is shown with."""
        if value is None:
            return {}
        return {
            self.name: [str(part) for part in value] if isinstance(value, list) else [str(value)]
        }

    def order(self, rng: random.Random) -> list[str] | None:  # noqa: ARG002 (the kinds' own)
        """Options or items in the order to show; None where the file's order is shown."""
        return None

    def offered(self) -> tuple[Option, ...]:
        """The options that conditions and quotas may name; empty where there are none."""
        return ()

    def estimate_s(self) -> float:
        """Seconds that it takes to answer, by rule of thumb."""
        return self.seconds


class Reading(NamedTuple):
    """What a posted question says."""

    value: AnswerValue
    problem: Problem | None = None
    texts: dict[str, str] | None = None
    """Option or item -> what was written beside it."""


def shuffled(entries: Iterable[tuple[str, bool]], rng: random.Random) -> list[str]:
    """(value, stays last) in a drawn order; what stays last keeps its place in the file."""
    entries = tuple(entries)
    free = [value for value, keep_last in entries if not keep_last]
    last = [value for value, keep_last in entries if keep_last]
    return rng.sample(free, len(free)) + last


def clean_text(text: str) -> str:
    """`text` with plain line ends and without what cannot be stored."""
    text = text.replace("\r\n", "\n").replace("\r", "\n").replace("\x00", "")
    return text.encode("utf-8", "ignore").decode("utf-8")


def read_text(
    given: Sequence[str], *, max_length: int, required: bool
) -> tuple[str | None, Problem | None]:
    """Read a text field: None where nothing but white space was written.

    Line ends become "\\n" (browsers post CRLF; the limit counts what people see). NUL and lone
    surrogates are dropped, since neither can be stored. All else stays as typed.
    """
    text = clean_text(given[-1]) if given else ""
    if not text.strip():
        return None, Problem("required") if required else None
    if len(text) > max_length:
        return text, Problem("too_long", {"max": max_length, "length": len(text)})
    return text, None


MAX_BESIDE = 500
"""Characters of a text beside an option or an item."""


def read_beside(
    name: str, keys: Mapping[str, str], posted: Posted
) -> tuple[dict[str, str], Problem | None]:
    """The texts beside options or items; `keys`: option or item -> its part of the field's name."""
    texts: dict[str, str] = {}
    for value, key in keys.items():
        text, problem = read_text(
            posted.get(f"{name}-{key}-text", ()), max_length=MAX_BESIDE, required=False
        )
        if problem is not None:
            return texts, problem
        if text is not None:
            texts[value] = text
    return texts, None
