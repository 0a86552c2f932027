"""Does a steered second round tell more than one that asks all pairs alike, at the same cost?

    python -m benchmarks.next_round [--seeds 50] [--focus lead] [--shares default] [--json FILE]

People with tastes of their own judge six models in pairs on twelve prompts, by the rule that the
server draws by (`design.comparisons.assigning.draw`). After a first round of 60 people the second,
of 60 others, is drawn twice: balanced over all pairs, and by the batch of ``evaluate next`` with an
exploration floor of 0.2. Both give 10 verdicts per person. The analysis is the same: Bradley-Terry
on both rounds, intervals by drawing people (`aggregate.bootstrap`, 95 %).

The truth is what that model says of endless uniform data: person p prefers i to j with the log
odds theta_i - theta_j + u_pi - u_pj, u normal with standard deviation 0.7, and Bradley-Terry is
fitted to the mean chances. Steered data weigh pairs otherwise, and people answer several times, so
neither has to cover the truth; that is what the coverage shows.

Measured on 2026-11-21 (one thread of a busy machine, 0.2 CPU seconds per study; ratios with 95 %
intervals over seeds; 64 % of the second round was assigned by uncertainty, 36 % explored):

    50 studies, focus         lead                   order                  scores
    width, leading pair       .863 [.830, .899]      1.081 [1.054, 1.109]   1.021 [.995, 1.048]
    widths, all models        1.086 [1.073, 1.099]   1.050 [1.038, 1.063]   1.014 [1.005, 1.024]
    wrong leading pair (.26)  .24                    .20                    .18

    1,000 studies (--seeds 1000 --first-seed 1000 --resamples 200)     uniform     lead
    width, leading pair           .844 [.836, .852]                    .600        .508
    widths, all models            1.089 [1.085, 1.092]                 2.329       2.538
    covered, leading pair (of .95)                                     .934        .930
    covered, all models (of .95)                                       .933        .937
    wrong first; wrong leading pair                                    .119; .170  .098; .170
"""

from __future__ import annotations

import argparse
import json
import random
import sys
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from scipy.special import expit

from manyvoices.aggregate import Battles, bootstrap
from manyvoices.aggregate.kinds import FloatArray
from manyvoices.aggregate.likelihood import bradley_terry
from manyvoices.design.comparisons.assigning import Cell, Counts, Person, draw
from manyvoices.design.comparisons.batch import Ask
from manyvoices.design.comparisons.stage import Assignment, ComparisonsStage, PromptItem
from manyvoices.evaluate.next_batch.config import NextConfig
from manyvoices.evaluate.next_batch.evidence import Evidence
from manyvoices.evaluate.next_batch.possible import Possible, PromptOf
from manyvoices.evaluate.next_batch.running import plan

TASTE_SD = 0.7
N_PROMPTS = 12
L2 = 0.1
ONLY = {"uncertainty": 1.0, "disagreement": 0.0, "coverage": 0.0, "failures": 0.0}


@dataclass(frozen=True, slots=True)
class World:
    """What is true in one simulated study."""

    models: tuple[str, ...]
    strengths: FloatArray
    truth: FloatArray
    """Log strengths of Bradley-Terry on endless uniform data."""


@dataclass(frozen=True, slots=True)
class Size:
    """How large a study is."""

    models: int = 6
    people: int = 60
    """In each of the two rounds."""
    each: int = 10
    resamples: int = 300


@dataclass(frozen=True, slots=True)
class Found:
    """What one analysis says."""

    lead_width: float
    """Width of the interval of the difference of the two that truly lead."""
    lead_covered: bool
    order_width: float
    """Sum of the widths of all models' intervals, each less the mean."""
    order_covered: float
    """Share of the models whose truth lies in their interval."""
    wrong_first: bool
    """The first is not the model that truly is."""
    wrong_pair: bool
    """The first two are not the two that truly are."""


def world(seed: int, n_models: int) -> World:
    """Strengths drawn from a normal distribution, and what Bradley-Terry makes of them."""
    rng = np.random.default_rng([seed, 7])
    strengths = np.sort(rng.normal(0.0, 0.8, n_models))[::-1]
    nodes, weights = np.polynomial.hermite.hermgauss(64)
    gap = strengths[:, None] - strengths[None, :]
    spread = 2 * TASTE_SD * nodes  # sqrt(2) of the quadrature, sqrt(2) of two tastes
    chance = (expit(gap[:, :, None] + spread) * weights).sum(axis=2) / np.sqrt(np.pi)
    np.fill_diagonal(chance, 0.0)
    truth = bradley_terry(1e4 * chance[None], l2=1e-9)[0][0]
    names = tuple(f"model-{place}" for place in range(n_models))
    return World(names, strengths, truth)


