"""``manyvoices evaluate``: what a model is worth, and to whom.

Each kind is a module of `manyvoices.evaluate` (`KINDS`); this verb reads its configuration, runs it
and prints what it says of itself.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer

from manyvoices.cli.common import EXTRA_OF, JsonFlag, console, errors, print_json, verb
from manyvoices.evaluate.kinds import KINDS, Kind, load


@verb
def evaluate(
    kind: Annotated[Kind, typer.Argument(help="What to evaluate.", show_default=False)],
    config: Annotated[
        Path,
        typer.Argument(help="A configuration file.", metavar="CONFIG.yaml", show_default=False),
    ],
    device: Annotated[
        str, typer.Option(help="cpu, cuda or mps; the GPU if there is one.", show_default=False)
    ] = "",
    json: JsonFlag = False,
) -> None:
    """Say what models are worth, to whom, and what to ask next.

    reward: accuracy and calibration of a reward model on people's orders of replies, by data set,
    language and group of raters, beside "the longer reply" and random choice, and best-of-n.

    preference: win rates in a preference study with intervals for people and prompts, by category
    and group, the advantage of place and length, agreement, judging models against people; a page.

    plan: how many people, prompts and comparisons a preference study needs, by simulation, with its
    cost; and a preregistration that preference holds the analysis to.

    next: which models, prompts, languages and groups of people to ask next, and why, as
    next_batch.jsonl, which serve --next-batch takes up.

    sampling: what models answer to a set of prompts under several ways of sampling, in OASST's form
    of report; length, repetition, refusals, diversity, failures; and a page that compares reports.

    refusals: refusal on unsafe and over-refusal on safe prompts, by type and between models, judged
    by rules, a judging model or people; and pages for two people to annotate.

    toxicity: expected maximum and probability of toxic answers, by kind of prompt and between
    models, scored by an endpoint, a local classifier or a file; or a classifier against labels.

    stances: where models stand on an instrument's propositions, asked in many forms; answers that
    do not keep their side count as unstable; two axes, and distance from people's answers; a page.

    export: instruments, prompts, refusal sets and pairs as tasks of lm-evaluation-harness and of
    Inspect, with our scoring in them.

    Results go to the configuration's `out`, results.json last; what was asked of models before a
    stop is not asked again.
    """
    from manyvoices.train.config import read_config

    module = load(kind)
    read = read_config(config, module.Config)
    if device:
        os.environ["MANYVOICES_DEVICE"] = device
    with _bar(KINDS[kind].doing) as progress:
        result = module.run(read, progress=progress)
    page = _page(kind, result)
    if json:
        print_json({"kind": kind.value, "out": str(result.out), **result.results})
        return
    for part in module.lines(result):
        plain = isinstance(part, str)
        console.print(part, markup=False, highlight=False, soft_wrap=plain)
    if page is not None:
        console.print(f"To read: {page}", markup=False, highlight=False, soft_wrap=True)
    console.print(f"All results: {result.out}", markup=False, highlight=False, soft_wrap=True)


def _page(kind: Kind, result: Any) -> Path | None:
    """The page of a kind that has one; the results stand without it where its extra is missing."""
    from manyvoices.report.pages import write_page

    try:
        return write_page(kind.value, result)
    except ModuleNotFoundError as error:
        if EXTRA_OF.get((error.name or "").partition(".")[0]) != "analysis":
            raise
        message = "No page was written: it needs the extra manyvoices[analysis]."
        errors.print(message, markup=False, highlight=False)
        return None


@contextmanager
def _bar(doing: str) -> Iterator[Callable[[int, int], None]]:
    """On a terminal alone; taken away at the end."""
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeRemainingColumn,
    )

    columns = (
        TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn()
    )  # fmt: skip
    with Progress(*columns, console=errors, transient=True) as bar:
        task = bar.add_task(doing, total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)


__all__ = ["KINDS", "evaluate"]
