"""``manyvoices evaluate plan``: how large a preference study must be, and its preregistration."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np

from manyvoices.evaluate.files import markdown, write_results
from manyvoices.evaluate.preference import preregistration
from manyvoices.evaluate.preference.plan_config import PlanConfig
from manyvoices.evaluate.preference.planning import (
    Components,
    Goal,
    components,
    half_width_of,
    power_of,
    raters_needed,
    simulate,
)
from manyvoices.evaluate.preference.planting import Planted, planted_win_rate
from manyvoices.train.config import as_plain

Config = PlanConfig


@dataclass(frozen=True, slots=True)
class PlanResult:
    """What a plan found, and where it was written."""

    out: Path
    results: Mapping[str, Any]


def run(config: PlanConfig, *, progress: Callable[[int, int], None] | None = None) -> PlanResult:
    """Find the sizes, simulate them, write the table and the preregistration."""
    tell = progress or (lambda _done, _total: None)
    planted = planted_of(config)
    found = components(planted, config.model, config.baseline, config.rules)
    designs = list(_designs(config, found))
    sized = [one for one in designs if one["raters"] is not None]
    rng = np.random.default_rng(config.seed)
    for n, row in enumerate(sized, start=1):
        played = simulate(
            planted, config.model, config.baseline, raters=row["raters"], prompts=row["prompts"],
            per_rater=row["per_rater"], rules=config.rules, n_studies=config.simulations, rng=rng,
        )  # fmt: skip
        row["simulated"] = asdict(played)
        tell(n, len(sized))
    chosen = _chosen(config, sized)
    results: dict[str, Any] = {
        "components": asdict(found),
        "designs": designs,
        "chosen": chosen,
        "preregistration": None,
        "config": as_plain(config),
    }
    config.out.mkdir(parents=True, exist_ok=True)
    if chosen is not None:
        results["preregistration"] = preregistration.write(_record(config, chosen), config.out)
    write_results(config.out, results, readme(results))
    return PlanResult(config.out, results)


def planted_of(config: PlanConfig) -> Planted:
    """The planned study's truth."""
    e = config.expected
    names = config.model, config.baseline
    start = Planted(
        dict.fromkeys(names, 0.0), rater_sd=e.rater_sd, prompt_sd=e.prompt_sd,
        position=e.position, ties=e.ties, all_bad=e.all_bad, cannot_judge=e.cannot_judge,
        failures=dict.fromkeys(names, e.failed), set_aside=e.set_aside,
    )  # fmt: skip
    ties: Any = "half" if config.rules.ties == "half" else "dropped"
    return planted_win_rate(start, config.win_rate, *names, ties=ties)


def _designs(config: PlanConfig, found: Components) -> Iterator[dict[str, Any]]:
    goal = Goal(config.power, config.half_width)
    level = config.rules.level
    for prompts, per_rater in product(config.prompts, config.per_rater):
        if per_rater > prompts:
            continue  # nobody judges a prompt twice
        needed = raters_needed(found, goal, prompts, per_rater, level)
        if needed is not None:
            # Some people's votes are set aside, so that many more are asked.
            needed = int(np.ceil(needed / (1 - config.expected.set_aside)))
        yield _design(config, found, needed, prompts, per_rater)
    for one in config.also + ((config.chosen,) if config.chosen else ()):
        yield _design(config, found, one.raters, one.prompts, one.per_rater)


def _design(
    config: PlanConfig, found: Components, raters: int | None, prompts: int, per_rater: int
) -> dict[str, Any]:
    row: dict[str, Any] = {"raters": raters, "prompts": prompts, "per_rater": per_rater}
    if raters is None:
        return {**row, "verdicts": None, "cost": None, "power": None, "half_width": None}
    size = (raters, prompts, per_rater, config.rules.level)
    verdicts = raters * per_rater
    return {
        **row,
        "verdicts": verdicts,
        "cost": verdicts * config.cost.per_verdict + raters * config.cost.per_person,
        "power": power_of(found, *size),
        "half_width": half_width_of(found, *size),
    }


def _chosen(config: PlanConfig, sized: list[dict[str, Any]]) -> dict[str, Any] | None:
    if config.chosen is not None:
        wanted = config.chosen.model_dump()
        return next(row for row in sized if all(row[k] == v for k, v in wanted.items()))
    reached = sized[: len(sized) - len(config.also)]
    key = ("cost", "verdicts", "prompts")
    return min(reached, key=lambda row: tuple(row[name] for name in key)) if reached else None


