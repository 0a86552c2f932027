"""``manyvoices check``: say what a study is, or everything that is wrong with it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.table import Table

from manyvoices.cli.common import JsonFlag, console, print_json, verb
from manyvoices.design.describe import StageSummary, estimate_minutes, summarise
from manyvoices.design.protocol import Study
from manyvoices.design.study import load_study
from manyvoices.schema.errors import Fault, StudyError
from manyvoices.schema.wording import plural


@verb
def check(
    study: Annotated[Path, typer.Argument(help="A study.yaml, or the folder that holds one.")],
    as_json: JsonFlag = False,
) -> None:
    """Check a study.yaml and the files that it names."""
    try:
        loaded = load_study(study)
    except StudyError as error:
        if not as_json:
            raise
        print_json({"ok": False, "faults": _fault_rows(error.faults)})
        raise typer.Exit(1) from error
    if as_json:
        print_json(describe(loaded))
    else:
        _print_study(loaded)


def describe(study: Study) -> dict[str, Any]:
    """What `check --json` prints for a sound study."""
    return {
        "ok": True,
        "id": study.id,
        "title": study.title,
        "digest": study.digest,
        "languages": list(study.languages),
        "stages": [asdict(stage) for stage in summarise(study)],
        "models": [{"id": m.id, "provider": m.provider} for m in study.models],
        "minutes": round(estimate_minutes(study), 1),
        "files": list(study.source_files),
    }


def _fault_rows(faults: Sequence[Fault]) -> list[dict[str, Any]]:
    return [asdict(fault) for fault in faults]


def _print_study(study: Study) -> None:
    console.print(f"{study.title}  ({study.id})", style="bold", markup=False, highlight=False)
    table = Table(box=None, pad_edge=False, header_style="dim")
    for heading in ("stage", "what", "minutes"):
        table.add_column(heading, justify="right" if heading == "minutes" else "left")
    for stage in summarise(study):
        table.add_row(stage.id, _what(stage), f"{stage.minutes:.0f}")
    console.print(table)
    for _, conversations in study.conversation_stages():
        types = ", ".join(f"{name} × {rule.count}" for name, rule in conversations.types.items())
        console.print(f"conversation types: {types}", markup=False, highlight=False)
    names = ", ".join(f"{model.id} ({model.provider})" for model in study.models)
    console.print(
        f"{plural(len(study.models), 'model')}: {names or 'none'}", markup=False, highlight=False
    )
    least = estimate_minutes(study)
    console.print(f"about {least:.0f} minutes at the least number of turns", highlight=False)
    console.print("No faults.", style="green")


def _what(stage: StageSummary) -> str:
    if stage.kind == "survey":
        return f"{plural(stage.pages, 'page')}, {plural(stage.questions, 'question')}"
    if stage.kind == "conversations":
        return plural(stage.conversations, "conversation")
    if stage.kind == "comparisons":
        return plural(stage.comparisons, "comparison")
    if stage.kind == "tree_tasks":
        return "tasks on message trees, as many as people like"
    return "1 page to read and agree to"
