"""Measures of a verdict on two replies of which people preferred one; copied into tasks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from manyvoices.evaluate.stances.reading import read_choice

REPLIES = ("Reply A", "Reply B")


def measures(doc: Mapping[str, Any], answer: str) -> dict[str, Any]:
    """Of a written verdict: right or wrong; without a choice it is wrong, and counted as none."""
    place = read_choice(answer, REPLIES).index
    found = {"accuracy": float(place == doc["target"]), "no_choice": float(place is None)}
    return found | ({} if place is None else {"first_chosen": float(place == 0)})


def measures_of_likelihoods(doc: Mapping[str, Any], logs: Sequence[float]) -> dict[str, Any]:
    """Of the log-likelihoods of (chosen, rejected) as continuations: is chosen likelier? Per byte
    in ``accuracy_per_byte``. Ties count half."""
    size = [len(reply.encode()) for reply in doc["replies"]]
    return {
        "accuracy": _above(logs[0], logs[1]),
        "accuracy_per_byte": _above(logs[0] / size[0], logs[1] / size[1]),
    }


def _above(one: float, other: float) -> float:
    return 0.5 if one == other else float(one > other)