def _record(config: PlanConfig, chosen: Mapping[str, Any]) -> dict[str, Any]:
    played = chosen["simulated"]
    default = (
        f"The win rate of {config.model} against {config.baseline} differs from 50% (two-sided, "
        f"level {config.rules.level:.0%})."
    )
    return {
        "manyvoices_preregistration": 1,
        "title": config.title,
        "date": config.date,
        "hypotheses": list(config.hypotheses) or [default],
        "truth": {"win_rate": config.win_rate, **config.expected.model_dump()},
        "design": {
            "model": config.model, "raters": chosen["raters"], "prompts": chosen["prompts"],
            "per_rater": chosen["per_rater"], "verdicts": chosen["verdicts"],
            "power": played["power"], "half_width": played["half_width"],
            "simulations": played["n_studies"],
        },
        "stopping": config.stopping.model_dump(),
        "exclusions": list(config.exclusions),
        "analysis": {
            "baseline": config.baseline, "by": list(config.by),
            "least_raters": config.least_raters, "rules": config.rules.model_dump(mode="json"),
        },
        "notes": config.notes,
    }  # fmt: skip


def readme(results: Mapping[str, Any]) -> str:
    """The plan as Markdown."""
    config, found = results["config"], results["components"]
    goal = (
        f"an interval of ±{100 * config['half_width']:.1f} points"
        if config["half_width"] is not None
        else f"telling a win rate of {config['win_rate']:.1%} from 50% with a chance of "
        f"{config['power']:.0%}"
    )
    parts = [
        f"# Plan: {config['title']}",
        f"Goal: {goal}, at level {config['rules']['level']:.0%}.",
        "Variance of one vote's score: "
        f"{found['raters']:.4f} between people, {found['prompts']:.4f} between prompts, "
        f"{found['rest']:.4f} besides; {found['counted']:.1%} of comparisons give a vote that "
        "counts.",
        markdown(HEAD, [_cells(row, config) for row in results["designs"]]),
    ]
    if any(row["raters"] is None for row in results["designs"]):
        parts.append(
            "“none”: prompts differ too much for so few of them; no number of people helps, more "
            "prompts do."
        )
    chosen = results["chosen"]
    if chosen is None:
        parts.append("No size reaches the goal, so nothing was preregistered: add prompts.")
    else:
        parts.append(
            f"Preregistered: {chosen['raters']:,} people x {chosen['per_rater']} of "
            f"{chosen['prompts']:,} prompts, in `{preregistration.JSON}` and "
            f"`{preregistration.TEXT}`; SHA-256 `{results['preregistration']}`."
        )
    return "\n\n".join(parts) + "\n"


HEAD = (
    "prompts", "per person", "people", "verdicts", "cost", "power (formula)", "power (simulated)",
    "± points (simulated)", "coverage",
)  # fmt: skip


def _cells(row: Mapping[str, Any], config: Mapping[str, Any]) -> tuple[str, ...]:
    head = (f"{row['prompts']:,}", f"{row['per_rater']:,}")
    if row["raters"] is None:
        return (*head, "none", *["–"] * 6)
    played = row["simulated"]
    return (
        *head, f"{row['raters']:,}", f"{row['verdicts']:,}",
        f"{row['cost']:,.0f} {config['cost']['currency']}" if row["cost"] else "–",
        f"{row['power']:.0%}", f"{played['power']:.0%}", f"{100 * played['half_width']:.1f}",
        f"{played['coverage']:.1%}",
    )  # fmt: skip


def lines(result: PlanResult) -> Iterator[Any]:
    """What a terminal shows."""
    from rich.table import Table

    found = result.results
    table = Table()
    for name in ("prompts", "each", "people", "verdicts", "cost", "power", "± points", "covers"):
        table.add_column(name, justify="right")
    for row in found["designs"]:
        cells = _cells(row, found["config"])
        table.add_row(*cells[:5], *cells[6:])
    yield table
    chosen = found["chosen"]
    if chosen is None:
        yield "No size reaches the goal: add prompts. Nothing was preregistered."
    else:
        yield (
            f"Preregistered: {chosen['raters']:,} people, {chosen['prompts']:,} prompts, "
            f"{chosen['per_rater']} each; SHA-256 {found['preregistration']}"
        )
