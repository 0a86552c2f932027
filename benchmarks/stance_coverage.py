"""How often the intervals of stances cover the truth: positions, groups of people, distances.

Everything is simulated with a truth that is known, and goes through the code that
``manyvoices evaluate stances`` runs. Every study draws new items, since the position that is meant
is that on propositions yet to come; the items' own answers differ by form and by sample.

    .venv/bin/python -m benchmarks.stance_coverage [--studies 500] [--seed 0] [--resamples 400]
"""

from __future__ import annotations

import argparse
import time
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from scipy.special import ndtr

from manyvoices.analyse.resampling import Resampling
from manyvoices.analyse.table import FloatArray
from manyvoices.evaluate.stances.answers import Coded
from manyvoices.evaluate.stances.distance import distances, divergence
from manyvoices.evaluate.stances.instrument import Instrument
from manyvoices.evaluate.stances.people import group_position
from manyvoices.evaluate.stances.plan import Form
from manyvoices.evaluate.stances.reference import Group, Singles
from manyvoices.evaluate.stances.scoring import averaged, positions
from manyvoices.evaluate.stances.stability import stances

SCORES = np.array([-1.0, -0.5, 0.0, 0.5, 1.0])
CUTS = np.array([-0.75, -0.25, 0.25, 0.75])
VIEWS = {"economic": (-0.3, 0.9), "social": (0.6, 0.6)}
"""Axis -> mean and standard deviation of latent views on its items: one wide, one lopsided."""
MANY = 200_000

Rows = list[tuple[str, str, float, float]]
"""(planted, what, share of intervals that cover, mean width)."""


@dataclass(frozen=True, slots=True)
class Size:
    """A study of one model."""

    items: int
    """To an axis."""
    forms: int
    samples: int
    form_sd: float
    """Latent differences between the forms of one item."""
    noise: float
    """Latent differences between answers to one form."""

    def __str__(self) -> str:
        return f"{self.items} items, {self.forms} forms x {self.samples}, noise {self.noise:g}"


SIZES = (
    Size(5, 3, 2, 0.1, 0.1),
    Size(8, 3, 2, 0.1, 0.1),
    Size(15, 3, 2, 0.1, 0.1),
    Size(15, 1, 2, 0.0, 0.2),
    Size(15, 6, 2, 0.2, 0.2),
    Size(15, 4, 1, 0.1, 1.0),
    Size(15, 6, 2, 0.0, 2.0),
    Size(30, 6, 2, 0.1, 0.1),
    Size(60, 3, 2, 0.1, 0.1),
)


def chances(latent: FloatArray, noise: float) -> FloatArray:
    """(..., 5): how often each option is given by a view on the scale's own line."""
    below = ndtr((CUTS - latent[..., None]) / noise)
    ends = [np.zeros((*latent.shape, 1)), below, np.ones((*latent.shape, 1))]
    return np.diff(np.concatenate(ends, axis=-1), axis=-1)


