"""Reason ``disagreement``, as other evaluations see it: where the reward model is wrong or cannot
tell, what a preference study leaves open, and messages on which a personal model says that people
differ.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from itertools import combinations
from math import exp
from pathlib import Path
from typing import Any

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


def _rows(path: Path, keys: tuple[str, ...], of: str) -> Iterator[dict[str, Any]]:
    """The lines of a file that another command wrote; raises `DataError` with every fault."""
    log = FaultLog()
    for number, line in iter_lines(path, log):
        try:
            row = msgspec.json.decode(line)
        except (msgspec.MsgspecError, UnicodeError) as error:
            log.add(Fault(str(path), number, "", f"no JSON ({error})", of))
            continue
        missing = [key for key in keys if not isinstance(row, dict) or key not in row]
        if missing:
            log.add(Fault(str(path), number, "", f"no {', '.join(missing)}", of))
        elif not log.faults:
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
    keys = ("tree_id", "node_ids", "ranks", "scores")
    for row in _rows(path, keys, "groups.jsonl of manyvoices evaluate reward"):
        source = str(row["tree_id"]).partition("/")[2] or str(row["tree_id"])
        groups = row.get("groups") or {}
        category = groups.get("conversation_type") or category_of.get(source)
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


def _pairs(row: Mapping[str, Any], evidence: Evidence) -> Iterator[tuple[Pair | None, bool]]:
    """Every two replies that people put in different places: their models, and whether the model
    is wrong or unsure of them."""
    names = [evidence.models_of.get(str(name)) for name in row["node_ids"]]
    for one, two in combinations(range(len(row["ranks"])), 2):
        if row["ranks"][one] == row["ranks"][two]:
            continue
        better, worse = (one, two) if row["ranks"][one] < row["ranks"][two] else (two, one)
        gap = row["scores"][better] - row["scores"][worse]
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
        results = msgspec.json.decode(path.read_bytes())
    except msgspec.MsgspecError as error:
        raise DataError([Fault(str(path), None, "", f"no JSON ({error})", wanted)]) from error
    if not isinstance(results, dict) or not isinstance(results.get("rates"), list):
        raise DataError([Fault(str(path), None, "rates", "no list of win rates", wanted)])
    askable = set(possible.pairs())
    open_: list[tuple[float, Ask]] = []
    for rate in results["rates"]:
        one, two = sorted((str(rate.get("model")), str(rate.get("against"))))
        if (one, two) in askable:
            open_ += _left_open(rate, (one, two), possible)
    open_.sort(key=lambda found: (-found[0], str(found[1])))
    for width, ask in open_[:MOST]:
        yield Wish(ask, weight=width)


def _left_open(rate: Any, pair: Pair, possible: Possible) -> Iterator[tuple[float, Ask]]:
    """Width of the interval, and the ask, for each interval that holds one half."""
    places: list[tuple[str | None, Any]] = [(None, rate)]
    by = rate.get("by", {}).get("category", {})
    places += [(row.get("value"), row) for row in by.get("rows", [])]
    for category, row in places:
        found = row.get("rate") or {}
        numbers: list[Any] = [found.get(key) for key in ("value", "low", "high")]
        known = category is None or category in possible.categories
        if not known or not all(isinstance(number, int | float) for number in numbers):
            continue
        value, low, high = (float(number) for number in numbers)
        if low <= 0.5 <= high:
            figures = {"win_rate": value, "low": low, "high": high}
            yield high - low, Ask(
                models=pair, category=category, reason="disagreement",
                evidence={"left_open": figures},
            )  # fmt: skip


# Personal models


def _personal(path: Path, evidence: Evidence, possible: Possible) -> Iterator[Wish]:
    """Prompts of the set on which people differ, or else categories of the conversations."""
    by_text = {p.text: name for name, p in possible.prompts.items() if p.text is not None}
    category_of = {v.source: v.category for v in evidence.verdicts}
    keys = ("tree_id", "prompt", "taste", "sigma")
    prompts: dict[str, float] = {}
    categories: defaultdict[str, list[float]] = defaultdict(list)
    for row in _rows(path, keys, "disagreement.jsonl of manyvoices train personal"):
        apart = float(row["taste"] or 0.0)
        name = by_text.get(str(row["prompt"]))
        category = category_of.get(str(row["tree_id"]))
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