def stage(models: Sequence[str], asks: Sequence[Ask] = ()) -> ComparisonsStage:
    """A stage of live models, balanced or steered by `asks` with the floor of 0.2."""
    rule = Assignment(policy="batch", batch=tuple(asks), exploration=0.2) if asks else Assignment()
    prompts = tuple(PromptItem(id=f"p{n}", text=f"Prompt {n}") for n in range(N_PROMPTS))
    return ComparisonsStage(
        kind="comparisons", source="live", prompts=prompts, among=tuple(models), assignment=rule
    )


def collect(
    of: World, rule: ComparisonsStage, size: Size, name: str, seed: int, into: Evidence
) -> Counter[str]:
    """One round of people; their verdicts go `into` the evidence. Why each was assigned."""
    rng = random.Random(f"{seed} {name}")
    tastes = np.random.default_rng([seed, len(name), sum(map(ord, name))])
    verdicts: dict[Cell, int] = {}
    orders: dict[tuple[str, ...], int] = {}
    asks: dict[int, int] = {}
    why: Counter[str] = Counter()
    for number in range(size.people):
        utility = of.strengths + tastes.normal(0.0, TASTE_SD, len(of.models))
        done: list[Cell] = []
        for _ in range(size.each):
            counts = Counts(verdicts, orders, asks)
            placed = draw(rule, of.models, counts, Person("en", done=done), rng)
            assert placed is not None
            assert placed.prompt is not None
            cell = Cell(placed.prompt.id, tuple(sorted(placed.models)))
            done.append(cell)
            verdicts[cell] = verdicts.get(cell, 0) + 1
            orders[placed.models] = orders.get(placed.models, 0) + 1
            if placed.ask is not None:
                asks[placed.ask] = asks.get(placed.ask, 0) + 1
            why[placed.because] += 1
            first, second = (of.models.index(name) for name in placed.models)
            won = tastes.random() < expit(utility[first] - utility[second])
            into.add(
                (placed.models[0], placed.models[1]), float(won), person=f"{name} {number}",
                source=f"{name} {len(into.verdicts)}", prompt=cell.prompt,
            )  # fmt: skip
    return why


def analyse(of: World, evidence: Evidence, size: Size, seed: int) -> Found:
    """Intervals over people, held against the truth."""
    battles: Battles = evidence.battles()
    drawn = bootstrap(
        battles, "bradley_terry", n_resamples=size.resamples, seed=seed, l2=L2
    )["bradley_terry"]  # fmt: skip
    place = [battles.models.index(name) for name in of.models]
    scores, point = drawn.scores[:, place], drawn.ratings.scores[place]
    gap = scores[:, 0] - scores[:, 1]
    low, high = np.nanquantile(gap, (0.025, 0.975))
    truth = of.truth[0] - of.truth[1]
    centred = scores - scores.mean(axis=1, keepdims=True)
    lows, highs = np.nanquantile(centred, (0.025, 0.975), axis=0)
    centre = of.truth - of.truth.mean()
    order = np.argsort(-point, kind="stable")
    return Found(
        lead_width=float(high - low),
        lead_covered=bool(low <= truth <= high),
        order_width=float((highs - lows).sum()),
        order_covered=float(((lows <= centre) & (centre <= highs)).mean()),
        wrong_first=bool(order[0] != 0),
        wrong_pair=set(order[:2].tolist()) != {0, 1},
    )


