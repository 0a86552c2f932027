"""Chat lines as readers and converters need them: checked, split at what two chats share, counted.

The columns of others hold chat lines with further fields at times (tool calls, token counts).
Those are read as a role and a content here, and stay in the published row.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

from manyvoices.schema import ChatLine, ChatRole, Message, Said

ROLES: dict[str, ChatRole] = {"prompter": "user", "assistant": "assistant", "user": "user"}
"""Role of a tree's or PRISM's message -> role of a chat line."""


class SaidLine(msgspec.Struct):
    """A chat line as it stands in a row; fields beyond these are passed over."""

    role: ChatRole
    content: str | list[dict[str, Any]] | None = None


Text = str | list[SaidLine]
"""A column that holds a text or chat lines."""


def lines(said: list[SaidLine]) -> list[ChatLine]:
    """The chat lines of a column."""
    return [ChatLine(role=line.role, content=line.content) for line in said]


def said(text: Text) -> Said:
    """A text as it is, or chat lines as records."""
    return text if isinstance(text, str) else lines(text)


def written(text: Said) -> str | list[dict[str, Any]]:
    """A text or chat lines as a row holds them."""
    if isinstance(text, str):
        return text
    return [{"role": line.role, "content": line.content} for line in text]


def as_lines(text: Said | None, role: ChatRole) -> list[ChatLine]:
    """Chat lines; a text becomes one line of that role, and None no line."""
    if text is None:
        return []
    return [ChatLine(role=role, content=text)] if isinstance(text, str) else list(text)


def of_message(message: Message) -> ChatLine:
    """The chat line of a message of a tree or turn."""
    return ChatLine(role=ROLES[message.role], content=message.text)


def split(
    chosen: Sequence[ChatLine], rejected: Sequence[ChatLine]
) -> tuple[list[ChatLine], list[ChatLine], list[ChatLine]]:
    """(what two chats share from the start, the rest of the first, the rest of the second).

    Each rest has one line at least, so two equal chats differ in their last line.
    """
    n, limit = 0, min(len(chosen), len(rejected)) - 1
    while n < limit and chosen[n] == rejected[n]:
        n += 1
    return list(chosen[:n]), list(chosen[n:]), list(rejected[n:])


def wrong(expected: str, path: str) -> msgspec.ValidationError:
    """The error of a value that decodes and cannot be right."""
    return msgspec.ValidationError(f"Expected {expected} - at `$.{path}`")
