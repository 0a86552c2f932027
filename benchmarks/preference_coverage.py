"""How often an interval for a win rate covers the truth: every method, at several sizes.

Studies are simulated with a true win rate of 48.3 % against a baseline (the figure of arXiv
2304.07327): people and prompts differ (normal effects on the log odds), a sixth of the votes are
ties, and the answer shown first has an advantage. Every study draws new people and new prompts,
since the rate that is meant is that of people and prompts yet to come. ``two_way_t`` is the default
of ``manyvoices evaluate preference``; the methods are in `evaluate.preference.clustered`.

    .venv/bin/python benchmarks/preference_coverage.py [--studies 1000] [--seed 0] [--quick]
    .venv/bin/python benchmarks/preference_coverage.py --groups 400
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from manyvoices.analyse.table import FloatArray
from manyvoices.evaluate.preference.clustered import Measure, bootstrap_rates, measure
from manyvoices.evaluate.preference.placing import place_of
from manyvoices.evaluate.preference.planting import (
    Planted,
    PlantedGroup,
    planted_win_rate,
    true_win_rate,
)
from manyvoices.evaluate.preference.rates import difference
from manyvoices.evaluate.preference.reading import votes_of
from manyvoices.evaluate.preference.rules import Rules
from manyvoices.evaluate.preference.simulating import TIE, World, balanced, simulate_study

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


def groups_and_place(size: Size, studies: int, seed: int) -> dict[str, float]:
    """Coverage of the difference between two groups of people (0.4 more log odds in one), and of
    the balanced advantage of place, by the default interval."""
    countries = {"there": PlantedGroup(0.4, {"ours": 0.4}), "here": PlantedGroup(0.6)}
    truth = Planted(
        START.strengths, rater_sd=size.rater_sd, prompt_sd=size.prompt_sd, position=0.2, ties=0.16,
        groups={"country": countries},
    )  # fmt: skip
    there, here = (true_win_rate(truth, "ours", "base", only=f"country={c}") for c in countries)
    rules = Rules()
    hits: dict[str, list[bool]] = {"difference": [], "zero excluded": [], "place": []}
    places = []
    for study_seed in range(seed, seed + studies):
        world, records = simulate_study(
            truth, n_raters=size.raters, n_prompts=size.prompts, per_rater=size.each,
            seed=study_seed, baseline="base",
        )  # fmt: skip
        people = world.people()
        votes = votes_of(records, lambda person, people=people: people[person], ["country"])
        inside = votes.fields["country"] == "there"
        gap = difference(votes.select(inside), votes.select(~inside), "ours", "base", rules)
        hits["difference"].append(gap.low <= there - here <= gap.high)
        hits["zero excluded"].append(not gap.low <= 0 <= gap.high)
        places.append(place_of(votes, rules).balanced)
    # The truth of place: the mean over many studies, since strengths are cancelled by weights.
    middle = float(np.mean([one.value for one in places]))
    hits["place"] = [one.low <= middle <= one.high for one in places]
    return {name: float(np.mean(values)) for name, values in hits.items()}


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--studies", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--resamples", type=int, default=400)
    parser.add_argument("--groups", type=int, default=0, metavar="STUDIES",
                        help="instead: differences between groups, and place")  # fmt: skip
    parser.add_argument("--quick", action="store_true", help="100 studies, no bootstrap")
    args = parser.parse_args()
    began = time.process_time()
    if args.groups:
        for size in (Size(50, 22, 11, 0.5, 0.5), Size(150, 60, 20, 0.5, 0.5)):
            found = groups_and_place(size, args.groups, args.seed)
            print(size, {name: f"{100 * value:.1f} %" for name, value in found.items()}, flush=True)
        return
    studies, resamples = (100, 0) if args.quick else (args.studies, args.resamples)
    for line in lines(studies, args.seed, resamples, SIZES):
        print(line, flush=True)
    print(f"CPU {time.process_time() - began:.0f} s")


if __name__ == "__main__":
    main()
