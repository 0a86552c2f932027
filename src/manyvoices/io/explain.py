"""Turning an error of decoding into a fault that a person can act on.

msgspec's messages name the types of a programming language and stop at the path. A reader of data
needs the value that was found there, kept short because it may be somebody's words, and what would
have been right.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator
from typing import Any

import msgspec
import msgspec.inspect as inspect

from manyvoices.io.faults import describe, shorten
from manyvoices.schema import SCHEMA_VERSION, Fault

DECODE_ERRORS = (msgspec.MsgspecError, UnicodeError, RecursionError, ValueError, MemoryError)
"""All that decoding one line can raise, whatever the line holds."""

_NAMES = {
    "int": "an integer",
    "float": "a number",
    "str": "a string",
    "bool": "true or false",
    "null": "null",
    "object": "an object",
    "array": "a list",
    "datetime": "a date and time",
}
_STEP = re.compile(r"\.([^.\[\]]+)|\[(\d+|\.\.\.)\]")
_MISSING = object()


def explain(error: Exception, line: bytes, file: str, number: int, expected: Any) -> Fault:
    """The fault behind a decoding error.

    Args:
        error: What decoding `line` raised; one of `DECODE_ERRORS`.
        line: The line's bytes.
        file: As the user gave it.
        number: 1-based line number.
        expected: The type that the line was decoded to.
    """
    if isinstance(error, RecursionError):
        return Fault(file, number, "", "values nested too deeply", "fewer than 1,000 levels")
    broken = _not_utf8(line)
    if broken is not None:
        hint = "save the file as UTF-8"
        return Fault(file, number, "", broken, "UTF-8 text", hint)
    if isinstance(error, msgspec.ValidationError):
        return _explain_validation(str(error), line, file, number, expected)
    return _explain_json(str(error), line, file, number)


def _not_utf8(line: bytes) -> str | None:
    try:
        line.decode()
    except UnicodeDecodeError as error:
        column = len(line[: error.start].decode(errors="replace")) + 1
        return f"byte 0x{line[error.start]:02x} at column {column}, which is not UTF-8"
    return None


def _explain_json(message: str, line: bytes, file: str, number: int) -> Fault:
    at = re.search(r"\(byte (\d+)\)", message)
    end = len(
        line.rstrip()
    )  # the line's own end is no part of it, even where decoding stopped there
    offset = min(int(at.group(1)), end) if at else end
    start = line.rfind(b"\n", 0, offset) + 1
    number += line.count(b"\n", 0, offset)
    column = len(line[start:offset].decode(errors="replace")) + 1
    reason = re.sub(r"^JSON is malformed: | \(byte \d+\)", "", message)
    if message == "Input data was truncated":
        reason = "the line ends too early"
    found = f"invalid JSON at column {column}: {shorten(reason)}"
    return Fault(file, number, "", found, "one JSON object on the line", _json_hint(line, offset))


def _json_hint(line: bytes, offset: int) -> str:
    if line.strip() in (b"{", b"[", b"[{"):
        return "the file looks like one long JSON document; write one record to a line"
    if line[offset : offset + 3] in (b"NaN", b"Inf") or line[offset : offset + 4] == b"-Inf":
        return "JSON has no NaN; write null"
    return ""


def _explain_validation(message: str, line: bytes, file: str, number: int, expected: Any) -> Fault:
    text, _, place = message.rpartition(" - at `")
    if not text:
        text, place = message, "$"
    steps = _STEP.findall(place.rstrip("`"))
    document = _document(line)
    if (version := _other_version(document)) is not None:
        hint = "a newer manyvoices wrote this file"
        return Fault(file, number, "schema_version", version, f'"{SCHEMA_VERSION}"', hint)
    path, value = _walk(document, steps, _got(text))
    found, wanted, name, hint = _found_and_expected(text, value, _type_at(expected, steps))
    full = f"{path}.{name}" if path and name else path or name
    if not full and isinstance(document, list):
        hint = "write one record to a line, without a list around them"
    return Fault(file, number, full, found, wanted, hint)


def _document(line: bytes) -> Any:
    try:
        return msgspec.json.decode(line)
    except DECODE_ERRORS:
        return _MISSING


def _other_version(document: Any) -> str | None:
    version = document.get("schema_version") if isinstance(document, dict) else None
    if isinstance(version, str) and version != SCHEMA_VERSION:
        return describe(version)
    return None


def _got(text: str) -> str | None:
    match = re.search(r"got `(\w+)`$", text)
    return match.group(1) if match else None


def _walk(document: Any, steps: list[tuple[str, str]], got: str | None) -> tuple[str, Any]:
    """The path as a person reads it, and the value at its end (or `_MISSING`)."""
    path, value = "", document
    for field, index in steps:
        if field:
            path = f"{path}.{field}" if path else field
            value = value.get(field, _MISSING) if isinstance(value, dict) else _MISSING
        elif index == "...":
            key, value = _entry(value, got)
            path = f"{path}.{shorten(key)}" if path else shorten(key)
        else:
            path = f"{path}[{index}]"
            inside = isinstance(value, list) and int(index) < len(value)
            value = value[int(index)] if inside else _MISSING
    return path, value


def _entry(value: Any, got: str | None) -> tuple[str, Any]:
    """The entry of a mapping that msgspec means by ``[...]``: the first of the type it names."""
    if isinstance(value, dict):
        for key, inner in value.items():
            if got is None or _json_type(inner) == got:
                return key, inner
    return "...", _MISSING


def _json_type(value: Any) -> str:
    names = {dict: "object", list: "array", type(None): "null"}
    return names.get(type(value), type(value).__name__)


def _found_and_expected(text: str, value: Any, node: Any) -> tuple[str, str, str, str]:
    """(found, expected, name of the field at fault below the path, hint)."""
    if match := re.match(r"Object missing required field `(.*)`", text, re.DOTALL):
        return "nothing", "a value: the field is required", match.group(1), ""
    if match := re.match(r"Object contains unknown field `(.*)`", text, re.DOTALL):
        known = [field.encode_name for field in getattr(node, "fields", ())]
        near = difflib.get_close_matches(match.group(1), known, n=1)
        hint = f"did you mean {near[0]}?" if near else ""
        owner = getattr(getattr(node, "cls", None), "__name__", "the record").lstrip("_")
        return "an unknown field", f"a field of {owner}", shorten(match.group(1)), hint
    found = _found(text, value)
    if text.startswith("Invalid enum value"):
        return found, "one of " + ", ".join(_choices(node)), "", ""
    if "RFC3339" in text or "timezone" in text:
        wanted = "a date and time with its time zone, such as 2026-01-31T09:30:00Z"
        return found, wanted, "", ""
    if match := re.match(r"Expected (.*?)(?:, got `\w+`)?$", text, re.DOTALL):
        return found, _in_words(match.group(1)), "", ""
    return found, f"another value: {shorten(text)}", "", ""


def _found(text: str, value: Any) -> str:
    if value is not _MISSING:
        return describe(value)
    got = _got(text)
    return _NAMES.get(got, got) if got else "a value that cannot be used"


def _in_words(types: str) -> str:
    """``an integer or null`` for ```int | null```; a limit behind a type stays: ``<= 100``."""

    def named(match: re.Match[str]) -> str:
        return " or ".join(_NAMES.get(name, name) for name in match.group(1).split(" | "))

    return re.sub(r"`([^`]*)`", named, types)


def _choices(node: Any) -> Iterator[str]:
    for option in node.types if isinstance(node, inspect.UnionType) else (node,):
        if isinstance(option, inspect.LiteralType):
            yield from (str(value) for value in option.values)
        elif isinstance(option, inspect.EnumType):
            yield from (str(member.value) for member in option.cls)
        elif isinstance(option, inspect.NoneType):
            yield "null"


def _type_at(root: Any, steps: list[tuple[str, str]]) -> Any:
    """msgspec's description of the type at the end of `steps`, or None where it cannot be told."""
    node: Any = inspect.type_info(root)
    for field, _ in steps:
        node = next((n for n in (_step(n, field) for n in _options(node)) if n), None)
    structs = [n for n in _options(node) if isinstance(n, inspect.StructType)]
    return structs[0] if structs else node


def _options(node: Any) -> tuple[Any, ...]:
    return node.types if isinstance(node, inspect.UnionType) else (node,)


def _step(node: Any, field: str) -> Any:
    if field and isinstance(node, inspect.StructType):
        return next((f.type for f in node.fields if f.encode_name == field), None)
    if isinstance(node, inspect.ListType):
        return node.item_type
    return node.value_type if isinstance(node, inspect.DictType) else None
