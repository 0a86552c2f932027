"""Reason ``exploration``: sets of models and prompts drawn at random, so that nothing starves."""

from __future__ import annotations

from collections import Counter

import numpy as np

from manyvoices.design.comparisons.batch import Ask
from manyvoices.evaluate.next_batch.config import NextConfig
from manyvoices.evaluate.next_batch.possible import Possible


def at_random(possible: Possible, config: NextConfig, n: int) -> list[Ask]:
    """`n` verdicts on sets of models, each as likely as any other; the prompt is left open."""
    rng = np.random.default_rng([config.seed, 2])
    fixed = [] if possible.baseline is None else [possible.baseline]
    others = [name for name in possible.models if name not in fixed]
    size = min(possible.side_by_side - len(fixed), len(others))
    drawn: Counter[tuple[str, ...]] = Counter()
    for _ in range(n):
        places = rng.choice(len(others), size, replace=False).tolist()
        drawn[tuple(sorted([*fixed, *(others[place] for place in places)]))] += 1
    return [
        Ask(models=models, n=times, reason="exploration") for models, times in sorted(drawn.items())
    ]
