"""Faults in words: what pydantic found, said as found / expected / what to do.

Pydantic says "Input should be a valid string"; a person who wrote ``label: No`` needs to hear that
YAML read a truth value and that quotes help.
"""

from __future__ import annotations

import types
from collections.abc import Iterable
from difflib import get_close_matches
from typing import Any, Union, get_args, get_origin

from pydantic import BaseModel
from pydantic_core import ErrorDetails

from manyvoices.design.questions import Unfit, found_text, quote_hint
from manyvoices.design.sources import Loc

_FORMS = {
    "path_type": "a path, as a text",
    "string_type": "a text",
    "tuple_type": "a list",
    "dict_type": "a mapping (key: value)",
    "model_type": "a mapping (key: value)",
    "model_attributes_type": "a mapping (key: value)",
    "int_type": "a whole number",
    "int_parsing": "a whole number",
    "float_type": "a number",
    "bool_type": "true or false",
    "string_too_short": "a text that is not empty",
}

_PATTERNS = {
    r"^[a-z][a-z0-9_]{0,63}$": "lower-case letters, digits and _, a letter first",
    r"^[a-z0-9][a-z0-9-]{0,63}$": "lower-case letters, digits and hyphens",
    r"^[a-z]{2,3}(-[A-Za-z0-9]{2,8})*$": "a language tag such as en, de or pt-BR",
    r"^[A-Za-z0-9_-]{1,64}$": "letters, digits, _ and -",
    r"^https?://[^\s]+$": "an address that begins with http:// or https://",
    r"^[A-Za-z_][A-Za-z0-9_]*$": "the name of an environment variable, not the key itself",
    r"^[A-Za-z0-9][A-Za-z0-9._:/@-]{0,127}$": "letters, digits and . _ : / @ -",
}


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """A hint naming the closest known word, empty where none is close."""
    close = get_close_matches(word, list(known), n=1, cutoff=0.6)
    return f"did you mean {close[0]}?" if close else ""


def one_of(names: Iterable[str]) -> str:
    """``one of a, b, c``."""
    return f"one of {', '.join(names)}"


def put_in_words(error: ErrorDetails, model: Any) -> tuple[Loc, str, str, str]:
    """One pydantic error as (place, found, expected, hint); `model` is what was validated."""
    loc, kind, value = tuple(error["loc"]), error["type"], error["input"]
    ctx = error.get("ctx", {})
    if kind == "missing":
        return loc, "nothing", f"the key {loc[-1]}", ""
    if kind == "extra_forbidden":
        keys = known_keys(model, loc[:-1])
        return loc, f"the unknown key {loc[-1]}", one_of(keys), did_you_mean(str(loc[-1]), keys)
    if kind == "union_tag_invalid":
        tags = [tag.strip("' ") for tag in str(ctx["expected_tags"]).split(",")]
        tag = str(ctx["tag"])
        return (*loc, "kind"), repr(tag), one_of(tags), did_you_mean(tag, tags)
    if kind == "union_tag_not_found":
        return loc, found_text(value), "a mapping with the key kind", ""
    if kind == "literal_error":
        words = str(ctx["expected"]).replace(" or ", ", ").replace("'", "").split(", ")
        hint = did_you_mean(value, words) if isinstance(value, str) else ""
        return loc, found_text(value), one_of(words) if len(words) > 1 else words[0], hint
    if kind == "value_error" and isinstance(unfit := ctx.get("error"), Unfit):
        return (*loc, unfit.key), unfit.found, unfit.expected, unfit.hint
    return loc, found_text(value), _expected(error), _hint(kind, value)


def repeats_others(error: ErrorDetails) -> bool:
    """Whether `error` only follows from others: a list is "too short" without its faulty items."""
    if error["type"] != "too_short" or not isinstance(error["input"], tuple | dict):
        return False
    return len(error["input"]) >= int(error["ctx"]["min_length"])


def _expected(error: ErrorDetails) -> str:
    kind, ctx = error["type"], error.get("ctx", {})
    if kind == "string_pattern_mismatch":
        return _PATTERNS.get(ctx["pattern"], f"a text that fits {ctx['pattern']}")
    if kind in _FORMS:
        return _FORMS[kind]
    message = error["msg"].removeprefix("Input should be ")
    return message.replace("Tuple should have", "a list of").replace(" after validation", "")


def _hint(kind: str, value: Any) -> str:
    return quote_hint(value) if kind == "string_type" else ""


def known_keys(model: Any, loc: Loc) -> list[str]:
    """The keys that may stand in the mapping at `loc` of something described by `model`."""
    found = _descend(model, loc)
    if found is None:
        return []
    return [field.alias or name for name, field in found.model_fields.items()]


def _descend(kind: Any, loc: Loc) -> type[BaseModel] | None:
    """The model at `loc`, by way of the annotations; a union's tag in `loc` picks its member."""
    members = _members(kind)
    if loc and (tagged := [m for m in members if _tag(m) == loc[0]]):
        return _descend(tagged[0], loc[1:])
    for member in members:
        if isinstance(member, type) and issubclass(member, BaseModel):
            if not loc:
                return member
            for name, field in member.model_fields.items():
                if loc[0] in (name, field.alias):
                    return _descend(field.annotation, loc[1:])
        elif loc and (inner := get_args(member)):
            return _descend(inner[-1] if get_origin(member) is dict else inner[0], loc[1:])
    return None


def _members(kind: Any) -> list[Any]:
    """A type without Annotated and None, as the list of its alternatives."""
    if hasattr(kind, "__metadata__"):
        return _members(kind.__origin__)
    if get_origin(kind) in (Union, types.UnionType):
        return [m for part in get_args(kind) for m in _members(part) if m is not type(None)]
    return [kind]


def _tag(member: Any) -> str | None:
    if isinstance(member, type) and issubclass(member, BaseModel) and "kind" in member.model_fields:
        return str(get_args(member.model_fields["kind"].annotation)[0])
    return None
