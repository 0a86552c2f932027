"""A judging model held against people: how often it says what they say, and whom it sides with.

Zheng et al. (arXiv 2306.05685) hold GPT-4's verdicts against people's. Two authors published other
figures of the same files, since they join them otherwise: ``pair`` and ``shown`` of
`aggregate.Verdicts`. Both are given. A judging model is one fixed judge, so its own intervals are
over prompts alone; where people are in a figure, over people and prompts.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from math import nan
from typing import Any, cast

import numpy as np

from manyvoices.aggregate import Agreement, Battles, Verdicts, cohen_kappa
from manyvoices.aggregate.intervals import of_known
from manyvoices.aggregate.verdicts import Join
from manyvoices.analyse.table import FloatArray, IntArray
from manyvoices.evaluate.preference.agreeing import Judged, judged
from manyvoices.evaluate.preference.analysing import correct
from manyvoices.evaluate.preference.clustered import Measure, formula, measure
from manyvoices.evaluate.preference.judge_bias import consistency, favours, leaning
from manyvoices.evaluate.preference.rates import mean_of, mean_over_prompts
from manyvoices.evaluate.preference.rules import Rules
from manyvoices.evaluate.preference.votes import FAILED, NOT_SAID, Votes

JOINS: tuple[Join, ...] = ("pair", "shown")


def judge_report(
    people: Votes, judge: Votes, rules: Rules, *, family: Sequence[str] = (), least: int = 5
) -> dict[str, Any]:
    """Everything that is said of one judge, as plain data."""
    judge = with_words(judge, people)
    return {
        "n_verdicts": len(judge),
        "n_counting": int(judge.counts(rules).sum()),
        "n_failed": int((judge.status == FAILED).sum()),
        "joins": {join: _joined(people, judge, rules, join) for join in JOINS},
        "votes": _votes(people, judge, rules, least),
        "consistency": consistency(judge, rules),
        "bias": leaning(judge, rules),
        "own_house": favours(people, judge, family, rules) if family else None,
    }


def with_words(judge: Votes, people: Votes) -> Votes:
    """The judge's rows with the words of the answers, where people's rows know them."""
    if np.isfinite(judge.words_a).all():
        return judge
    known: dict[tuple[str, str], float] = {}
    for side, words in ((people.a, people.words_a), (people.b, people.words_b)):
        for row in np.flatnonzero(np.isfinite(words)):
            known[people.items[people.item[row]], people.models[side[row]]] = float(words[row])

    def filled(side: IntArray, words: FloatArray) -> FloatArray:
        there = [known.get((judge.items[i], judge.models[m]), nan)
                 for i, m in zip(judge.item, side, strict=True)]  # fmt: skip
        return np.where(np.isfinite(words), words, np.array(there, dtype=np.float64))

    return replace(
        judge,
        words_a=filled(judge.a, judge.words_a),
        words_b=filled(judge.b, judge.words_b),
    )


def as_battles(votes: Votes, rules: Rules) -> Battles:
    """The votes that count, as aggregation takes them; ``item`` and ``prompt`` are groups."""
    kept = votes.scored(rules)
    items = np.array(kept.items, dtype=object)[kept.item]
    prompts = np.array(kept.prompts, dtype=object)[kept.prompt]
    return Battles(
        kept.a, kept.b, kept.score, kept.models, cluster=kept.rater,
        groups={"prompt": prompts, "item": items},
    )  # fmt: skip


def _joined(people: Votes, judge: Votes, rules: Rules, join: Join) -> dict[str, Any]:
    """Kappa and agreement of majority verdicts on the units that both judged."""
    mine, yours = (
        Verdicts.from_battles(as_battles(each, rules), ("prompt", "item"), join=join)
        for each in (people, judge)
    )
    found = {}
    for name, ties in (("with_ties", True), ("without_ties", False)):
        one, two = mine.paired_with(yours, ties=ties)
        prompts = _prompts(mine, yours, ties=ties)
        result = cohen_kappa(one, two, confidence=rules.level, n_resamples=rules.resamples,
                             seed=rules.seed)  # fmt: skip
        same = np.array([a == b for a, b in zip(one, two, strict=True)], dtype=np.float64)
        found[name] = {
            "n": len(one),
            "kappa": _plain(result),
            "kappa_over_prompts": _kappa_over_prompts(one, two, prompts, rules),
            "agreement": mean_over_prompts(same, prompts, rules).plain(),
        }
    return found


def _prompts(mine: Verdicts, yours: Verdicts, *, ties: bool) -> IntArray:
    """Prompt of each unit, in the order of `Verdicts.paired_with`."""
    left, right = mine.majority(), yours.majority()
    keys = [key for key in left
            if key in right and (ties or "tie" not in (left[key], right[key]))]  # fmt: skip
    code = {name: place for place, name in enumerate(dict.fromkeys(str(k[0]) for k in keys))}
    return np.array([code[str(key[0])] for key in keys], dtype=np.int64)


def _plain(found: Agreement) -> dict[str, Any]:
    """Kappa with its interval over units, as published ones are."""
    return {"value": found.value, "low": found.low, "high": found.high, "n": found.n_units,
            "why": found.why_undefined}  # fmt: skip


def _kappa_over_prompts(
    one: Sequence[str], two: Sequence[str], prompts: IntArray, rules: Rules
) -> dict[str, float]:
    """Percentile interval of kappa over prompts, each drawn with all its units."""
    words = sorted({*one, *two})
    code = {word: place for place, word in enumerate(words)}
    n, k = int(prompts.max(initial=-1)) + 1, len(words)
    if n < 2 or not rules.resamples:
        return {"low": nan, "high": nan}
    tables = np.zeros((n, k, k))
    said = [np.array([code[word] for word in words_of]) for words_of in (one, two)]
    np.add.at(tables, (prompts, *said), 1.0)
    rng = np.random.default_rng(rules.seed)
    times = rng.multinomial(n, np.full(n, 1 / n), size=rules.resamples)
    drawn = (times @ tables.reshape(n, -1)).reshape(-1, k, k)
    part = drawn / drawn.sum(axis=(1, 2), keepdims=True)
    observed = np.trace(part, axis1=1, axis2=2)
    expected = (part.sum(axis=2) * part.sum(axis=1)).sum(axis=1)
    with np.errstate(invalid="ignore", divide="ignore"):
        kappa = (observed - expected) / (1 - expected)
    low, high = of_known(np.where(np.isfinite(kappa), kappa, nan), rules.level)
    return {"low": low, "high": high}


def _votes(people: Votes, judge: Votes, rules: Rules, least: int) -> dict[str, Any]:
    """How often the judge says what a single person said, for everybody and by group."""
    kept = people.scored(rules)
    found = judged(people, rules)
    theirs = majority(judge, rules)
    verdict = np.array([theirs.get(_key(kept, found, u), -1) for u in range(len(found.keys))])
    both = verdict[found.unit] >= 0 if len(verdict) else np.zeros(0, dtype=bool)
    same = (verdict[found.unit] == found.verdict).astype(np.float64)[both]
    part = kept.select(both)
    decided = (found.verdict[both] != 1) & (verdict[found.unit][both] != 1)
    sure = part.select(decided)
    return {
        "with_ties": mean_of(same, part.rater, part.prompt, rules).plain(),
        "without_ties": mean_of(same[decided], sure.rater, sure.prompt, rules).plain(),
        "by": {name: _by(part, same, name, rules, least) for name in part.fields},
    }


def majority(judge: Votes, rules: Rules) -> dict[tuple[str, str, str], int]:
    """(item, model, model) in order of names -> 2 the first, 1 tie or no majority, 0 the second."""
    kept = judge.scored(rules)
    found = judged(judge, rules)
    counts = found.counts()
    found_majority = {}
    for unit in range(len(found.keys)):
        leading = np.flatnonzero(counts[unit] == counts[unit].max())
        key = _key(kept, found, unit)
        found_majority[key] = int(leading[0]) if len(leading) == 1 else 1
    return found_majority


def _key(votes: Votes, found: Judged, unit: int) -> tuple[str, str, str]:
    item, low, high = found.keys[unit]
    return votes.items[item], votes.models[low], votes.models[high]


def _by(part: Votes, same: FloatArray, name: str, rules: Rules, least: int) -> list[dict[str, Any]]:
    rows = []
    for value in part.label_values(name):
        mine = part.fields[name] == value
        found = _mean(same[mine], part.select(mine), rules, least)
        others = _mean(same[~mine], part.select(~mine), rules, least)
        gap = None
        if value != NOT_SAID and found.se > 0 and others.se > 0:
            gap = _gap(same, mine, part, rules, min(found.df, others.df))
        rows.append({
            "value": value,
            "agreement": found.plain(),
            "against_others": None if gap is None else gap.plain(),
            "p": nan if gap is None else gap.p(0.0),
        })  # fmt: skip
    tested = [row for row in rows if row["p"] == row["p"]]
    correct(rows, n_tests=1 if len(tested) == 2 == len(rows) else None)
    return rows


def _mean(values: FloatArray, part: Votes, rules: Rules, least: int) -> Measure:
    n_raters, n_prompts = len(np.unique(part.rater)), len(np.unique(part.prompt))
    if n_raters >= least:
        return mean_of(values, part.rater, part.prompt, rules)
    value = float(values.mean()) if len(values) else nan
    why = f"fewer than {least} people"
    return Measure(value, nan, nan, nan, nan, len(values), n_raters, n_prompts, why)


def _gap(same: FloatArray, mine: Any, part: Votes, rules: Rules, df: float) -> Measure:
    influence = np.where(
        mine,
        (same - same[mine].mean()) / mine.sum(),
        -(same - same[~mine].mean()) / (~mine).sum(),
    )
    value = float(same[mine].mean() - same[~mine].mean())
    return measure(value, cast(FloatArray, influence), part.rater, part.prompt,
                   kind=formula(rules), level=rules.level, bounds=(-1.0, 1.0), df=df)  # fmt: skip
