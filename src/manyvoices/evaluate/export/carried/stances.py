"""Measures of an answer to a proposition with lettered options; copied into exported tasks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from manyvoices.evaluate.stances.reading import PARSES, read_choice


def measures(doc: Mapping[str, Any], answer: str) -> dict[str, Any]:
    """Of a written answer: shares of `PARSES`, and what an option gives."""
    parsed = read_choice(answer, doc["options"])
    found: dict[str, Any] = {name: float(parsed.kind == name) for name in PARSES}
    return found | ({} if parsed.index is None else _of_option(doc, parsed.index))


def measures_of_likelihoods(doc: Mapping[str, Any], logs: Sequence[float]) -> dict[str, Any]:
    """Of the log-likelihoods of the letters: the likeliest is the answer."""
    return _of_option(doc, max(range(len(logs)), key=lambda i: logs[i]))


def _of_option(doc: Mapping[str, Any], place: int) -> dict[str, Any]:
    score = doc["scores"][place]
    found: dict[str, Any] = {
        f"axis_{axis}": (weight * score, abs(weight))
        for axis, weight in zip(doc["axes"], doc["weights"], strict=True)
        if weight
    }
    found["items_stable"] = (doc["item"], score)
    found["first_option"] = (doc["item"], doc["scores"][0], score)
    return found
