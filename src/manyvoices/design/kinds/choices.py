"""What the kinds that offer options share."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from typing import Any, Self

from pydantic import StrictBool, model_validator

from manyvoices.design.attention import AttentionCheck
from manyvoices.design.problems import Problem
from manyvoices.design.written import (
    Option,
    Options,
    Posted,
    QuestionBase,
    Reading,
    Unfit,
    check_distinct,
    read_beside,
    shuffled,
)


class Choice(QuestionBase):
    """A question with options."""

    options: Options
    random_order: StrictBool = False
    check: AttentionCheck | None = None
    """Where there is a correct answer: ``{correct: [...], tries: 2}``."""

    @model_validator(mode="after")
    def _correct_is_offered(self) -> Self:
        values = {option.value for option in self.options}
        for value in self.check.correct if self.check else ():
            if value not in values:
                raise Unfit("check", value, "the value of one of the options")
        return self

    @model_validator(mode="after")
    def _options_differ(self) -> Self:
        check_distinct("options", [option.value for option in self.options])
        return self

    def fields(self, value: Any, texts: Mapping[str, str] | None = None) -> dict[str, list[str]]:
        """The chosen options, and the texts beside them."""
        at = {option.value: index for index, option in enumerate(self.options)}
        beside = {f"{self.name}-{at[k]}-text": [t] for k, t in (texts or {}).items() if k in at}
        return super().fields(value) | beside

    def order(self, rng: random.Random) -> list[str] | None:
        """Drawn where the order is random; options that stay last do."""
        if not self.random_order:
            return None
        return shuffled(((option.value, option.keep_last) for option in self.options), rng)

    def offered(self) -> tuple[Option, ...]:
        """All of them."""
        return self.options

    def with_texts(self, reading: Reading, posted: Posted) -> Reading:
        """`reading` with what was written beside the chosen options that ask for a text."""
        chosen = reading.value if isinstance(reading.value, list) else [reading.value]
        keys = {
            option.value: str(index)
            for index, option in enumerate(self.options)
            if option.text and option.value in chosen
        }
        texts, problem = read_beside(self.name, keys, posted)
        if problem is None and len(texts) < len(keys):
            problem = Problem("required_text")
        return reading._replace(problem=reading.problem or problem, texts=texts or None)


def read_one(options: Sequence[Option], given: Sequence[str], *, required: bool) -> Reading:
    """Read a field in which one option is chosen."""
    chosen = [value for value in given if value != ""]
    if not chosen:
        return Reading(None, Problem("required") if required else None)
    if len(set(chosen)) > 1:
        return Reading(None, Problem("one_only"))
    if chosen[0] not in {option.value for option in options}:
        return Reading(None, Problem("unknown_option"))
    return Reading(chosen[0])
