"""Sampling reports side by side: one HTML file with every prompt and every output in it.

Rows are ways of sampling, columns are models. Without JavaScript all prompts stand one below the
other, each to be opened; with it, one is shown at a time, with search, filters and links.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from manyvoices.evaluate.files import put
from manyvoices.evaluate.sampling.outputs import Shown, shown
from manyvoices.evaluate.sampling.records import PromptResults, SamplingReport, prompt_key
from manyvoices.evaluate.sampling.running import SamplingOutcome
from manyvoices.evaluate.sampling.statistics import MEASURES
from manyvoices.report.pages.making import alone, number, percent

PAGE = "index.html"
ONES = ("words", "reward")
"""Measures that are no shares of 1."""


@dataclass(frozen=True, slots=True)
class Cell:
    """What one model said to one prompt, sampled in one way."""

    model: int
    sampling: int
    outputs: Sequence[Shown] | None
    """None where the model was not asked so."""


@dataclass(frozen=True, slots=True)
class Row:
    """One prompt."""

    text: str
    earlier: Sequence[str]
    category: str | None
    cells: Sequence[Cell]
    """Sampling by sampling, the models of each in their order."""


def write(result: SamplingOutcome) -> Path:
    """``index.html`` in the result's folder."""
    path = result.out / PAGE
    put(path, sampling_page(result.reports, result.results))
    return path


def sampling_page(reports: Sequence[SamplingReport], results: Mapping[str, Any]) -> str:
    """The page as HTML; the same reports and results give the same bytes.

    Args:
        results: As `evaluate.sampling.run` leaves them: ``rows``, and ``config`` with ``level``
            and ``resamples``.
    """
    models = [report.model_name for report in reports]
    samplings = list(
        dict.fromkeys(
            result.sampling_config for r in reports for one in r.prompts for result in one.results
        )
    )
    rows = _rows(reports, samplings)
    return alone(
        "sampling.html",
        "sampling.css",
        "sampling.js",
        models=list(zip(models, _short(models), strict=True)),
        samplings=samplings,
        rows=rows,
        n_outputs=sum(len(cell.outputs or ()) for row in rows for cell in row.cells),
        reports=reports,
        table=_table(results),
        params=_params(reports, samplings),
        level=results["config"]["level"],
        resamples=results["config"]["resamples"],
    )


def _rows(reports: Sequence[SamplingReport], samplings: Sequence[str]) -> list[Row]:
    said: dict[str, dict[tuple[int, int], list[Shown]]] = {}
    first: dict[str, PromptResults] = {}
    for m, report in enumerate(reports):
        for one in report.prompts:
            key = prompt_key(one)
            first.setdefault(key, one)
            cells = said.setdefault(key, {})
            for result in one.results:
                cells[m, samplings.index(result.sampling_config)] = shown(result)
    asked = {
        (m, samplings.index(result.sampling_config))
        for m, report in enumerate(reports)
        for one in report.prompts
        for result in one.results
    }
    used = [s for s in range(len(samplings)) if any((m, s) in asked for m in range(len(reports)))]
    return [
        Row(
            text=one.prompt,
            earlier=one.manyvoices.earlier if one.manyvoices else (),
            category=one.manyvoices.category if one.manyvoices else None,
            cells=[Cell(m, s, said[key].get((m, s))) for s in used for m in range(len(reports))],
        )
        for key, one in first.items()
    ]


def _short(names: Sequence[str]) -> list[str]:
    """The last parts of the names, where these tell them apart."""
    last = [name.rpartition("/")[2] for name in names]
    return last if len(set(last)) == len(names) else list(names)


def _table(results: Mapping[str, Any]) -> Mapping[str, Any]:
    rows = results["rows"]
    used = [name for name in MEASURES if any(row["measures"][name]["n"] for row in rows)]
    return {
        "head": [MEASURES[name] for name in used],
        "rows": [
            {
                "model": row["model"],
                "sampling": row["sampling"],
                "n": row["n_outputs"],
                "missing": row["n_outputs"] - row["outcomes"]["answered"],
                "cells": [_measure(row["measures"][name], name) for name in used],
            }
            for row in rows
        ],
    }


def _measure(found: Mapping[str, float], name: str) -> tuple[str, str]:
    """(value, interval) as they are read."""
    if not found["n"]:
        return "–", ""
    if name in ONES:
        digits = 0 if name == "words" else 2
        ends = number(found["low"], digits), number(found["high"], digits)
        return number(found["value"], digits), " to ".join(ends)
    digits = 0 if found["value"] >= 0.1 else 1
    ends = percent(found["low"], digits), percent(found["high"], digits)
    return percent(found["value"], digits), " to ".join(ends)


def _params(
    reports: Sequence[SamplingReport], samplings: Sequence[str]
) -> list[tuple[str, list[str]]]:
    """Sampling -> its parameters, each different set once."""
    found: dict[str, dict[str, None]] = {name: {} for name in samplings}
    for report in reports:
        for one in report.prompts[:1]:
            for result in one.results:
                words = (f"{name} {value}" for name, value in result.sampling_params.items())
                found[result.sampling_config][", ".join(words)] = None
    return [(name, list(sets)) for name, sets in found.items()]
