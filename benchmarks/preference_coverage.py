"""How often an interval for a win rate covers the truth: every method, at several sizes.

Studies are simulated with a true win rate of 48.3 % against a baseline (the figure of arXiv
2304.07327): people and prompts differ (normal effects on the log odds), a sixth of the votes are
ties, and the answer shown first has an advantage. Every study draws new people and new prompts,
since the rate that is meant is that of people and prompts yet to come. ``two_way_t`` is the default
of ``manyvoices evaluate preference``; the methods are in `evaluate.preference.clustered`.

    .venv/bin/python benchmarks/preference_coverage.py [--studies 1000] [--seed 0] [--quick]
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from manyvoices.analyse.table import FloatArray
from manyvoices.evaluate.preference.clustered import Measure, bootstrap_rates, measure
from manyvoices.evaluate.preference.planting import Planted, planted_win_rate
from manyvoices.evaluate.preference.simulating import TIE, World, balanced

RATE = 0.483
START = Planted({"ours": 0.0, "base": 0.0}, position=0.2, ties=0.16)
METHODS = (
    "rows", "raters", "prompts",
    "two_way_t", "two_way_satterthwaite", "two_way_sum", "bootstrap",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Size:
    """A study's size, and how much people and prompts differ (log odds).

    MT-bench's votes give up to 0.3 between people and 1.0 to 1.8 between prompts.
    """

    raters: int
    prompts: int
    each: int
    rater_sd: float
    prompt_sd: float


SIZES = (
    Size(10, 22, 22, 0.5, 0.5),
    Size(20, 22, 22, 0.5, 0.5),
    Size(50, 22, 22, 0.5, 0.5),
    Size(50, 22, 11, 0.8, 0.0),
    Size(50, 22, 11, 0.0, 0.8),
    Size(50, 22, 11, 0.0, 0.0),
    Size(50, 22, 11, 0.3, 1.5),
    Size(65, 80, 5, 0.3, 1.5),
    Size(100, 100, 20, 0.5, 0.5),
    Size(200, 100, 10, 0.8, 0.3),
    Size(300, 200, 10, 0.5, 0.5),
)


def study(size: Size, rng: np.random.Generator) -> tuple[FloatArray, ...]:
    """Scores, people and prompts of one simulated study."""
    truth = _truth(size)
    world = World.of(truth, size.raters, size.prompts, rng)
    asked = balanced(size.raters, size.prompts, size.each, [(0, 1)], rng)
    found = world.judge(asked, rng)
    score = np.where(asked.first == 0, found, 2 * TIE - found) / 2
    return score, asked.rater, asked.prompt


_TRUTHS: dict[tuple[float, float], Planted] = {}


def _truth(size: Size) -> Planted:
    key = (size.rater_sd, size.prompt_sd)
    if key not in _TRUTHS:
        start = Planted(
            START.strengths, position=START.position, ties=START.ties,
            rater_sd=size.rater_sd, prompt_sd=size.prompt_sd,
        )  # fmt: skip
        _TRUTHS[key] = planted_win_rate(start, RATE, "ours", "base")
    return _TRUTHS[key]


def intervals(size: Size, rng: np.random.Generator, resamples: int) -> dict[str, Measure]:
    """One study, measured by every method."""
    score, rater, prompt = study(size, rng)
    mean, n = float(score.mean()), len(score)
    influence = (score - mean) / n
    alone = np.arange(n)
    found = {
        "rows": measure(mean, influence, alone, alone, kind="two_way_t"),
        "raters": measure(mean, influence, rater, rater, kind="two_way_t"),
        "prompts": measure(mean, influence, prompt, prompt, kind="two_way_t"),
    }
    for kind in ("two_way_t", "two_way_satterthwaite", "two_way_sum"):
        found[kind] = measure(mean, influence, rater, prompt, kind=kind)
    if resamples:
        seed = int(rng.integers(2**31))
        drawn = bootstrap_rates(score, np.ones(n), rater, prompt, resamples=resamples, seed=seed)
        low, high = np.quantile(drawn, [0.025, 0.975])
        found["bootstrap"] = Measure(mean, low, high, 0.0, 0.0, n, 0, 0)
    return found


def coverage(size: Size, studies: int, seed: int, resamples: int) -> dict[str, tuple[float, float]]:
    """Method -> share of studies whose interval covers the truth, and mean half width."""
    rng = np.random.default_rng(seed)
    hits: dict[str, list[bool]] = {}
    widths: dict[str, list[float]] = {}
    for _ in range(studies):
        for name, one in intervals(size, rng, resamples).items():
            hits.setdefault(name, []).append(one.low <= RATE <= one.high)
            widths.setdefault(name, []).append((one.high - one.low) / 2)
    return {name: (float(np.mean(hits[name])), float(np.mean(widths[name]))) for name in hits}


def lines(studies: int, seed: int, resamples: int, sizes: tuple[Size, ...]) -> Iterator[str]:
    """The table, line by line."""
    yield "Coverage of a 95 % interval, and its mean half width in points, of " + (
        f"{studies} studies each; true win rate {RATE:.1%}"
    )
    head = "raters prompts each  sd(r) sd(p)  " + "".join(f"{name:>24}" for name in METHODS)
    yield head
    for size in sizes:
        found = coverage(size, studies, seed, resamples)
        cells = "".join(
            f"{100 * found[name][0]:>15.1f} ±{100 * found[name][1]:5.1f} " if name in found else ""
            for name in METHODS
        )
        yield (
            f"{size.raters:>6} {size.prompts:>7} {size.each:>4}  "
            f"{size.rater_sd:>5} {size.prompt_sd:>5}  {cells}"
        )


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--studies", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--resamples", type=int, default=400)
    parser.add_argument("--quick", action="store_true", help="100 studies, no bootstrap")
    args = parser.parse_args()
    began = time.process_time()
    studies, resamples = (100, 0) if args.quick else (args.studies, args.resamples)
    for line in lines(studies, args.seed, resamples, SIZES):
        print(line, flush=True)
    print(f"CPU {time.process_time() - began:.0f} s")


if __name__ == "__main__":
    main()
