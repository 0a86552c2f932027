"""``manyvoices train``: models from a release; every kind of run has one configuration file."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from manyvoices.cli.common import JsonFlag, console, errors, print_json, verb

if TYPE_CHECKING:
    from manyvoices.train.config import RunConfig
    from manyvoices.train.kinds import Kind
    from manyvoices.train.plan import Plan
    from manyvoices.train.results import Progress, RunResult, StepLog

What = Literal["sft", "reward", "dpo", "kto", "ppo", "personal", "init"]

STOPPED = 130
"""Exit code after Ctrl-C, as shells have it."""


@verb
def train(
    kind: Annotated[
        What,
        typer.Argument(
            help="What to train; init writes example configurations into a folder.",
            show_default=False,
        ),
    ],
    config: Annotated[
        Path,
        typer.Argument(
            help="A configuration file (init: a folder).", metavar="CONFIG.yaml", show_default=False
        ),
    ],
    resume: Annotated[
        bool, typer.Option("--resume", help="Go on from the last checkpoint of an earlier start.")
    ] = False,
    check: Annotated[
        bool, typer.Option("--check", help="Check configuration and data, and train nothing.")
    ] = False,
    device: Annotated[
        str, typer.Option(help="cpu, cuda or mps; the GPU if there is one.", show_default=False)
    ] = "",
    json: JsonFlag = False,
) -> None:
    """Train a model on a release: sft, reward, dpo, kto, ppo or personal.

    Checkpoints, metrics.jsonl and the model with its card go to the configuration's `out`.
    Several processes: torchrun --nproc_per_node 2 -m manyvoices train KIND CONFIG.yaml.
    """
    if kind == "init":
        _write_examples(config)
        return
    from manyvoices.train.config import read_config
    from manyvoices.train.kinds import KINDS

    chosen = KINDS[kind]
    read = read_config(config, chosen.config_class())
    if check:
        _check(chosen, read, json)
        return
    if device:
        os.environ["MANYVOICES_DEVICE"] = device
    result = _run(chosen, read, resume)
    if _writes():
        _tell(chosen, read, result, json)


def _writes() -> bool:
    """Whether this process is the one that prints: torchrun numbers them."""
    return os.environ.get("RANK", "0") == "0"


def _run(kind: Kind, config: RunConfig, resume: bool) -> RunResult:
    run = kind.trainer()
    with _shown() as progress:
        try:
            return run(config, resume=resume, progress=progress)
        except KeyboardInterrupt:
            if _writes():
                errors.print(_stopped(config), markup=False, highlight=False, soft_wrap=True)
            raise typer.Exit(STOPPED) from None


def _stopped(config: RunConfig) -> str:
    saved = sorted((config.out / "checkpoints").glob("step-*"))
    if not saved:
        return f"Stopped. {config.out} holds no checkpoint yet, so there is nothing to resume."
    return f"Stopped. The last checkpoint is {saved[-1]}; --resume goes on from it."


@contextmanager
def _shown() -> Iterator[Progress]:
    """A bar on a terminal, a line per evaluation elsewhere; nothing on other ranks."""
    if not _writes():
        yield lambda _log: None
        return
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn
    from rich.progress import TimeRemainingColumn as Left

    columns = (BarColumn(), MofNCompleteColumn(), Left(), TextColumn("{task.description}"))
    with Progress(*columns, console=errors, transient=True) as bar:
        task = bar.add_task("", total=None)

        def hear(log: StepLog) -> None:
            if log.kind == "train":
                bar.update(
                    task, completed=log.step, total=log.total, description=_short(log.metrics)
                )
            elif line := _line(log):
                bar.console.print(line, markup=False, highlight=False, soft_wrap=True)

        yield hear


def _short(metrics: Mapping[str, float]) -> str:
    wanted = ("loss", "reward", "score", "kl", "lr")
    return "  ".join(f"{name} {metrics[name]:.4g}" for name in wanted if name in metrics)


def _line(log: StepLog) -> str:
    if log.kind == "eval":
        shown = "  ".join(
            f"{name.removeprefix('eval_')} {value:.4g}" for name, value in log.metrics.items()
        )
        return f"step {log.step} of {log.total}: {shown}"
    return log.text if log.kind == "note" else ""


def _tell(kind: Kind, config: RunConfig, result: RunResult, json: bool) -> None:
    from manyvoices.train.card import evaluated, write_card

    card = write_card(kind, config, result)
    if json:
        print_json(
            {
                "kind": kind.name,
                "out": str(result.out),
                "model": str(result.model) if result.model else None,
                "card": str(card),
                "metrics": dict(result.metrics),
            }
        )
        return
    console.print(f"Trained {kind.title}: {result.model or result.out}", markup=False)
    for name, value, interval, _ in evaluated(result.metrics):
        shown = f"{value}  ({interval})" if interval else value
        console.print(f"  {name:<32} {shown}", markup=False, highlight=False)
    console.print(f"What it was trained on, and how: {card}", markup=False, highlight=False)


def _check(kind: Kind, config: RunConfig, json: bool) -> None:
    from manyvoices.train.plan import plan

    found = plan(kind.name, config)
    if json:
        print_json(_document(found, config))
    else:
        _print_plan(kind, found, config)


def _document(found: Plan, config: RunConfig) -> dict[str, Any]:
    from dataclasses import asdict

    from manyvoices.train.config import as_plain

    return {**asdict(found), "config": as_plain(config)}


def _print_plan(kind: Kind, found: Plan, config: RunConfig) -> None:
    say: Callable[[str], None] = lambda text: console.print(  # noqa: E731
        text, markup=False, highlight=False, soft_wrap=True
    )
    from rich.table import Table

    say(f"Would train {kind.title} from {found.model}, into {config.out}.")
    table = Table("", "training", "held out")
    for name, number in found.train.items():
        table.add_row(name.replace("_", " "), f"{number:,}", f"{found.test[name]:,}")
    console.print(table)
    say("Languages (trees): " + ", ".join(f"{k} {n:,}" for k, n in found.languages.items()))
    say("Consent: " + ", ".join(found.consent))
    for reason, number in found.dropped.items():
        say(f"Left out: {number:,} {reason}")
    say(_steps(found, config))


def _steps(found: Plan, config: RunConfig) -> str:
    optim = config.optim
    together = optim.batch_size * optim.accumulate * found.world
    if found.steps is None:
        return "Updates: counted when the run begins."
    if found.steps_exact:
        return f"Updates: {found.steps:,} of {together} rows each (max_steps)."
    return (
        f"Updates: about {found.steps:,} of {together} rows each, "
        f"if every one of the {found.unit.replace('_', ' ')} is a row of its own."
    )


def _write_examples(folder: Path) -> None:
    from manyvoices.train.examples import write_examples

    for path in write_examples(folder):
        console.print(f"Wrote {path}", markup=False, highlight=False)
    console.print("Next: put the path of your data into one, then try it without training:")
    console.print("  manyvoices train KIND FILE --check", markup=False, highlight=False)
