"""Everything that is said of the votes of a study, as plain data."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict, replace
from itertools import combinations
from math import isfinite, nan
from typing import Any

import numpy as np

from manyvoices.analyse.many_tests import benjamini_hochberg, holm
from manyvoices.evaluate.preference.agreeing import agreement
from manyvoices.evaluate.preference.clustered import Measure
from manyvoices.evaluate.preference.model import Fitted, fit
from manyvoices.evaluate.preference.placing import length_of, place_of
from manyvoices.evaluate.preference.rates import difference, mean_of, on_these_prompts, win_rate
from manyvoices.evaluate.preference.rules import Rules
from manyvoices.evaluate.preference.votes import NOT_SAID, Votes

PAPER = {
    "value": 0.483,
    "of": "Pythia-12B (supervised) against gpt-3.5-turbo",
    "n_prompts": 22,
    "source": "arXiv 2304.07327",
}
"""The published figure, without an interval; it is of other models and other people."""


def rate(
    votes: Votes, model: str, other: str, rules: Rules, fitted: Fitted | None = None
) -> Measure:
    """The win rate by the declared rule of ties; `fitted`: Davidson's model of `votes`, if made."""
    if rules.ties != "davidson":
        return win_rate(votes, model, other, rules)
    part, _ = votes.scored(rules).between(model, other)
    if not len(part):
        return win_rate(votes, model, other, rules)
    found = (fitted or fit(votes, rules)).rate(model, other, rules)
    direct = win_rate(votes, model, other, rules)
    return replace(found, n=direct.n, n_raters=direct.n_raters, n_prompts=direct.n_prompts)


def _fitted(votes: Votes, rules: Rules) -> Fitted | None:
    """One fit for all pairs, where the rules ask for the model."""
    return fit(votes, rules) if rules.ties == "davidson" else None


def pairs_of(votes: Votes, baseline: str | None) -> list[tuple[str, str]]:
    """The comparisons that are reported: each model against the baseline, or every pair, the model
    first that wins more of all its votes."""
    met = {tuple(sorted(pair)) for pair in zip(votes.a.tolist(), votes.b.tolist(), strict=True)}
    names = votes.models
    if baseline is not None:
        code = names.index(baseline)
        return [(names[i], baseline) for i in range(len(names))
                if i != code and tuple(sorted((i, code))) in met]  # fmt: skip
    order = sorted(range(len(names)), key=lambda code: (-_share(votes, names[code]), names[code]))
    return [(names[i], names[j]) for i, j in combinations(order, 2)
            if tuple(sorted((i, j))) in met]  # fmt: skip


def _share(votes: Votes, model: str) -> float:
    _, score = votes.between(model, None)
    known = score[np.isfinite(score)]
    return float(known.mean()) if len(known) else 0.0


def rates(
    votes: Votes, pairs: Sequence[tuple[str, str]], rules: Rules, least: int
) -> list[dict[str, Any]]:
    """A row to each pair: outcomes in columns of their own, the rate, p-values, and by field."""
    rows = []
    fitted = _fitted(votes, rules)
    for model, other in pairs:
        part, _ = votes.between(model, other)
        found = rate(votes, model, other, rules, fitted)
        rows.append({
            "model": model,
            "against": other,
            "outcomes": votes.outcomes(model, other, rules),
            "rate": found.plain(),
            "p": found.p(0.5),
            "by": {name: _by(part, name, (model, other), rules, least) for name in votes.fields},
        })  # fmt: skip
    correct(rows)
    return rows


def _by(votes: Votes, name: str, pair: tuple[str, str], rules: Rules, least: int) -> dict[str, Any]:
    """The rate within every value of a field, and each value against all others."""
    rows: list[dict[str, Any]] = []
    for value in votes.label_values(name):
        inside = votes.fields[name] == value
        mine, others = votes.select(inside), votes.select(~inside)
        found = _guarded(mine, pair, rules, least)
        tested = value != NOT_SAID and not found.why
        gap = None
        if tested and others.counts(rules).any():
            gap = difference(mine, others, *pair, _for_difference(rules))
        rows.append({
            "value": value,
            "outcomes": mine.outcomes(*pair, rules),
            "rate": found.plain(),
            "p": found.p(0.5) if tested else nan,
            "against_others": None if gap is None else gap.plain(),
            "p_others": nan if gap is None else gap.p(0.0),
        })  # fmt: skip
    correct(rows)
    # Two values against each other are one test, seen from both sides.
    both = [row for row in rows if isfinite(row["p_others"])]
    correct(rows, "p_others", n_tests=1 if len(both) == 2 == len(rows) else None)
    return {"rows": rows}


def _guarded(votes: Votes, pair: tuple[str, str], rules: Rules, least: int) -> Measure:
    kept, _ = votes.scored(rules).between(*pair)
    n_raters, n_prompts = len(np.unique(kept.rater)), len(np.unique(kept.prompt))
    if n_raters >= least:
        return rate(votes, *pair, rules)
    value = win_rate(votes, *pair, rules).value if len(kept) else nan
    why = f"fewer than {least} people"
    return Measure(value, nan, nan, nan, nan, len(kept), n_raters, n_prompts, why)


