"""What sways a judging model: places, length, and its own house. Intervals are over prompts."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from manyvoices.analyse.table import FloatArray, IntArray
from manyvoices.evaluate.preference.agreeing import judged
from manyvoices.evaluate.preference.clustered import Measure
from manyvoices.evaluate.preference.placing import length_of, place_of
from manyvoices.evaluate.preference.rates import mean_of, mean_over_prompts
from manyvoices.evaluate.preference.rules import Rules
from manyvoices.evaluate.preference.votes import Votes


def over_prompts(votes: Votes) -> Votes:
    """The same rows with prompts in place of people: one judge is not a sample of judges."""
    return replace(votes, rater=votes.prompt, raters=votes.prompts)


def consistency(judge: Votes, rules: Rules) -> dict[str, Any]:
    """Whether the judge keeps its mind when the answers change places.

    From both orders of a unit where they are there; else from verdicts that the file itself marks
    as changed, which do not say towards which place, and so only bound the advantage of one.
    """
    orders = _orders(judge, rules)
    if orders:
        return _from_orders(orders, rules)
    if judge.changed is None or not judge.changed.any():
        why = "no unit was judged in both orders, and no verdict is marked as changed"
        return {"from": None, "why": why}
    changed = judge.changed.astype(np.float64)
    found = mean_over_prompts(changed, judge.prompt, rules)
    return {
        "from": "marks",
        "inconsistent": found.plain(),
        "first_between": _first_between(found),
        "pairs": _by_pair(judge, changed, rules),
    }


def _first_between(changed: Measure) -> dict[str, float]:
    """What share of both orders, ties a half, the answer shown first can have won at least and at
    most: a verdict that held gives it one half of its two, a changed one up to all or nothing."""
    reach = float(np.nanmax([changed.value, changed.high])) / 2
    return {"low": 0.5 - reach, "high": 0.5 + reach}


def _orders(judge: Votes, rules: Rules) -> list[tuple[float, float, int]]:
    """Score of the first shown in each of both orders, and the prompt; one to a unit."""
    kept = judge.scored(rules)
    seen: dict[tuple[int, int, int], dict[bool, list[float]]] = defaultdict(
        lambda: {True: [], False: []}
    )
    prompt: dict[tuple[int, int, int], int] = {}
    for item, a, b, score, asked in zip(
        kept.item, kept.a, kept.b, kept.score, kept.prompt, strict=True
    ):
        key = int(item), int(min(a, b)), int(max(a, b))
        seen[key][bool(a < b)].append(float(score))
        prompt[key] = int(asked)
    return [
        (sides[True][0], sides[False][0], prompt[key])
        for key, sides in seen.items() if sides[True] and sides[False]
    ]  # fmt: skip


def _from_orders(orders: Sequence[tuple[float, float, int]], rules: Rules) -> dict[str, Any]:
    one, two = (np.array([row[side] for row in orders]) for side in (0, 1))
    prompt: IntArray = np.array([row[2] for row in orders], dtype=np.int64)

    def share(rows: Any) -> dict[str, Any]:
        values: FloatArray = np.asarray(rows, dtype=np.float64)
        return mean_over_prompts(values, prompt, rules).plain()

    return {
        "from": "both orders",
        "consistent": share(one == 1 - two),
        "inconsistent": share(one != 1 - two),
        "first_in_both": share((one == 1) & (two == 1)),
        "second_in_both": share((one == 0) & (two == 0)),
        "tie_in_one": share((one == 0.5) != (two == 0.5)),
    }


def _by_pair(judge: Votes, values: FloatArray, rules: Rules) -> list[dict[str, Any]]:
    low, high = np.minimum(judge.a, judge.b), np.maximum(judge.a, judge.b)
    rows = []
    for i, j in sorted(set(zip(low.tolist(), high.tolist(), strict=True))):
        mine = (low == i) & (high == j)
        found = mean_over_prompts(values[mine], judge.prompt[mine], rules)
        rows.append({"first": judge.models[i], "second": judge.models[j], **found.plain()})
    return sorted(rows, key=lambda row: -row["value"])


def leaning(judge: Votes, rules: Rules) -> dict[str, Any]:
    """The advantage of place and of length in the judge's verdicts."""
    fixed = over_prompts(judge)
    found, long = place_of(fixed, rules), length_of(fixed, rules)
    return {
        "place": _of_places(fixed, found.balanced, rules).plain() if found.pairs else None,
        "place_why": "" if found.pairs else (
            "no two models were decided in both places, so place cannot be told from strength"
        ),
        "length": long.share.plain() if long.share.n else None,
        "length_log_odds": long.log_odds.plain() if long.share.n else None,
        "length_why": "" if long.share.n else "neither file holds the texts of the answers",
    }  # fmt: skip


def _of_places(fixed: Votes, found: Measure, rules: Rules) -> Measure:
    """`found`, or of a judge whom no prompt ever moved, what as many prompts alike say."""
    kept = fixed.scored(rules)
    decided = kept.select(kept.score != 0.5)
    prompts, code = np.unique(decided.prompt, return_inverse=True)
    shares = np.bincount(code, weights=decided.score) / np.bincount(code)
    if found.se != 0 or np.ptp(shares) > 0:
        return found
    return replace(mean_over_prompts(shares, prompts, rules), n=found.n)


def favours(people: Votes, judge: Votes, family: Sequence[str], rules: Rules) -> dict[str, Any]:
    """Whether the judge favours its own house more than people do.

    On pairs with one model of the house: the judge's score of it less the person's, over all votes
    on units that the judge knows; two-way over people and prompts. Above 0 favours the house.
    """
    theirs = _scores(judge, rules)
    kept = people.scored(rules)
    own = np.array([name in family for name in kept.models])
    rows, gaps = [], []
    for row in np.flatnonzero(own[kept.a] != own[kept.b]):
        a, b = (kept.models[side[row]] for side in (kept.a, kept.b))
        known = theirs.get((kept.items[kept.item[row]], *sorted((a, b))))
        if known is None:
            continue
        of_a = known if a < b else 1 - known
        gap = of_a - kept.score[row]
        rows.append(int(row))
        gaps.append(float(gap if own[kept.a[row]] else -gap))
    part = kept.select(np.array(rows, dtype=np.int64))
    found = mean_of(
        np.array(gaps, dtype=np.float64), part.rater, part.prompt, rules, bounds=(-1.0, 1.0)
    )
    return {"family": list(family), "difference": found.plain(), "p": found.p(0.0)}


def _scores(judge: Votes, rules: Rules) -> dict[tuple[str, str, str], float]:
    """(item, model, model) in order of names -> the judge's mean score of the first."""
    kept, found = judge.scored(rules), judged(judge, rules)
    counts = found.counts()
    mean = counts @ np.array([0.0, 0.5, 1.0]) / counts.sum(axis=1)
    return {
        (kept.items[item], kept.models[low], kept.models[high]): float(mean[unit])
        for unit, (item, low, high) in enumerate(found.keys)
    }
