"""Texts that people labelled and a classifier scored: OASST's messages, or any table."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from manyvoices.evaluate.rows import read_rows
from manyvoices.evaluate.safety_errors import NoLabels, UnknownAttribute
from manyvoices.evaluate.toxicity.config import DataSetConfig
from manyvoices.io.faults import FaultLog
from manyvoices.io.oasst import read_messages, read_trees
from manyvoices.schema.errors import Fault
from manyvoices.schema.trees import Message

FloatArray = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Labelled:
    """One text."""

    text: str | None
    labels: Mapping[str, float]
    """People's, 0 to 1; a label that nobody gave is absent."""
    scores: Mapping[str, float]
    """A classifier's, 0 to 1."""
    cluster: str
    language: str | None = None


@dataclass(frozen=True, slots=True)
class Columns:
    """The same by column; all arrays (n,), NaN where there is no value."""

    labels: Mapping[str, FloatArray]
    scores: Mapping[str, FloatArray]
    clusters: npt.NDArray[np.int64]


def read_labelled(config: DataSetConfig) -> list[Labelled]:
    """Every text of the data set.

    Raises:
        DataError: The file is damaged, or a value lies outside its range.
        NoLabels: No text has the label.
    """
    if config.form == "trees" or (config.form == "auto" and _is_trees(config.path)):
        rows = [_of_message(one, tree) for tree, one in _messages(config.path)]
    else:
        rows = _of_table(config)
    if not any(config.label in row.labels for row in rows):
        known = {name for row in rows for name in row.labels}
        raise NoLabels(config.label, str(config.path), known)
    return rows


def columns(rows: Sequence[Labelled]) -> Columns:
    """The rows as arrays, names in order of first use."""

    def all_of(parts: Sequence[Mapping[str, float]]) -> dict[str, FloatArray]:
        names = dict.fromkeys(name for part in parts for name in part)
        nan = float("nan")
        return {name: np.array([part.get(name, nan) for part in parts]) for name in names}

    codes = np.unique([row.cluster for row in rows], return_inverse=True)[1]
    labels, scores = all_of([r.labels for r in rows]), all_of([r.scores for r in rows])
    return Columns(labels, scores, codes.astype(np.int64))


def score_name(config: DataSetConfig, found: Columns, attribute: str | None) -> str:
    """The score that is judged: as asked, else the scorer's, else the label's own name.

    Raises:
        UnknownAttribute: There is none of that name.
    """
    name = config.score or attribute or config.label
    if name not in found.scores:
        raise UnknownAttribute(name, str(config.path), found.scores)
    return name


def _is_trees(path: Path) -> bool:
    ending = path.name.removesuffix(".gz").rpartition(".")[2]
    if ending in ("csv", "tsv", "yaml", "yml", "txt"):
        return False
    _, first = read_rows(path)[0]
    return "message_tree_id" in first or {"message_id", "role"} <= first.keys()


def _messages(path: Path) -> Iterator[tuple[str, Message]]:
    _, first = read_rows(path)[0]
    if "prompt" in first:
        for tree in read_trees(path):
            yield from ((tree.message_tree_id, one) for one in _walk(tree.prompt))
        return
    for root in read_messages(path):
        tree_id = root.message_tree_id or root.message_id
        yield from ((str(tree_id), one) for one in _walk(root))


def _walk(message: Message) -> Iterator[Message]:
    waiting = [message]
    while waiting:
        one = waiting.pop()
        yield one
        waiting.extend(reversed(one.replies or []))


def _of_message(one: Message, tree_id: str) -> Labelled:
    labels = {name: found.value for name, found in (one.labels or {}).items() if found.count}
    language = one.lang if isinstance(one.lang, str) else None
    return Labelled(one.text, labels, dict(one.detoxify or {}), tree_id, language)


def _of_table(config: DataSetConfig) -> list[Labelled]:
    log, name = FaultLog(), str(config.path)
    wanted = (config.label, *config.labels)
    scores = (*([config.score] if config.score else []), *config.scores)
    found = []
    for place, (line, row) in enumerate(read_rows(config.path, text=config.text)):
        read = _Reader(name, line, row, log)
        found.append(
            Labelled(
                text=row.get(config.text) or None,
                labels=read.numbers(wanted, config.label_range),
                scores=read.numbers(scores, (0.0, 1.0)),
                cluster=str(row.get(config.cluster, place) if config.cluster else place),
                language=row.get("language") or row.get("lang") or None,
            )
        )
    log.raise_if_any()
    return found


@dataclass(frozen=True, slots=True)
class _Reader:
    file: str
    line: int | None
    row: Mapping[str, Any]
    log: FaultLog

    def numbers(self, names: Sequence[str], limits: tuple[float, float]) -> dict[str, float]:
        """The columns as 0 to 1; empty cells and null are no value."""
        low, high = limits
        found = {}
        for name in names:
            value = self.row.get(name)
            if value is None or value == "":
                continue
            try:
                number = float(value)
            except (TypeError, ValueError):
                self._fault(name, "something that is no number", "a number")
                continue
            if low <= number <= high:
                found[name] = (number - low) / (high - low)
            else:
                self._fault(name, str(value), f"a number from {low:g} to {high:g}")
        return found

    def _fault(self, path: str, found: str, expected: str) -> None:
        self.log.add(Fault(self.file, self.line, path, found, expected))
