"""``manyvoices evaluate export``: write tasks for other harnesses."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from manyvoices.evaluate.export import inspect_ai, lm_eval
from manyvoices.evaluate.export.config import ExportConfig
from manyvoices.evaluate.export.tasks import Task, tasks
from manyvoices.evaluate.files import markdown, put, write_results
from manyvoices.evaluate.kinds import Progress
from manyvoices.train.config import as_plain

WRITERS = {"lm_eval": lm_eval.written, "inspect": inspect_ai.written}


@dataclass(frozen=True, slots=True)
class ExportResult:
    """What was written, and where."""

    out: Path
    results: Mapping[str, Any]


def run(config: ExportConfig, *, progress: Progress | None = None) -> ExportResult:
    """Read the sources, write a folder for each harness.

    Raises:
        InputError, EvaluationError, TrainingError: A source cannot be read, or holds nothing.
    """
    found = tasks(config)
    written: dict[str, list[str]] = {}
    for number, harness in enumerate(dict.fromkeys(config.harnesses), start=1):
        folder = config.out / harness / config.name
        for name, text in WRITERS[harness](config.name, found):
            put(folder / name, text)
            written.setdefault(harness, []).append(f"{harness}/{config.name}/{name}")
        if progress is not None:
            progress(number, len(config.harnesses))
    results = {
        "tasks": [_about(config.name, task) for task in found],
        "files": written,
        "config": as_plain(config),
    }
    write_results(config.out, results, _readme(results))
    return ExportResult(config.out, results)


def _about(name: str, task: Task) -> dict[str, Any]:
    return {
        "name": f"{name}_{task.kind}",
        "kind": task.kind,
        "n": len(task.docs),
        "written": list(task.written),
        "likelihood": list(task.likelihood),
        "about": task.about,
    }


def _readme(results: Mapping[str, Any]) -> str:
    rows = [
        (one["name"], f"{one['n']:,}", ", ".join(one["written"]), ", ".join(one["likelihood"]))
        for one in results["tasks"]
    ]
    folders = ", ".join(f"`{name}/`" for name in results["files"])
    parts = [
        "# Tasks for other harnesses",
        f"In {folders}: each folder has a README.md that says how to run it.",
        markdown(("task", "prompts", "measures of written answers", "of likelihoods"), rows),
    ]
    return "\n\n".join(parts) + "\n"


def lines(result: ExportResult) -> Iterator[Any]:
    """What a terminal shows."""
    for one in result.results["tasks"]:
        yield f"{one['name']}: {one['n']:,} prompts"
    for harness, files in result.results["files"].items():
        yield f"{harness}: {len(files)} files in {result.out / harness}"
