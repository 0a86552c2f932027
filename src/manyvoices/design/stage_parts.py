"""What several stages share: limits of time and of length."""

from __future__ import annotations

from typing import Annotated, Self

from pydantic import Field, StrictFloat, StrictInt, model_validator

from manyvoices.design.written import Unfit, Written

Seconds = Annotated[StrictFloat, Field(gt=0, le=600)]


class AnswerLimits(Written):
    """How long an answer may be, whoever gives it; a model's own, lower ``max_tokens`` wins."""

    max_tokens: Annotated[StrictInt, Field(ge=1, le=1_000_000)] | None = None
    """Asked of the model with every call."""
    max_words: Annotated[StrictInt, Field(ge=1, le=100_000)] | None = None
    """What is over is cut off before anyone sees it, and the answer's record says so."""


class MessageLimits(Written):
    """How long a person's message must and may be, in words."""

    min_words: Annotated[StrictInt, Field(ge=1, le=1000)] = 1
    max_words: Annotated[StrictInt, Field(ge=1, le=10_000)] | None = None

    @model_validator(mode="after")
    def _least_below_most(self) -> Self:
        if self.max_words is not None and self.min_words > self.max_words:
            raise Unfit("min_words", str(self.min_words), f"at most max_words ({self.max_words})")
        return self
