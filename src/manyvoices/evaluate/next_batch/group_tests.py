"""Do groups of people part on some pair of models more than chance?

For each category (and all together) and each survey question, people's answers are dealt out anew
among them with all that they said (Good, Permutation, Parametric and Bootstrap Tests of Hypotheses,
2005). The statistic is the sum over pairs of models and groups of verdicts times the squared
distance of the group's share from everybody's.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence

import numpy as np

from manyvoices.analyse.table import FloatArray, IntArray
from manyvoices.design.comparisons.batch import Ask
from manyvoices.evaluate.next_batch.config import NextConfig
from manyvoices.evaluate.next_batch.evidence import Evidence, Pair, Verdict
from manyvoices.evaluate.next_batch.possible import Possible
from manyvoices.evaluate.next_batch.sharing import Wish
from manyvoices.evaluate.next_batch.testing import MOST_PAIRS, Test

_BLOCK = 64
ENOUGH = 20
"""Deals at least as far apart after which no more are made (Besag, Clifford, Biometrika 78, 1991):
such a test claims nothing, however often one deals."""


def group_tests(
    evidence: Evidence, possible: Possible, config: NextConfig, rng: np.random.Generator
) -> list[Test]:
    scopes: dict[str | None, list[Verdict]] = defaultdict(list)
    for verdict in evidence.verdicts:
        scopes[None].append(verdict)
        if verdict.category is not None:
            scopes[verdict.category].append(verdict)
    if len(scopes) == 2:  # one category is everything
        del scopes[next(name for name in scopes if name is not None)]
    known = possible.questions or _asked(evidence)
    names = config.disagreement.by if config.disagreement.by is not None else tuple(known)
    found = []
    for category, verdicts in scopes.items():
        for question in names:
            test = _group_test(verdicts, evidence, question, category, config, rng)
            if test is not None:
                found.append(test)
    return found


def _asked(evidence: Evidence) -> tuple[str, ...]:
    return tuple(sorted({name for answers in evidence.answers.values() for name in answers}))


def _group_test(
    verdicts: Sequence[Verdict],
    evidence: Evidence,
    question: str,
    category: str | None,
    config: NextConfig,
    rng: np.random.Generator,
) -> Test | None:
    """None where there are no two groups that are large enough."""
    answer_of = {name: evidence.answers.get(name, {}).get(question) for name in evidence.people}
    size = Counter(answer_of[name] for name in {v.person for v in verdicts})
    groups = sorted(
        name for name, n in size.items() if name is not None and n >= config.disagreement.least
    )
    mine = [v for v in verdicts if answer_of[v.person] in groups]
    if len(groups) < 2 or not mine:
        return None
    n, total, pairs, people = _by_person(mine)
    member = np.array([groups.index(str(answer_of[name])) for name in people])
    observed, parts = _distance(n, total, member[None], len(groups))
    as_large, as_far, deals = 1, np.ones(len(pairs)), 1
    while deals <= config.disagreement.permutations and as_large <= ENOUGH:
        rows = min(_BLOCK, config.disagreement.permutations + 1 - deals)
        dealt = np.array([rng.permutation(member) for _ in range(rows)])
        drawn, drawn_parts = _distance(n, total, dealt, len(groups))
        as_large += int((drawn >= observed[0] - 1e-9).sum())
        as_far += (drawn_parts >= parts[0] - 1e-9).sum(axis=0)
        deals += rows
    p, p_pair = as_large / deals, as_far / deals
    # Of a difference that is sure, the pairs that it lies in; at least the surest one.
    surest = np.lexsort((-parts[0], p_pair))[:MOST_PAIRS]
    best = [k for k in surest.tolist() if p_pair[k] < config.disagreement.alpha] or [int(surest[0])]
    shares = {
        " – ".join(pairs[pair]): _shares(n[:, pair], total[:, pair], member, groups)
        for pair in best
    }
    details = {"groups": groups, "pairs": [list(pairs[pair]) for pair in best], "shares": shares}
    return Test("group", question, category, p, details)


def _by_person(
    verdicts: Sequence[Verdict],
) -> tuple[FloatArray, FloatArray, list[Pair], list[str]]:
    """Verdicts (people, pairs) and the sum of their scores, with the names of both."""
    pairs = sorted({v.pair for v in verdicts})
    people = sorted({v.person for v in verdicts})
    row = {name: place for place, name in enumerate(people)}
    column = {pair: place for place, pair in enumerate(pairs)}
    n, total = np.zeros((len(people), len(pairs))), np.zeros((len(people), len(pairs)))
    for v in verdicts:
        n[row[v.person], column[v.pair]] += 1
        total[row[v.person], column[v.pair]] += v.score
    return n, total, pairs, people


def _distance(
    n: FloatArray, total: FloatArray, member: IntArray, n_groups: int
) -> tuple[FloatArray, FloatArray]:
    """The statistic (deals,), and its part of each pair (deals, pairs)."""
    one_hot = member[:, :, None] == np.arange(n_groups)
    of_n = np.einsum("dpg,pk->dgk", one_hot, n, optimize=True)
    of_total = np.einsum("dpg,pk->dgk", one_hot, total, optimize=True)
    with np.errstate(invalid="ignore", divide="ignore"):
        share = of_total / of_n
        whole = total.sum(axis=0) / n.sum(axis=0)
    parts = np.nansum(of_n * (share - whole) ** 2, axis=1)
    return parts.sum(axis=1), parts


def _shares(
    n: FloatArray, total: FloatArray, member: IntArray, groups: Sequence[str]
) -> dict[str, dict[str, float]]:
    found = {}
    for code, name in enumerate(groups):
        mine = member == code
        if n[mine].sum():
            share = float(total[mine].sum() / n[mine].sum())
            found[name] = {"share": round(share, 4), "verdicts": int(n[mine].sum())}
    return found


def wishes_of_groups(test: Test, figures: Mapping[str, float], possible: Possible) -> list[Wish]:
    """Every group is asked about the pairs that part them most, in that category."""
    offered = possible.questions.get(test.name)
    if possible.kind is not None and offered is None:
        return []
    category = test.category if test.category in possible.categories else None
    askable = set(possible.pairs())
    pairs = [tuple(pair) for pair in test.details["pairs"] if tuple(pair) in askable]
    return [
        Wish(
            Ask(
                models=pair,
                category=category,
                group={test.name: group},
                reason="disagreement",
                evidence={**figures, "shares": test.details["shares"][" – ".join(pair)]},
            )
        )
        for pair in pairs
        for group in test.details["groups"]
        if offered is None or group in offered
    ]
