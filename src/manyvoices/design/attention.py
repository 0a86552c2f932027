"""Attention and comprehension checks: questions that have a correct answer, and two tries at it.

A wrong answer within the tries comes back with a request to read again. After the last try the
answer is stored as it is, right or wrong: the person goes on, and the quality checks say so.
"""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, StrictInt

from manyvoices.design.written import Value, Written


class AttentionCheck(Written):
    """Written as ``check: {correct: [Blue], tries: 2}``."""

    correct: Annotated[tuple[Value, ...], Field(min_length=1)]
    """All of them for a multiple choice; any one of them for a single one."""
    tries: Annotated[StrictInt, Field(ge=1, le=5)] = 2

    def passes(self, value: object) -> bool:
        """Whether `value` is a correct answer."""
        if isinstance(value, list | tuple):
            return {str(part) for part in value} == set(self.correct)
        return value is not None and str(value) in self.correct


def must_try_again(check: AttentionCheck, value: object, *, n_tries: int) -> bool:
    """Whether to ask once more, after `n_tries` tries with this one."""
    return value is not None and not check.passes(value) and n_tries < check.tries
