"""Preference studies whose truth is known: who is asked what, and what comes of it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import combinations

import numpy as np

from manyvoices.analyse.table import IntArray
from manyvoices.evaluate.preference.planting import Planted
from manyvoices.evaluate.preference.recording import records
from manyvoices.evaluate.preference.world import (
    ALL_BAD,
    CANNOT_JUDGE,
    FAILED_FIRST,
    FAILED_SECOND,
    FIRST,
    SECOND,
    TIE,
    Asked,
    World,
    prompt_id,
    rater_id,
)
from manyvoices.schema.comparisons import Comparison

__all__ = [
    "ALL_BAD", "CANNOT_JUDGE", "FAILED_FIRST", "FAILED_SECOND", "FIRST", "SECOND", "TIE",
    "Asked", "World", "balanced", "pairs_of", "prompt_id", "rater_id", "records",
    "simulate_comparisons", "simulate_study",
]  # fmt: skip


def balanced(
    n_raters: int,
    n_prompts: int,
    per_rater: int,
    pairs: Sequence[tuple[int, int]],
    rng: np.random.Generator,
) -> Asked:
    """Who compares what: prompts, pairs and places as even as they can be.

    Nobody meets a prompt again before they met them all. `pairs`: codes of models.
    """
    seen = np.zeros(n_prompts)
    chosen: list[IntArray] = []
    for _ in range(n_raters):
        left = per_rater
        while left > 0:
            some = np.argsort(seen + rng.random(n_prompts) * 0.9)[: min(left, n_prompts)]
            seen[some] += 1
            chosen.append(some)
            left -= len(some)
    prompt = np.concatenate(chosen).astype(np.int64)
    rater = np.repeat(np.arange(n_raters), per_rater)
    turn = _nth(prompt) + rng.integers(0, 2 * len(pairs), n_prompts)[prompt]
    pair = np.array(pairs)[turn % len(pairs)]
    swap = (turn // len(pairs)) % 2 == 1
    first, second = np.where(swap, pair[:, 1], pair[:, 0]), np.where(swap, pair[:, 0], pair[:, 1])
    return Asked(rater, prompt, first, second)


def simulate_comparisons(
    planted: Planted,
    *,
    n_raters: int,
    n_prompts: int,
    per_rater: int,
    seed: int = 0,
    baseline: str | None = None,
    categories: Sequence[str] = (),
    study_id: str = "simulated",
) -> Iterator[Comparison]:
    """A study in order of finishing, every record marked simulated.

    `baseline`: every comparison holds this model; None = all pairs. `categories` go round over the
    prompts. Who answered what in the survey: `simulate_study`, which returns the world too.
    """
    return simulate_study(
        planted, n_raters=n_raters, n_prompts=n_prompts, per_rater=per_rater, seed=seed,
        baseline=baseline, categories=categories, study_id=study_id,
    )[1]  # fmt: skip


def simulate_study(
    planted: Planted,
    *,
    n_raters: int,
    n_prompts: int,
    per_rater: int,
    seed: int = 0,
    baseline: str | None = None,
    categories: Sequence[str] = (),
    study_id: str = "simulated",
) -> tuple[World, Iterator[Comparison]]:
    """The world of a study, and its records; see `simulate_comparisons`."""
    rng = np.random.default_rng(seed)
    world = World.of(planted, n_raters, n_prompts, rng)
    asked = balanced(n_raters, n_prompts, per_rater, pairs_of(planted, baseline), rng)
    found = world.judge(asked, rng)
    return world, records(world, asked, found, rng, categories=categories, study_id=study_id)


def pairs_of(planted: Planted, baseline: str | None) -> list[tuple[int, int]]:
    """Codes of the models of every pair that is compared."""
    every = combinations(range(len(planted.models)), 2)
    if baseline is None:
        return list(every)
    code = planted.models.index(baseline)
    return [pair for pair in every if code in pair]


def _nth(codes: IntArray) -> IntArray:
    """(rows,) how often the code of each row stood before it."""
    order = np.argsort(codes, kind="stable")
    ranked = codes[order]
    starts = np.concatenate(([0], np.flatnonzero(np.diff(ranked)) + 1))
    within = np.arange(len(codes)) - np.repeat(starts, np.diff(np.append(starts, len(codes))))
    found = np.empty(len(codes), dtype=np.int64)
    found[order] = within
    return found
