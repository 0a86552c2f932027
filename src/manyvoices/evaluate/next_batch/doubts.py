"""Reason ``disagreement``, as other evaluations see it: where the reward model is wrong or cannot
tell, what a preference study leaves open, and messages on which a personal model says that people
differ.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator
from itertools import combinations
from math import exp
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from manyvoices.design.comparisons.batch import Ask
from manyvoices.evaluate.next_batch.config import NextConfig
from manyvoices.evaluate.next_batch.evidence import Evidence, Pair
from manyvoices.evaluate.next_batch.failures import lower_bound
from manyvoices.evaluate.next_batch.possible import Possible
from manyvoices.evaluate.next_batch.sharing import Wish
from manyvoices.io.faults import FaultLog
from manyvoices.io.lines import iter_lines
from manyvoices.schema.errors import DataError, Fault

UNSURE = 0.1
"""A reward model that gives a reply 40 to 60 % cannot tell."""
MOST = 10


def doubts(evidence: Evidence, possible: Possible, config: NextConfig) -> list[Wish]:
    """What the files that were given say; nothing where none was."""
    others = config.others
    found: list[Wish] = []
    if others.reward is not None:
        found += _reward(others.reward, evidence, possible)
    if others.preference is not None:
        found += _preference(others.preference, possible)
    if others.personal is not None:
        found += _personal(others.personal, evidence, possible)
    return found


class RewardRow(msgspec.Struct):
    """A line of ``groups.jsonl``, as far as it is read here."""

    tree_id: str
    node_ids: list[str]
    ranks: list[float]
    scores: list[float]
    groups: dict[str, Any] = {}

    def __post_init__(self) -> None:
        if not len(self.node_ids) == len(self.ranks) == len(self.scores):
            raise ValueError("node_ids, ranks and scores of different lengths")


class DisputedRow(msgspec.Struct):
    """A line of ``disagreement.jsonl``, as far as it is read here."""

    tree_id: str
    prompt: str
    taste: float | None
    sigma: float | None


class Interval(msgspec.Struct):
    """A rate with its interval; None where nothing was measured."""

    value: float | None = None
    low: float | None = None
    high: float | None = None


class RateRow(msgspec.Struct):
    """A rate within one category."""

    value: str
    rate: Interval | None = None


class RateRows(msgspec.Struct):
    """Rates by a field."""

    rows: list[RateRow] = []


class Rate(msgspec.Struct):
    """One model against another."""

    model: str
    against: str | None = None
    rate: Interval | None = None
    by: dict[str, RateRows] = {}


class Preferences(msgspec.Struct):
    """``results.json`` of a preference study, as far as it is read here."""

    rates: list[Rate]


R = TypeVar("R")


def _rows(path: Path, kind: type[R], of: str) -> Iterator[R]:
    """The lines of a file that another command wrote; raises `DataError` with every fault."""
    log = FaultLog()
    for number, line in iter_lines(path, log):
        try:
            row = msgspec.json.decode(line, type=kind)
        except (msgspec.MsgspecError, UnicodeError) as error:
            log.add(Fault(str(path), number, "", str(error), of))
            continue
        if not log.faults:
            yield row
    log.raise_if_any()


# The reward model


def _reward(path: Path, evidence: Evidence, possible: Possible) -> Iterator[Wish]:
    """Categories, then pairs of models, in which the reward model is wrong or unsure more often
    than it is over all (Wilson's lower bound above the overall share)."""
    category_of = {v.source: v.category for v in evidence.verdicts}
    n: Counter[tuple[str, Any]] = Counter()
    doubted: Counter[tuple[str, Any]] = Counter()
    total = wrong_or_unsure = 0
    for row in _rows(path, RewardRow, "groups.jsonl of manyvoices evaluate reward"):
        source = row.tree_id.partition("/")[2] or row.tree_id
        category = row.groups.get("conversation_type") or category_of.get(source)
        for models, doubtful in _pairs(row, evidence):
            total += 1
            wrong_or_unsure += doubtful
            for cell in (("category", category), ("models", models)):
                if cell[1] is not None:
                    n[cell] += 1
                    doubted[cell] += doubtful
    overall = wrong_or_unsure / total if total else 0.0
    for cell in sorted(n, key=lambda cell: (-doubted[cell] / n[cell], str(cell))):
        ask = _of_reward(cell, possible)
        if ask is not None and lower_bound(doubted[cell], n[cell]) > overall:
            figures = {
                "reward_model_wrong_or_unsure": round(doubted[cell] / n[cell], 4),
                "overall": round(overall, 4),
                "pairs": n[cell],
            }
            yield Wish(ask.model_copy(update={"evidence": figures}))


def _pairs(row: RewardRow, evidence: Evidence) -> Iterator[tuple[Pair | None, bool]]:
    """Every two replies that people put in different places: their models, and whether the model
    is wrong or unsure of them."""
    names = [evidence.models_of.get(name) for name in row.node_ids]
    for one, two in combinations(range(len(row.ranks)), 2):
        if row.ranks[one] == row.ranks[two]:
            continue
        better, worse = (one, two) if row.ranks[one] < row.ranks[two] else (two, one)
        gap = row.scores[better] - row.scores[worse]
        sure = 1 / (1 + exp(-max(min(gap, 700), -700)))
        first, second = names[one], names[two]
        models: Pair | None = None
        if first is not None and second is not None and first != second:
            models = (first, second) if first < second else (second, first)
        yield models, sure < 0.5 + UNSURE


def _of_reward(cell: tuple[str, Any], possible: Possible) -> Ask | None:
    kind, what = cell
    if kind == "category":
        fits = what in possible.categories
        return Ask(category=what, reason="disagreement") if fits else None
    return Ask(models=what, reason="disagreement") if what in possible.pairs() else None


# A preference study


def _preference(path: Path, possible: Possible) -> Iterator[Wish]:
    """Pairs whose interval holds one half, over all and in each category, the widest first."""
    wanted = "results.json of manyvoices evaluate preference"
    try:
        results = msgspec.json.decode(path.read_bytes(), type=Preferences)
    except (msgspec.MsgspecError, UnicodeError) as error:
        raise DataError([Fault(str(path), None, "", str(error), wanted)]) from error
    askable = set(possible.pairs())
    open_: list[tuple[float, Ask]] = []
    for rate in results.rates:
        one, two = sorted((rate.model, rate.against or ""))
        if (one, two) in askable:
            open_ += _left_open(rate, (one, two), possible)
    open_.sort(key=lambda found: (-found[0], str(found[1])))
    for width, ask in open_[:MOST]:
        yield Wish(ask, weight=width)


def _left_open(rate: Rate, pair: Pair, possible: Possible) -> Iterator[tuple[float, Ask]]:
    """Width of the interval, and the ask, for each interval that holds one half."""
    places: list[tuple[str | None, Interval | None]] = [(None, rate.rate)]
    if "category" in rate.by:
        places += [(row.value, row.rate) for row in rate.by["category"].rows]
    for category, found in places:
        known = category is None or category in possible.categories
        if not known or found is None or found.value is None:
            continue
        if found.low is None or found.high is None or not found.low <= 0.5 <= found.high:
            continue
        figures = {"win_rate": found.value, "low": found.low, "high": found.high}
        yield (
            found.high - found.low,
            Ask(
                models=pair,
                category=category,
                reason="disagreement",
                evidence={"left_open": figures},
            ),
        )


# Personal models


def _personal(path: Path, evidence: Evidence, possible: Possible) -> Iterator[Wish]:
    """Prompts of the set on which people differ, or else categories of the conversations."""
    by_text = {p.text: name for name, p in possible.prompts.items() if p.text is not None}
    category_of = {v.source: v.category for v in evidence.verdicts}
    prompts: dict[str, float] = {}
    categories: defaultdict[str, list[float]] = defaultdict(list)
    for row in _rows(path, DisputedRow, "disagreement.jsonl of manyvoices train personal"):
        apart = row.taste or 0.0
        name = by_text.get(row.prompt)
        category = category_of.get(row.tree_id)
        if name is not None:
            prompts[name] = max(apart, prompts.get(name, 0.0))
        elif category in possible.categories and category is not None:
            categories[category].append(apart)
    best = sorted(prompts, key=lambda name: (-prompts[name], name))[:MOST]
    for name in best:
        figures = {"people_who_differ": round(prompts[name], 4)}
        yield Wish(
            Ask(prompt=name, reason="disagreement", evidence=figures), weight=prompts[name] or 0.01
        )
    everywhere = [value for values in categories.values() for value in values]
    for name, values in sorted(categories.items()):
        mean, overall = sum(values) / len(values), sum(everywhere) / len(everywhere)
        if mean > overall:
            figures = {"people_who_differ": round(mean, 4), "overall": round(overall, 4)}
            yield Wish(Ask(category=name, reason="disagreement", evidence=figures), weight=mean)