def _for_difference(rules: Rules) -> Rules:
    """Differences are between the votes themselves: under Davidson's rule, between choices."""
    return rules.model_copy(update={"ties": "dropped"}) if rules.ties == "davidson" else rules


def correct(rows: Sequence[dict[str, Any]], name: str = "p", *, n_tests: int | None = None) -> None:
    """Put the corrected p-values of all rows beside ``name``; with one test they are the same."""
    p = np.array([row[name] for row in rows], dtype=np.float64)
    one = n_tests == 1
    for suffix, corrected in (
        ("holm", p if one else holm(p)),
        ("bh", p if one else benjamini_hochberg(p)),
    ):
        for row, value in zip(rows, corrected.tolist(), strict=True):
            row[f"{name}_{suffix}"] = value


def place(votes: Votes, rules: Rules) -> dict[str, Any]:
    """The advantage of place, overall and within each two models."""
    found = place_of(votes, rules)
    return {
        "share": found.share.plain(),
        "balanced": found.balanced.plain(),
        "log_odds": found.log_odds.plain(),
        "pairs": [asdict(one) for one in found.pairs],
    }


def length(votes: Votes, rules: Rules) -> dict[str, Any]:
    """The advantage of length, where texts are there."""
    found = length_of(votes, rules)
    return {
        "share": found.share.plain(),
        "log_odds": found.log_odds.plain(),
        "n_without_texts": found.n_without_texts,
    }


def agreements(votes: Votes, rules: Rules) -> dict[str, Any]:
    """Agreement of people, name -> measure."""
    return {name: one.plain() for name, one in agreement(votes, rules).items()}


def times(votes: Votes) -> dict[str, Any]:
    """Seconds from shown to judged: quartiles, of all and of the set-aside votes."""
    found: dict[str, Any] = {}
    for name, rows in (("counting", votes.aside == 0), ("set_aside", votes.aside > 0)):
        seconds = votes.seconds[rows & np.isfinite(votes.seconds)]
        quartiles = np.quantile(seconds, [0.25, 0.5, 0.75]).tolist() if len(seconds) else [nan] * 3
        found[name] = {"n": len(seconds), **dict(zip(("q25", "median", "q75"), quartiles,
                                                     strict=True))}  # fmt: skip
    return found


def sensitivity(
    votes: Votes, pairs: Sequence[tuple[str, str]], rules: Rules
) -> list[dict[str, Any]]:
    """The rate under every other rule: what set-aside votes, ties and "both bad" would change."""
    rows = []
    ways = [(label, changed, _fitted(votes, changed)) for label, changed in _variants(rules)]
    for model, other in pairs:
        variants = []
        for label, changed, fitted in ways:
            found = rate(votes, model, other, changed, fitted)
            variants.append({"rule": label, "rate": found.plain()})
        alone = on_these_prompts(votes, model, other, _for_difference(rules))
        variants.append({"rule": "people drawn, these prompts alone", "rate": alone.plain()})
        rows.append({
            "model": model,
            "against": other,
            "variants": variants,
            "set_aside_changes": _moved(votes, model, other, rules).plain(),
        })  # fmt: skip
    return rows


def _variants(rules: Rules) -> Iterator[tuple[str, Rules]]:
    yield "as declared", rules
    for name, values in (
        ("set_aside", ("leave_out", "keep")),
        ("ties", ("half", "dropped", "davidson")),
        ("all_bad", ("tie", "leave_out")),
    ):
        for value in values:
            if getattr(rules, name) != value:
                yield f"{name}: {value}", rules.model_copy(update={name: value})


def _moved(votes: Votes, model: str, other: str, rules: Rules) -> Measure:
    """The rate with set-aside votes less the rate without them, paired."""
    plain = _for_difference(rules)
    keep = plain.model_copy(update={"set_aside": "keep"})
    leave = plain.model_copy(update={"set_aside": "leave_out"})
    both, score = votes.scored(keep).between(model, other)
    if plain.ties == "dropped":
        decided = score != 0.5
        both, score = both.select(decided), score[decided]
    inside = both.counts(leave)
    if inside.all() or not inside.any():
        why = "nothing was set aside" if inside.all() else "everything was set aside"
        return Measure(0.0 if inside.all() else nan, nan, nan, nan, nan, len(both), 0, 0, why)
    if np.ptp(score) == 0:
        why = "every vote is the same"
        return Measure(0.0, nan, nan, nan, nan, len(both), 0, 0, why)
    with_all, without = float(score.mean()), float(score[inside].mean())
    influence = (score - with_all) / len(score)
    influence[inside] -= (score[inside] - without) / inside.sum()
    # As a mean, so that one function makes every interval.
    as_mean = influence * len(score) + (with_all - without)
    return mean_of(as_mean, both.rater, both.prompt, rules, bounds=(-1.0, 1.0))


def exclusions(votes: Votes, n_simulated: int, rules: Rules) -> dict[str, int]:
    """What was read and does not count, by reason."""
    kept = int(votes.counts(rules).sum())
    return {"rows": len(votes), "counting": kept, "simulated_left_out": n_simulated}
