"""``manyvoices evaluate``: what a model is worth, and to whom."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from manyvoices.cli.common import JsonFlag, console, errors, print_json, verb


@verb
def evaluate(
    kind: Annotated[
        Literal["reward"],
        typer.Argument(help="What to evaluate: reward, a reward model.", show_default=False),
    ],
    config: Annotated[
        Path,
        typer.Argument(help="A configuration file.", metavar="CONFIG.yaml", show_default=False),
    ],
    device: Annotated[
        str, typer.Option(help="cpu, cuda or mps; the GPU if there is one.", show_default=False)
    ] = "",
    json: JsonFlag = False,
) -> None:
    """Say what a model gets right, and for whom, with intervals.

    reward: accuracy and calibration of a reward model on people's orders of replies, by data set,
    language and group of raters, beside "the longer reply" and random choice, and best-of-n.
    Results go to the configuration's `out`: results.json, README.md, groups.jsonl, data.json.
    """
    del kind  # one so far; Typer names those there are
    from manyvoices.evaluate.config_reward import RewardEvaluationConfig
    from manyvoices.evaluate.reward import run
    from manyvoices.train.config import read_config

    read = read_config(config, RewardEvaluationConfig)
    if device:
        os.environ["MANYVOICES_DEVICE"] = device
    with _bar() as progress:
        result = run(read, progress=progress)
    if json:
        print_json({"kind": "reward", "out": str(result.out), **result.results})
    else:
        _tell(result.results, result.out)


@contextmanager
def _bar() -> Iterator[Callable[[int, int], None]]:
    """On a terminal alone; taken away at the end."""
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TimeRemainingColumn

    columns = (BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=errors, transient=True) as bar:
        task = bar.add_task("Scoring", total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)


def _tell(results: Mapping[str, Any], out: Path) -> None:
    from rich.table import Table

    from manyvoices.evaluate.reward_files import TITLES, shown

    model = results["model"]
    console.print(
        f"{model['n_groups']:,} groups of replies ({model['all_pairs']['n']:,} pairs)",
        highlight=False,
    )
    who = ("model", "longer", "random")
    table = Table("", *who)
    for name, title in TITLES.items():
        table.add_row(title, *(shown(results[one].get(name)) for one in who))
    console.print(table)
    for n, measures in results["best_of"].items():
        found = measures["place"]
        console.print(
            f"best of {n}: place {shown(found['model'])}, random {found['random']['value']:.3f}, "
            f"best {found['best']['value']:.3f} ({found['model']['n']:,} groups)",
            markup=False,
            highlight=False,
            soft_wrap=True,
        )
    for note in results["notes"]:
        console.print(note, markup=False, highlight=False, soft_wrap=True)
    console.print(
        f"All results: {out / 'README.md'}", markup=False, highlight=False, soft_wrap=True
    )