def one_study(
    seed: int, size: Size, *, focus: str, shares: Mapping[str, float] | None
) -> tuple[dict[str, Found], Counter[str]]:
    """Both second rounds after one first round; and why the steered one was assigned."""
    of = world(seed, size.models)
    first = Evidence("first round")
    collect(of, stage(of.models), size, "first", seed, first)
    settings: dict[str, Any] = {
        "data": "unused", "out": "unused", "n": size.people * size.each, "resamples": 50,
        "uncertainty": {"focus": focus}, "disagreement": {"permutations": 99}, "seed": seed,
    }  # fmt: skip
    if shares is not None:
        settings["shares"] = dict(shares)
    config = NextConfig.model_validate(settings)
    prompts = {f"p{n}": PromptOf() for n in range(N_PROMPTS)}
    possible = Possible("comparisons", of.models, prompts=prompts)
    batch = plan(first, possible, config).asks
    found, why = {}, Counter[str]()
    for name, asks in (("uniform", ()), ("steered", batch)):
        both = Evidence(name, verdicts=list(first.verdicts))
        given = collect(of, stage(of.models, asks), size, f"second {name}", seed, both)
        found[name] = analyse(of, both, size, seed)
        if asks:
            why = given
    return found, why


def ratio(pairs: Sequence[tuple[float, float]]) -> dict[str, float]:
    """Geometric mean of steered over uniform, with a 95 % interval by drawing seeds."""
    logs = np.log([steered / uniform for uniform, steered in pairs])
    rng = np.random.default_rng(0)
    draws = rng.choice(logs, (4000, len(logs))).mean(axis=1)
    low, high = np.quantile(draws, (0.025, 0.975))
    return {"value": float(np.exp(logs.mean())), "low": float(np.exp(low)),
            "high": float(np.exp(high))}  # fmt: skip


def summary(studies: Sequence[Mapping[str, Found]]) -> dict[str, Any]:
    """Means over seeds, ratios, coverage."""
    table = {}
    for name in ("uniform", "steered"):
        rows = [asdict(study[name]) for study in studies]
        table[name] = {key: float(np.mean([row[key] for row in rows])) for key in rows[0]}
    ratios = {
        key: ratio([(getattr(s["uniform"], key), getattr(s["steered"], key)) for s in studies])
        for key in ("lead_width", "order_width")
    }
    return {"n": len(studies), "means": table, "ratios": ratios}


def main(words: Sequence[str] | None = None) -> dict[str, Any]:
    """Run, print, return what was found."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--seeds", type=int, default=50)
    parser.add_argument("--first-seed", type=int, default=0)
    parser.add_argument("--focus", choices=("lead", "order", "scores"), default="lead")
    parser.add_argument("--shares", choices=("default", "uncertainty"), default="default")
    parser.add_argument("--people", type=int, default=60)
    parser.add_argument("--resamples", type=int, default=300)
    parser.add_argument("--json", type=Path)
    given = parser.parse_args(words)
    size = Size(people=given.people, resamples=given.resamples)
    shares = ONLY | {"exploration": 0.0} if given.shares == "uncertainty" else None
    began, studies, why = time.process_time(), [], Counter[str]()
    for seed in range(given.first_seed, given.first_seed + given.seeds):
        found, reasons = one_study(seed, size, focus=given.focus, shares=shares)
        studies.append(found)
        why += reasons
    result = summary(studies) | {"why": dict(why), "seconds": time.process_time() - began}
    show(result, given.focus, given.shares)
    if given.json:
        given.json.write_text(json.dumps(result, indent=2) + "\n")
    return result


def show(result: Mapping[str, Any], focus: str, shares: str) -> None:
    """A table."""
    n = result["n"]
    print(f"{n} studies, focus {focus}, shares {shares}, {result['seconds']:.0f} CPU s")
    total = sum(result["why"].values())
    print("assigned: " + ", ".join(f"{k} {v / total:.0%}" for k, v in result["why"].items()))
    print(f"{'':26}{'uniform':>10}{'steered':>10}   ratio")
    names = {
        "lead_width": "width, leading pair", "order_width": "widths, all models",
        "lead_covered": "covered, leading pair", "order_covered": "covered, all models",
        "wrong_first": "wrong first", "wrong_pair": "wrong leading pair",
    }  # fmt: skip
    for key, name in names.items():
        values = [result["means"][one][key] for one in ("uniform", "steered")]
        found = result["ratios"].get(key)
        more = f"   {found['value']:.3f} [{found['low']:.3f}, {found['high']:.3f}]" if found else ""
        print(f"{name:26}{values[0]:10.3f}{values[1]:10.3f}{more}")
    error = 1.96 * np.sqrt(0.95 * 0.05 / n)
    print(f"(a coverage of .95 is seen within {error:.3f} of it in 95 of 100 benchmarks)")


if __name__ == "__main__":
    main(sys.argv[1:])
