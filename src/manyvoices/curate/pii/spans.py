"""Where a text holds something personal: the kind, and from which character to which."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple, TypeAlias


class Span(NamedTuple):
    """One find, as `text[start:end]`, in characters (not bytes)."""

    kind: str
    """``email``, ``phone``, ``credit_card``, ``iban``, ``ip``, ``url``, ..."""
    start: int
    end: int


Find: TypeAlias = Callable[[str], list[Span]]
"""Finds spans in a text, in the order in which they begin."""
