"""How refusals are worded, by language: lists of regular expressions in YAML.

English comes with the package; another language, or other wording, is a file of the same form that
a configuration names. A file for a language that is there replaces only the lists that it has.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import as_file, files
from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, Field

from manyvoices.design.written import Unfit
from manyvoices.train.config import Strict, read_config

BUILT_IN = ("en",)


def _expression(text: str) -> str:
    try:
        re.compile(text, re.IGNORECASE | re.MULTILINE)
    except re.error as error:
        raise Unfit("", text[:40], f"a regular expression ({error})") from None
    return text


Expression = Annotated[str, Field(min_length=1), AfterValidator(_expression)]
Expressions = tuple[Expression, ...]


class PatternFile(Strict):
    """One language's file; lists that are left out are those of the package, or empty."""

    language: Annotated[str, Field(pattern=r"^[a-z]{2,3}$")]
    """ISO 639 code."""
    declines: Expressions | None = None
    lacks: Expressions | None = None
    disclaims: Expressions | None = None
    objects: dict[str, Expressions] | None = None
    offers: Expressions | None = None
    restricts: Expressions | None = None


@dataclass(frozen=True, slots=True)
class Patterns:
    """One language's patterns, compiled; see ``wording/en.yaml`` for what each is."""

    language: str
    declines: re.Pattern[str] | None
    lacks: re.Pattern[str] | None
    disclaims: re.Pattern[str] | None
    objects: Mapping[str, re.Pattern[str]]
    offers: re.Pattern[str] | None
    restricts: re.Pattern[str] | None


@cache
def built_in() -> Mapping[str, PatternFile]:
    """Language -> what the package brings."""
    found = {}
    for name in BUILT_IN:
        with as_file(files(__package__) / "wording" / f"{name}.yaml") as path:
            found[name] = read_config(path, PatternFile)
    return found


def load(paths: Sequence[Path] = ()) -> dict[str, Patterns]:
    """Language -> patterns: the package's, with the lists of the files `paths` in their place.

    Raises:
        ConfigError: A file has unknown lists, or what is no regular expression.
    """
    known = dict(built_in())
    for path in paths:
        new = read_config(path, PatternFile)
        before = known.get(new.language)
        if before is not None:
            given = {name: getattr(new, name) for name in new.model_fields_set}
            new = before.model_copy(update=given)
        known[new.language] = new
    return {name: _compiled(one) for name, one in known.items()}


def _compiled(one: PatternFile) -> Patterns:
    return Patterns(
        language=one.language,
        declines=_any(one.declines),
        lacks=_any(one.lacks),
        disclaims=_any(one.disclaims),
        objects={
            name: found
            for name, some in (one.objects or {}).items()
            if (found := _any(some)) is not None
        },
        offers=_any(one.offers),
        restricts=_any(one.restricts),
    )


def _any(some: Sequence[str] | None) -> re.Pattern[str] | None:
    if not some:
        return None
    return re.compile("|".join(f"(?:{one})" for one in some), re.IGNORECASE | re.MULTILINE)
