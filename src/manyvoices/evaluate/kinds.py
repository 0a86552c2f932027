"""The kinds of evaluation that ``manyvoices evaluate KIND CONFIG.yaml`` knows.

A kind is a module with

* ``Config``: a `manyvoices.train.config.Strict` with a field ``out`` (the folder of results);
* ``run(config, *, progress) -> Result``: reads, measures, writes (``results.json`` last);
* ``lines(result)``: what a terminal shows of it: texts and rich tables.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any, Protocol, TypeAlias, cast

Progress: TypeAlias = Callable[[int, int], None]
"""Told what is done and how much there is."""


class Result(Protocol):
    """What a run leaves."""

    @property
    def out(self) -> Path:
        """Where it was written."""
        ...

    @property
    def results(self) -> Mapping[str, Any]:
        """What ``results.json`` holds."""
        ...


class Kind(StrEnum):
    """What can be evaluated."""

    REWARD = "reward"
    PREFERENCE = "preference"
    PLAN = "plan"
    NEXT = "next"
    TOXICITY = "toxicity"
    REFUSALS = "refusals"
    SAMPLING = "sampling"
    STANCES = "stances"
    EXPORT = "export"


@dataclass(frozen=True, slots=True)
class KindOf:
    """Where a kind is, and what its progress bar says."""

    module: str
    doing: str


KINDS: Mapping[Kind, KindOf] = {
    Kind.REWARD: KindOf("manyvoices.evaluate.reward", "Scoring"),
    Kind.PREFERENCE: KindOf("manyvoices.evaluate.preference.study", "Comparing"),
    Kind.PLAN: KindOf("manyvoices.evaluate.preference.plan", "Simulating"),
    Kind.NEXT: KindOf("manyvoices.evaluate.next_batch", "Looking"),
    Kind.TOXICITY: KindOf("manyvoices.evaluate.toxicity", "Asking and scoring"),
    Kind.REFUSALS: KindOf("manyvoices.evaluate.refusals", "Asking"),
    Kind.SAMPLING: KindOf("manyvoices.evaluate.sampling", "Asking"),
    Kind.STANCES: KindOf("manyvoices.evaluate.stances.running", "Asking"),
    Kind.EXPORT: KindOf("manyvoices.evaluate.export", "Writing"),
}


class KindModule(Protocol):
    """A module of `KINDS`."""

    Config: type[Any]

    def run(self, config: Any, *, progress: Progress) -> Result:
        """Read, measure, write."""
        ...

    def lines(self, result: Any) -> Iterable[Any]:
        """What a terminal shows: texts and rich tables."""
        ...


def load(kind: Kind) -> KindModule:
    """The module of a kind; imported now, since some bring torch."""
    return cast(KindModule, importlib.import_module(KINDS[kind].module))
