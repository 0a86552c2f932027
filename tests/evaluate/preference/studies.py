"""Small studies for tests: votes from a simulated one, and its folder."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from manyvoices.evaluate.preference.planting import Planted, PlantedGroup, planted_win_rate
from manyvoices.evaluate.preference.reading import votes_of
from manyvoices.evaluate.preference.recording import write_study
from manyvoices.evaluate.preference.simulating import simulate_comparisons, simulate_study
from manyvoices.evaluate.preference.votes import Votes

OURS, BASE = "ours", "base"


def planted(rate: float = 0.483, **more: Any) -> Planted:
    """Two models of which the first truly wins so often."""
    start = Planted({OURS: 0.0, BASE: 0.0}, **{"ties": 0.15, **more})
    return planted_win_rate(start, rate, OURS, BASE)


def votes(truth: Planted, *, raters: int = 40, prompts: int = 20, each: int = 10,
          seed: int = 0, **more: Any) -> Votes:  # fmt: skip
    """Votes of one simulated study."""
    records = simulate_comparisons(
        truth, n_raters=raters, n_prompts=prompts, per_rater=each, seed=seed, **more
    )
    return votes_of(records, lambda _: {})


def rich() -> Planted:
    """Three models, groups, failures, careless people, place and length."""
    countries = {
        "US": PlantedGroup(0.5),
        "Brazil": PlantedGroup(0.5, {OURS: 1.2}),
    }
    start = Planted(
        {OURS: 0.0, BASE: 0.0, "small": -1.0},
        rater_sd=0.4, prompt_sd=0.3, ties=0.15, position=0.3, all_bad=0.05, cannot_judge=0.03,
        failures={OURS: 0.04}, set_aside=0.08, length=0.4, words={BASE: 160},
        groups={"country": countries},
    )  # fmt: skip
    return planted_win_rate(start, 0.483, OURS, BASE)


def folder(path: Path, *, raters: int = 60, prompts: int = 24, each: int = 12) -> Path:
    """The native files of a study of `rich`."""
    world, records = simulate_study(
        rich(), n_raters=raters, n_prompts=prompts, per_rater=each, seed=5, baseline=BASE,
        categories=("Writing", "Advice"),
    )  # fmt: skip
    write_study(world, records, path)
    return path
