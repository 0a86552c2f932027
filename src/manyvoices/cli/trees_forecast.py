"""The action ``simulate`` of ``manyvoices trees``: a forecast, as a table or as JSON."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from manyvoices.cli.common import console, print_json
from manyvoices.cli.progress import counting_bar

if TYPE_CHECKING:
    from manyvoices.design.trees import TreePolicy
    from manyvoices.design.trees.crowds import Crowd
    from manyvoices.design.trees.forecast import Forecast


def simulate_study(
    paths: list[Path],
    crowd: Crowd,
    *,
    n_trees: int,
    prompts_per_tree: float,
    seed: int,
    language: str,
    as_json: bool,
) -> None:
    """Let a crowd grow trees by the policy of one study.yaml, and print the forecast."""
    from manyvoices.design.trees.simulating import simulate

    if len(paths) != 1:
        raise typer.BadParameter("name one study.yaml")
    policy = _policy_of(paths[0], language)
    with counting_bar("Simulating trees", n_trees) as progress:
        forecast = simulate(
            policy,
            crowd,
            n_trees=n_trees,
            merge=merge_by_ranked_pairs,
            prompts_per_tree=prompts_per_tree,
            seed=seed,
            progress=progress,
        )
    if as_json:
        print_json(forecast)
    else:
        print_forecast(forecast)


def _policy_of(path: Path, language: str) -> TreePolicy:
    """The policy of a language, or of the first that trees are grown in."""
    from manyvoices.design import load_study
    from manyvoices.design.trees import TreeTasksStage
    from manyvoices.schema import Fault, InputError

    spec = load_study(path)
    stage = next((stage for stage in spec.stages if isinstance(stage, TreeTasksStage)), None)
    if stage is None:
        raise InputError(
            [Fault(str(path), None, "stages", "no tree_tasks", "a stage that grows trees")]
        )
    return stage.policy_for(language or (stage.languages or spec.languages)[0])


def merge_by_ranked_pairs(
    ballots: Sequence[Sequence[str]], replies: Sequence[str]
) -> list[list[str]]:
    """A consensus as the server makes it: neighbours whom no vote sets apart share a place."""
    from manyvoices.aggregate import consensus_groups

    return consensus_groups([[[key] for key in ballot] for ballot in ballots], replies)


def print_forecast(forecast: Forecast) -> None:
    """Print a forecast as a table, with what stands in the way below it."""
    from rich.table import Table

    table = Table("forecast", "", box=None)
    for name, value in _rows(forecast):
        table.add_row(name, value)
    console.print(table)
    if forecast.n_unfinished:
        waits = ", ".join(f"{n} x {kind}" for kind, n in forecast.waiting_for.items())
        _say(f"{forecast.n_unfinished} trees were not finished; waiting: {waits or 'nothing'}")
        _say("Those who came may not do them: nobody reviews their own, or writes both sides.")
    for days in (7, 30, 90):
        if (people := forecast.people_for(days)) is not None:
            _say(f"In {days} days: about {people:,} such people")
    _say("Reliability, time and quality of the bots are assumed; see docs/howto.")


def _rows(f: Forecast) -> list[tuple[str, str]]:
    per_tree = f"{_number(f.hours_per_tree)} a tree, {_number(f.hours_per_person)} a person"
    return [
        ("trees ready", f"{f.n_exported:,} of {f.n_trees_wanted:,} wanted"),
        ("trees aborted, halted", f"{f.n_aborted:,}, {f.n_halted:,}"),
        ("messages in them", f"{f.n_messages:,}, of which {f.n_references:,} reference answers"),
        ("prompts not needed", f"{f.n_prompts_left:,}"),
        ("days", f"{f.days:.1f} with {f.n_people_seen:,} of {f.n_people:,} people at work"),
        ("hours of work", f"{f.hours_of_work:,.1f} ({per_tree})"),
        ("tasks", ", ".join(_task(kind, n, f.hours.get(kind, 0.0)) for kind, n in f.tasks.items())),
        ("passed over, dropped", f"{f.n_skipped:,}, {f.n_dropped:,}"),
        ("found no task", f"{f.n_nothing:,} times"),
        ("single reviews right", _share(f.label_accuracy)),
        ("decisions right", _share(f.acceptance_accuracy)),
        ("spam accepted, good rejected", f"{_share(f.spam_accepted)}, {_share(f.good_rejected)}"),
        ("reviews per decision", _number(f.reviews_per_decision)),
        ("right decisions per 100 reviews", _number(f.right_per_100_reviews)),
        ("rankings: tau with the truth", f"{_number(f.ranking_tau)} over {f.n_sets:,} sets"),
        ("best reply found", _share(f.best_found)),
        ("prompts worse than the one drawn", _share(f.better_prompts_drawn)),
        ("stranded trees", f"{f.n_stranded:,}"),
    ]


def _task(kind: str, n: int, hours: float) -> str:
    return f"{n:,} {kind} ({hours:,.1f} h)"


def _share(value: float | None) -> str:
    return "unknown" if value is None else f"{100 * value:.1f} %"


def _number(value: float | None) -> str:
    return "unknown" if value is None else f"{value:.2f}"


def _say(line: str) -> None:
    console.print(line, markup=False, highlight=False, soft_wrap=True)
