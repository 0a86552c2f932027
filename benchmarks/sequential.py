"""What looking after every person costs, and what it would cost to look with a test for one look.

Three tables: how often the true mean is ever outside the interval, over all looks (several kinds of
values); how often a difference is found where there is none; and how many people are heard until
the decision, beside a z test that looks once, at the number of people that gives it the same power.

    .venv/bin/python benchmarks/sequential.py [--sequences 2000] [--looks 2000] [--seed 0]

A value is one person: `coin` judges once, `person` ten times (their own taste differs: beta with
sd 0.16 around the mean), `ties` gives a half with probability 0.3.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterator
from typing import get_args

import numpy as np
from scipy import stats

from manyvoices.aggregate.kinds import FloatArray
from manyvoices.aggregate.sequential import GO_ON, Method, sequential_many

METHODS: tuple[Method, ...] = get_args(Method)
SHARES = (0.5, 0.48, 0.45, 0.40, 0.30)
LEAST = 20
"""People before the naive z test looks first."""


def coin(share: float, n: int, t: int, rng: np.random.Generator) -> FloatArray:
    return (rng.random((n, t)) < share) * 1.0


def ties(share: float, n: int, t: int, rng: np.random.Generator) -> FloatArray:
    drawn = rng.random((n, t))
    return np.where(drawn < share - 0.15, 1.0, np.where(drawn < share + 0.15, 0.5, 0.0))


def person(share: float, n: int, t: int, rng: np.random.Generator) -> FloatArray:
    return rng.binomial(10, rng.beta(8 * share, 8 * (1 - share), (n, t))) / 10


KINDS = {"coin": coin, "ties": ties, "person": person}


def skewed(_: float, n: int, t: int, rng: np.random.Generator) -> FloatArray:
    return rng.beta(0.1, 0.9, (n, t))


def smooth(_: float, n: int, t: int, rng: np.random.Generator) -> FloatArray:
    return rng.beta(2, 3, (n, t))


COVERED = {
    "coin, 0.5": (coin, 0.5), "coin, 0.3": (coin, 0.3), "coin, 0.05": (coin, 0.05),
    "ties, 0.5": (ties, 0.5), "person, 0.45": (person, 0.45),
    "beta(2, 3)": (smooth, 0.4), "beta(0.1, 0.9)": (skewed, 0.1),
}  # fmt: skip


def outside(n: int, t: int, seed: int) -> Iterator[str]:
    """The mean is outside at some look exactly if it is decided upon where it is the null."""
    yield f"| ever outside, in {n:,} x {t:,} looks (at most 5 %) | {' | '.join(METHODS)} |"
    yield "|---|" + "---|" * len(METHODS)
    for name, (draw, mean) in COVERED.items():
        values = draw(mean, n, t, np.random.default_rng(seed))
        cells = [
            f"{(sequential_many(values, null=mean, method=m).decision != GO_ON).mean():.1%}"
            for m in METHODS
        ]
        yield f"| {name} | {' | '.join(cells)} |"


def errors(n: int, t: int, seed: int) -> Iterator[str]:
    """What is found at a share of one half, with alpha = 5 %."""
    yield f"| found at 0.5 | {' | '.join(METHODS)} | z test looked at each time |"
    yield "|---|" + "---|" * (len(METHODS) + 1)
    for name, draw in KINDS.items():
        values = draw(0.5, n, t, np.random.default_rng(seed + 1))
        cells = [
            f"{(sequential_many(values, method=m).decision != GO_ON).mean():.1%}" for m in METHODS
        ]
        yield f"| {name} | {' | '.join(cells)} | **{naive(values):.1%}** |"


def naive(values: FloatArray) -> float:
    """Share of sequences in which a z test at 5 % was significant at one look or more."""
    t = np.arange(1, values.shape[1] + 1)
    mean = np.cumsum(values, axis=1) / t
    variance = np.cumsum(values**2, axis=1) / t - mean**2
    z = np.abs(mean - 0.5) / np.sqrt(np.maximum(variance, 1e-12) / t)
    return float((z > stats.norm.ppf(0.975))[:, LEAST - 1 :].any(axis=1).mean())


def people(n: int, t: int, seed: int) -> Iterator[str]:
    """People heard until the decision (as many as `t` where there is none), mean and median."""
    head = " | ".join(f"{m}: found, mean, median" for m in METHODS)
    yield f"| values | share | {head} | z test of betting's power | of 80 % |"
    yield "|---|---|" + "---|" * (len(METHODS) + 2)
    for name, draw in KINDS.items():
        for share in SHARES:
            values = draw(share, n, t, np.random.default_rng(seed + 2))
            cells, best = [], 0.0
            for method in METHODS:
                found = sequential_many(values, method=method)
                at = np.where(found.decided_at < 0, t, found.decided_at)
                power = float((found.decision == "b").mean())
                best = power if method == "betting" else best
                cells.append(f"{power:.0%}, {at.mean():,.0f}, {np.median(at):,.0f}")
            cells += [fixed(values, share, power) for power in (best, 0.8)]
            yield f"| {name} | {share} | {' | '.join(cells)} |"


def fixed(values: FloatArray, share: float, power: float) -> str:
    """People that a two-sided z test at 5 %, looked at once, needs for a power; at 99.9 % most."""
    if share == 0.5:
        return "-"
    wanted = stats.norm.ppf(0.975) + stats.norm.ppf(min(max(power, 0.05), 0.999))
    return f"{np.ceil((wanted * values.std() / (share - 0.5)) ** 2):,.0f}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--sequences", type=int, default=2000)
    parser.add_argument("--looks", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=0)
    asked = parser.parse_args()
    for table in (outside, errors, people):
        begin = time.process_time()
        for line in table(asked.sequences, asked.looks, asked.seed):
            print(line, flush=True)
        print(f"\n({time.process_time() - begin:.0f} s of CPU)\n", flush=True)


if __name__ == "__main__":
    main()
