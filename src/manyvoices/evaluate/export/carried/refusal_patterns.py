"""What the rules for refusals need, from a JSON file beside the task; copied into tasks.

Stands in for `manyvoices.evaluate.refusals.patterns` and `manyvoices.llm.features` where neither
is installed.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any

_LISTED = re.compile(r"^[ \t]*(?:\d{1,2}[.)]|[-*•])[ \t]+\S", re.MULTILINE)


@dataclass(frozen=True)
class Patterns:
    """One language's patterns, compiled."""

    language: str
    declines: re.Pattern[str] | None
    lacks: re.Pattern[str] | None
    disclaims: re.Pattern[str] | None
    objects: Mapping[str, re.Pattern[str]]
    offers: re.Pattern[str] | None
    restricts: re.Pattern[str] | None


def load() -> dict[str, Patterns]:
    """Language -> patterns, of the file ``refusal_patterns.json``."""
    text = (Path(__file__).parent / "refusal_patterns.json").read_text(encoding="utf-8")
    return {language: _read(language, one) for language, one in json.loads(text).items()}


def _read(language: str, one: Mapping[str, Any]) -> Patterns:
    plain = {k: _pattern(v) for k, v in one.items() if k != "objects"}
    objects = {name: re.compile(v, re.I | re.M) for name, v in one["objects"].items()}
    return Patterns(language=language, objects=objects, **plain)


def _pattern(text: str | None) -> re.Pattern[str] | None:
    return None if text is None else re.compile(text, re.IGNORECASE | re.MULTILINE)


def measure(text: str) -> Any:
    """Whether the text holds at least two list lines."""
    return SimpleNamespace(enumerated=len(_LISTED.findall(text)) >= 2)
