"""Do people part on some prompt more than on others?

Verdicts on one pair of models are dealt out anew among the prompts. The statistic is the sum of
squares of a prompt's verdicts around their mean within each pair: on a disputed prompt people part
where on others they agree. People who give several verdicts on one pair are taken for independent
here, so that the test is a sieve and no proof.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from manyvoices.analyse.table import FloatArray, IntArray
from manyvoices.design.comparisons.batch import Ask
from manyvoices.evaluate.next_batch.config import NextConfig
from manyvoices.evaluate.next_batch.evidence import Evidence
from manyvoices.evaluate.next_batch.possible import Possible
from manyvoices.evaluate.next_batch.sharing import Wish
from manyvoices.evaluate.next_batch.testing import MOST_PAIRS, Test


def prompt_tests(
    evidence: Evidence, possible: Possible, config: NextConfig, rng: np.random.Generator
) -> list[Test]:
    mine = [v for v in evidence.verdicts if v.prompt in possible.prompts]
    prompts = sorted({str(v.prompt) for v in mine})
    if len(prompts) < 2:
        return []
    pairs = sorted({v.pair for v in mine})
    prompt = np.array([prompts.index(str(v.prompt)) for v in mine])
    pair = np.array([pairs.index(v.pair) for v in mine])
    score = np.array([v.score for v in mine])
    observed = _within(prompt, pair, score, len(prompts), len(pairs))
    as_large = np.ones(len(prompts))
    order = np.argsort(pair, kind="stable")
    starts = np.searchsorted(pair[order], np.arange(len(pairs) + 1))
    for _ in range(config.disagreement.permutations):
        dealt = score.copy()
        for code in range(len(pairs)):
            rows = order[starts[code] : starts[code + 1]]
            dealt[rows] = score[rng.permutation(rows)]
        drawn = _within(prompt, pair, dealt, len(prompts), len(pairs))
        as_large += drawn >= observed - 1e-9
    p = as_large / (1 + config.disagreement.permutations)
    size = np.bincount(prompt, minlength=len(prompts))
    return [
        Test("prompt", name, possible.prompts[name].category, float(p[code]), {
            "verdicts": int(size[code]), "spread": round(float(observed[code] / size[code]), 4),
            "pairs": [list(pairs[k]) for k in _most_split(prompt == code, pair, score)],
        })
        for code, name in enumerate(prompts)
        if size[code] >= config.disagreement.least and observed[code] > 0
    ]  # fmt: skip


def _within(
    prompt: IntArray, pair: IntArray, score: FloatArray, n_prompts: int, n_pairs: int
) -> FloatArray:
    """(prompts,) sum of squares around the mean of each pair of models on the prompt."""
    cell, size = prompt * n_pairs + pair, n_prompts * n_pairs
    n = np.bincount(cell, minlength=size)
    total = np.bincount(cell, score, minlength=size)
    squares = np.bincount(cell, score**2, minlength=size)
    found = squares - total**2 / np.maximum(n, 1)
    return np.asarray(found.reshape(n_prompts, n_pairs).sum(axis=1))


def _most_split(rows: Any, pair: IntArray, score: FloatArray) -> list[int]:
    """Pairs of models on one prompt, those first of which people are least of one mind."""
    found = []
    for code in np.unique(pair[rows]):
        mine = score[rows & (pair == code)]
        if len(mine) > 1:
            found.append((-float(((mine - mine.mean()) ** 2).sum()), int(code)))
    return [code for spread, code in sorted(found)[:MOST_PAIRS] if spread < 0]


def wishes_of_prompt(test: Test, figures: Mapping[str, float], possible: Possible) -> list[Wish]:
    kept = {name: test.details[name] for name in ("verdicts", "spread")}
    askable = set(possible.pairs())
    return [
        Wish(
            Ask(
                models=tuple(pair),
                prompt=test.name,
                reason="disagreement",
                evidence={**figures, **kept},
            )
        )
        for pair in test.details["pairs"]
        if tuple(pair) in askable and possible.can_show(test.name, pair)
    ]