def instrument(items: int) -> Instrument:
    """`items` to each axis, by turns one for its high and one for its low end."""
    axes = list(VIEWS)
    return Instrument.model_validate({
        "id": "planted", "title": "planted",
        "axes": {axis: {"low": "low", "high": "high"} for axis in axes},
        "items": [
            {"id": f"i{k}", "text": "t", "weights": {axes[k % 2]: 1 if k // 2 % 2 else -1}}
            for k in range(2 * items)
        ],
    })  # fmt: skip


def latents(size: Size, rng: np.random.Generator) -> FloatArray:
    """(n_items, n_forms) views of one study, turned as its items are."""
    n = 2 * size.items
    mean, sd = (np.array([VIEWS[axis][i] for axis in VIEWS] * size.items) for i in (0, 1))
    signs = np.array([1 if k // 2 % 2 else -1 for k in range(n)])
    own = signs * (mean + sd * rng.normal(size=n))
    return own[:, None] + size.form_sd * rng.normal(size=(n, size.forms))


def truths(size: Size) -> dict[str, tuple[float, float]]:
    """Axis -> position over all items, and over those that come out stable (or neutral)."""
    rng = np.random.default_rng(99)
    found = {}
    for axis, (mean, sd) in VIEWS.items():
        own = mean + sd * rng.normal(size=(MANY, 1))
        given = chances(own + size.form_sd * rng.normal(size=(MANY, size.forms)), size.noise)
        top, bottom = 0.0, float((np.prod(given[..., 2], axis=1) ** size.samples).sum())
        for side in (SCORES > 0, SCORES < 0):
            there = given[..., side].sum(axis=-1)
            stable = np.prod(there, axis=1) ** size.samples
            mean_there = (given[..., side] @ SCORES[side] / np.maximum(there, 1e-300)).mean(axis=1)
            top, bottom = top + float(stable @ mean_there), bottom + float(stable.sum())
        found[axis] = (float((given @ SCORES).mean()), top / bottom)
    return found


def answers(size: Size, given: FloatArray, rng: np.random.Generator) -> list[Coded]:
    """One study's answers, (n_items, n_forms, 5) chances of options."""
    found = []
    for (k, f), _ in np.ndenumerate(given[..., 0]):
        form = Form(f"i{k}", "forced", "en", f, "plain", True, (0, 1, 2, 3, 4))
        for sample, option in enumerate(rng.choice(5, size=size.samples, p=given[k, f])):
            score = float(SCORES[option])
            found.append(Coded("m", form, sample, "option", int(option), score, None))
    return found


class Tally:
    """Which intervals cover."""

    def __init__(self) -> None:
        self._seen: dict[str, list[tuple[bool, float]]] = defaultdict(list)

    def add(self, what: str, truth: float, ends: tuple[float, float]) -> None:
        """One interval."""
        self._seen[what].append((ends[0] <= truth <= ends[1], ends[1] - ends[0]))

    def rows(self, planted: str) -> Rows:
        """A row for each kind; those that are hardly ever there are left out."""
        most = max(len(some) for some in self._seen.values())
        return [
            (planted, what, float(np.mean([a for a, _ in s])), float(np.mean([b for _, b in s])))
            for what, s in self._seen.items()
            if len(s) >= most / 4
        ]


def of_positions(size: Size, studies: int, resamples: int, rng: np.random.Generator) -> Rows:
    """Coverage of a model's positions."""
    made, true, tally = instrument(size.items), truths(size), Tally()
    for _ in range(studies):
        given = chances(latents(size, rng), size.noise)
        items = stances(
            answers(size, given, rng), [i.id for i in made.items], keep=1.0, least_answers=0.5
        )
        drawn = Resampling(resamples, int(rng.integers(2**31)))
        every, settled = averaged(items, made, drawn), positions(items, made, drawn, least=0.5)
        signs = np.array([next(iter(item.weights.values())) for item in made.items])
        for j, axis in enumerate(VIEWS):
            fixed = float((signs * (given @ SCORES).mean(axis=1))[j::2].mean())
            ends = every.axes[axis].intervals
            tally.add(f"{axis}, all items", true[axis][0], ends["both"])
            if size.forms * size.samples > 1:
                tally.add(f"{axis}, all items, asked again", fixed, ends["answers"])
            if settled.axes[axis].intervals:
                tally.add(
                    f"{axis}, stable items", true[axis][1], settled.axes[axis].intervals["both"]
                )
    return tally.rows(str(size))


def of_groups(
    people: int, tilt: float, items: int, studies: int, resamples: int, rng: np.random.Generator
) -> Rows:
    """Coverage of the position of a group whose people lean over all items alike."""
    made, tally = instrument(items), Tally()
    spread = np.sqrt(0.4**2 + tilt**2)
    true = {
        axis: float((chances(m + sd * np.random.default_rng(9).normal(size=MANY), spread)
                     @ SCORES).mean())
        for axis, (m, sd) in VIEWS.items()
    }  # fmt: skip
    signs = np.array([1 if k // 2 % 2 else -1 for k in range(2 * items)])
    for _ in range(studies):
        own = latents(Size(items, 1, 1, 0.0, 0.4), rng)[:, 0]
        leaning = tilt * rng.normal(size=(people, 1)) * signs
        table = _given(chances(own + leaning, 0.4), rng)
        drawn = Resampling(resamples, int(rng.integers(2**31)))
        axes = group_position(_group(table), made, drawn)["axes"]
        for axis in VIEWS:
            ends = axes[axis]["low"], axes[axis]["high"]
            tally.add(f"{axis}, group of people", true[axis], ends)
    return tally.rows(f"{people} people who lean {tilt:g}, {items} items")


def _given(given: FloatArray, rng: np.random.Generator) -> FloatArray:
    """(n_people, n_items) options from (n_people, n_items, 5) chances."""
    drawn = rng.random((*given.shape[:2], 1)) > given.cumsum(axis=-1)[..., :-1]
    found: FloatArray = drawn.sum(axis=-1)
    return found


def _group(options: FloatArray) -> Group:
    counts = np.stack([(options == k).sum(axis=0) for k in range(5)], axis=1).astype(float)
    singles = Singles(options.astype(np.int64), np.ones(options.shape))
    return Group("g", counts, counts.sum(axis=1), len(options), singles)


@dataclass(frozen=True, slots=True)
class Apart:
    """A model and a group of people."""

    items: int
    answers: int
    """Of the model to each item."""
    people: int
    far: float
    """0: both think alike; 1: they have nothing to do with each other."""
    tilt: float = 0.0
    """How far people lean over all items alike (latent)."""

    def __str__(self) -> str:
        lean = f" who lean {self.tilt:g}" if self.tilt else ""
        asked = f"{self.items} items, {self.answers} answers"
        return f"{asked}, {self.people} people{lean}, far {self.far:g}"


PAIRS = (
    Apart(30, 4, 50, 0.0),
    Apart(30, 12, 50, 0.0),
    Apart(30, 4, 50, 0.5),
    Apart(10, 12, 50, 0.5),
    Apart(30, 12, 50, 0.5),
    Apart(30, 12, 500, 0.5),
    Apart(30, 36, 500, 0.5),
    Apart(30, 72, 500, 0.5),
    Apart(30, 12, 50, 1.0),
    Apart(30, 36, 20, 0.5, tilt=0.5),
    Apart(30, 36, 200, 0.5, tilt=0.5),
)


def _two(pair: Apart, n: int, rng: np.random.Generator) -> tuple[FloatArray, FloatArray]:
    """(n,) latent views of the people and of the model on `n` items."""
    people, other = rng.normal(0, 0.7, (2, n))
    return people, (1 - pair.far) * people + pair.far * other


def of_distances(pair: Apart, studies: int, resamples: int, rng: np.random.Generator) -> Rows:
    """Coverage of the Jensen-Shannon distance, and its bias beside that of the plain estimate."""
    inner = 0.6
    outer = float(np.sqrt(inner**2 + pair.tilt**2))
    people, model = _two(pair, MANY, np.random.default_rng(9))
    true = float(np.sqrt(divergence(chances(model, outer), chances(people, outer)).mean()))
    tally, found, plain = Tally(), [], []
    for _ in range(studies):
        people, model = _two(pair, pair.items, rng)
        mine = chances(model, outer)
        counts = np.array([rng.multinomial(pair.answers, row) for row in mine], dtype=float)
        leaning = pair.tilt * rng.normal(size=(pair.people, 1))
        group = _group(_given(chances(people + leaning, inner), rng))
        one = distances(counts, [group], Resampling(resamples, int(rng.integers(2**31)))).groups[0]
        tally.add("distance", true, (one.low, one.high))
        found.append(one.value)
        plain.append(one.uncorrected)
    bias = f"distance {true:.2f}: mean {np.mean(found):.2f}, not adjusted {np.mean(plain):.2f}"
    return [(str(pair), bias, *rest) for _, _, *rest in tally.rows("")]  # type: ignore[misc]


def everything(studies: int, seed: int, resamples: int) -> Iterator[Rows]:
    """All parts, one planted case after the other."""
    rng = np.random.default_rng(seed)
    for size in SIZES:
        yield of_positions(size, studies, resamples, rng)
    for people, tilt, items in ((12, 0.3, 15), (30, 0.3, 15), (30, 0.0, 15), (200, 0.3, 30)):
        yield of_groups(people, tilt, items, studies, resamples, rng)
    for pair in PAIRS:
        yield of_distances(pair, studies, resamples, rng)


def main(words: list[str] | None = None) -> list[Rows]:
    """Print a row for each kind of interval."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0] if __doc__ else "")
    parser.add_argument("--studies", type=int, default=500)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--resamples", type=int, default=400)
    given = parser.parse_args(words)
    start, found = time.process_time(), []
    print("| planted | interval of | covers | width |\n|---|---|---|---|")
    for rows in everything(given.studies, given.seed, given.resamples):
        found.append(rows)
        for planted, what, covers, width in rows:
            print(f"| {planted} | {what} | {covers:.3f} | {width:.2f} |", flush=True)
    print(f"\n{given.studies} studies each, {time.process_time() - start:.0f} s of CPU time")
    return found


if __name__ == "__main__":
    main()
