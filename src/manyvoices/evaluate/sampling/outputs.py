"""Each output as a page shows it: the text, its length, and what is worth a word beside it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from manyvoices.design.dialogue import count_words
from manyvoices.evaluate.generating import Outcome
from manyvoices.evaluate.sampling.records import Result, finish_of, languages_of, outcomes_of
from manyvoices.llm.features import measure

SAID: Mapping[Outcome, str] = {
    "timeout": "no answer in time",
    "empty": "empty",
    "failed": "the call failed",
}
"""Outcome -> what stands in place of a text."""

_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
"""Signs that no page can hold; models that know little write them."""


@dataclass(frozen=True, slots=True)
class Shown:
    """One output."""

    text: str
    words: int
    missing: str
    """Why there is no text; empty where there is one."""
    notes: tuple[str, ...]
    """Cut off, in another language, refuses."""


def shown(result: Result) -> list[Shown]:
    """The outputs of `result`, in their order."""
    found = []
    known = zip(
        result.outputs, outcomes_of(result), languages_of(result), finish_of(result), strict=True
    )
    for text, outcome, language, finish in known:
        if not text.strip():
            found.append(Shown("", 0, SAID.get(outcome, "empty"), ()))
            continue
        notes = []
        if finish == "length":
            notes.append("cut off at the limit")
        if outcome == "other_language":
            notes.append(f"in another language ({language})")
        if measure(text).refusal:
            notes.append("refuses")
        text = _CONTROL.sub("\ufffd", text)
        found.append(Shown(text, count_words(text), "", tuple(notes)))
    return found
