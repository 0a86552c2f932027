"""PRISM's conversations as the Croissant tools export them, and back.

There every field name carries the path to it (``conversations/conversation_id``), the history is
one string holding a Python literal whose texts are bytes, and a missing rating is the string
``None``. The literal is read with `ast.literal_eval`, which runs nothing.
"""

from __future__ import annotations

import ast
from typing import Any

import msgspec

from manyvoices.schema import PrismConversation

_TOP = "conversations/"
_HISTORY = "conversation_history"
_ATTRIBUTES = ("performance_attributes", "choice_attributes")
_MESSAGE_FIELDS = (
    *("turn", "role", "content", "model_provider", "model_name"),
    *("score", "if_chosen", "within_turn_id"),
)

MARK = b'"conversations/conversation_id"'
"""In every line of this form and, quotes being escaped in strings, in no line of the other."""


def from_croissant(line: bytes) -> PrismConversation:
    """Decode one exported line.

    Raises:
        msgspec.DecodeError: The line is not JSON.
        msgspec.ValidationError: It is JSON and not such a record.
    """
    row = msgspec.json.decode(line, type=dict[str, Any])
    fields = {name.removeprefix(_TOP): value for name, value in row.items()}
    if "split" not in fields:
        raise msgspec.ValidationError("Object missing required field `split`")
    fields[_HISTORY] = _history(fields.get(_HISTORY))
    for name in _ATTRIBUTES:
        if isinstance(fields.get(name), dict):
            fields[name] = _ratings(fields[name], f"{_TOP}{name}/")
    return msgspec.convert(fields, PrismConversation)


def to_croissant(record: PrismConversation) -> dict[str, Any]:
    """The exported form of a record that was read from it."""
    fields = msgspec.to_builtins(record)
    prefix = f"{_TOP}{_HISTORY}/"
    history = [
        {f"{prefix}{name}": _bytes(message.get(name)) for name in _MESSAGE_FIELDS}
        for message in fields[_HISTORY]
    ]
    fields[_HISTORY] = repr(history)
    for name in _ATTRIBUTES:
        if fields[name] is not None:
            ratings = fields[name].items()
            fields[name] = {
                f"{_TOP}{name}/{key}": "None" if value is None else value for key, value in ratings
            }
    return {f"{_TOP}{name}": value for name, value in fields.items()}


def _history(value: Any) -> Any:
    if not isinstance(value, str):
        raise msgspec.ValidationError(f"Expected `str` - at `$.{_HISTORY}`")
    try:
        messages = ast.literal_eval(value)
    except (ValueError, SyntaxError, TypeError, MemoryError, RecursionError) as error:
        wanted = "Expected a Python literal: a list of dicts"
        raise msgspec.ValidationError(f"{wanted} - at `$.{_HISTORY}`") from error
    if not isinstance(messages, list) or not all(isinstance(m, dict) for m in messages):
        raise msgspec.ValidationError(f"Expected a list of dicts - at `$.{_HISTORY}`")
    prefix = f"{_TOP}{_HISTORY}/"
    try:
        return [{str(k).removeprefix(prefix): _text(v) for k, v in m.items()} for m in messages]
    except UnicodeDecodeError as error:
        raise msgspec.ValidationError(f"Expected UTF-8 text - at `$.{_HISTORY}`") from error


def _text(value: Any) -> Any:
    return value.decode() if isinstance(value, bytes) else value


def _bytes(value: Any) -> Any:
    return value.encode() if isinstance(value, str) else value


def _ratings(ratings: dict[str, Any], prefix: str) -> dict[str, Any]:
    return {
        name.removeprefix(prefix): None if value == "None" else value
        for name, value in ratings.items()
    }
