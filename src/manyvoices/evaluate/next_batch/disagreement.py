"""Reason ``disagreement``: groups, and people on one prompt, that differ more than chance.

What is tested stands in `group_tests` and `prompt_tests`; all tests together are corrected by
Benjamini and Hochberg (1995).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from manyvoices.analyse.many_tests import benjamini_hochberg
from manyvoices.evaluate.next_batch.config import NextConfig
from manyvoices.evaluate.next_batch.evidence import Evidence
from manyvoices.evaluate.next_batch.group_tests import group_tests, wishes_of_groups
from manyvoices.evaluate.next_batch.possible import Possible
from manyvoices.evaluate.next_batch.prompt_tests import prompt_tests, wishes_of_prompt
from manyvoices.evaluate.next_batch.sharing import Wish


@dataclass(frozen=True, slots=True)
class Found:
    """What was tested, and what to ask of it."""

    wishes: list[Wish]
    n_tests: int
    claimed: list[dict[str, Any]]
    """Everything that differs more than chance, with p and q, the surest first."""


def disagreements(evidence: Evidence, possible: Possible, config: NextConfig) -> Found:
    """All tests, corrected, and the asks for what they claim."""
    rng = np.random.default_rng([config.seed, 1])
    tests = [*group_tests(evidence, possible, config, rng)]
    tests += prompt_tests(evidence, possible, config, rng)
    if not tests:
        return Found([], 0, [])
    q = benjamini_hochberg(np.array([test.p for test in tests]))
    kept = sorted(
        (
            pair
            for pair in zip(q.tolist(), tests, strict=True)
            if pair[0] < config.disagreement.alpha
        ),
        key=lambda pair: (pair[0], pair[1].p, pair[1].about, pair[1].name),
    )[: config.disagreement.most]
    wishes: list[Wish] = []
    claimed = []
    for corrected, test in kept:
        figures = {"p": round(test.p, 5), "q": round(corrected, 5)}
        make = wishes_of_groups if test.about == "group" else wishes_of_prompt
        wishes += make(test, figures, possible)
        claimed.append({
            "about": test.about, "name": test.name, "category": test.category, **figures,
            **test.details,
        })  # fmt: skip
    return Found(wishes, len(tests), claimed)
