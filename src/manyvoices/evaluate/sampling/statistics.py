"""What the outputs of each model and sampling are like, with intervals over prompts.

Prompts are drawn with replacement with all their outputs, since outputs to one prompt are alike;
every model and sampling sees the same draws.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from manyvoices.analyse.people.intervals import wilson
from manyvoices.analyse.resampling import Resampling, cluster_means
from manyvoices.curate.language_match import same_language
from manyvoices.design.dialogue import count_words
from manyvoices.evaluate.generating import OUTCOMES
from manyvoices.evaluate.sampling import measures
from manyvoices.evaluate.sampling.records import (
    Result,
    SamplingReport,
    finish_of,
    languages_of,
    outcomes_of,
    prompt_key,
)
from manyvoices.llm.features import measure

MEASURES: Mapping[str, str] = {
    "words": "words",
    "distinct_1": "different words",
    "distinct_2": "different pairs of words",
    "repeated": "repeated runs of four words",
    "empty": "empty",
    "cut_off": "cut off at the limit",
    "open_end": "no sign at the end",
    "other_language": "in another language",
    "refusal": "refuses",
    "self_identification": "speaks of itself as an AI",
    "self_bleu": "alike (self-BLEU)",
    "same": "word for word the same",
    "reward": "reward model's score",
    "toxicity": "mean toxicity",
}
"""Measure -> what a table calls it. All but ``words`` and ``reward`` are shares of 1."""

UNBOUNDED = ("words", "reward")
"""Measures that are no share of 1."""

Score = Mapping[tuple[int, int, int, int], float]
"""(report, prompt, result, output) -> a reward model's score."""
Toxicity = Callable[[str], float | None]
"""Text -> 0 to 1; None where nobody could say."""


@dataclass(frozen=True, slots=True)
class Cell:
    """One model and sampling."""

    model: str
    sampling: str


@dataclass(slots=True)
class _Column:
    """Values of one measure: which cell and prompt each belongs to."""

    values: list[float]
    cells: list[int]
    prompts: list[int]

    def add(self, value: float, cell: int, prompt: int) -> None:
        if not math.isnan(value):
            self.values.append(value)
            self.cells.append(cell)
            self.prompts.append(prompt)


def statistics(
    reports: Sequence[SamplingReport],
    resampling: Resampling,
    scores: Score | None = None,
    languages: Mapping[str, str | None] | None = None,
    toxicity: Toxicity | None = None,
) -> list[dict[str, Any]]:
    """One row for each model and sampling, in their order: counts, languages, measures.

    A measure is ``{value, low, high, n}``; NaN where nothing was measured. Texts are measured
    where there is one; ``empty`` is of all outputs. `languages` says in which language answers
    should be, by `prompt_key`, where the reports do not.
    """
    cells: dict[Cell, int] = {}
    prompts: dict[str, int] = {}
    columns = {name: _Column([], [], []) for name in MEASURES}
    counts: list[Counter[str]] = []
    found_languages: list[Counter[str]] = []
    for r, report in enumerate(reports):
        for p, one in enumerate(report.prompts):
            prompt = prompts.setdefault(prompt_key(one), len(prompts))
            wanted = one.manyvoices.language if one.manyvoices else None
            wanted = wanted or (languages or {}).get(prompt_key(one))
            for s, result in enumerate(one.results):
                cell = cells.setdefault(Cell(report.model_name, result.sampling_config), len(cells))
                if cell == len(counts):
                    counts.append(Counter())
                    found_languages.append(Counter())
                counts[cell].update(outcomes_of(result))
                _measure(result, wanted, columns, cell, prompt, found_languages[cell])
                for i, text in enumerate(result.outputs):
                    score = (scores or {}).get((r, p, s, i), math.nan)
                    columns["reward"].add(score, cell, prompt)
                    toxic = toxicity(text) if toxicity is not None and text.strip() else None
                    columns["toxicity"].add(math.nan if toxic is None else toxic, cell, prompt)
    means = {name: _means(name, column, len(cells), resampling) for name, column in columns.items()}
    return [
        {
            "model": cell.model,
            "sampling": cell.sampling,
            "n_outputs": counts[i].total(),
            "outcomes": {name: counts[i][name] for name in OUTCOMES},
            "languages": dict(found_languages[i].most_common()),
            "measures": {name: means[name][i] for name in MEASURES},
        }
        for cell, i in cells.items()
    ]


def _measure(
    result: Result,
    wanted: str | None,
    columns: Mapping[str, _Column],
    cell: int,
    prompt: int,
    languages: Counter[str],
) -> None:
    def add(name: str, value: float) -> None:
        columns[name].add(value, cell, prompt)

    known = languages_of(result)
    split = []
    for text, label, finish in zip(result.outputs, known, finish_of(result), strict=True):
        add("empty", float(not text.strip()))
        if not text.strip():
            continue
        words = measures.words_of(text)
        split.append(words)
        found, same = same_language(text, wanted)
        if label or found:
            languages[label or found or ""] += 1
            add("other_language", float(not same))
        features = measure(text)
        add("words", count_words(text))
        add("distinct_1", measures.distinct(words, 1))
        add("distinct_2", measures.distinct(words, 2))
        add("repeated", measures.repeated(words))
        add("cut_off", math.nan if finish is None else float(finish == "length"))
        add("open_end", float(measures.open_end(text)))
        add("refusal", float(features.refusal))
        add("self_identification", float(features.self_identification))
    add("self_bleu", measures.self_bleu(split))
    add("same", measures.same_share(split))


def _means(
    name: str, column: _Column, n_cells: int, resampling: Resampling
) -> list[dict[str, float]]:
    prompts = np.asarray(column.prompts, np.int64)
    cells = np.asarray(column.cells, np.int64)
    found = cluster_means(
        np.asarray(column.values, np.float64),
        cells,
        prompts,
        n_groups=n_cells,
        resampling=resampling,
    )
    rows = []
    for i in range(n_cells):
        value, low, high = (float(part[i]) for part in (found.mean, found.low, found.high))
        n = len(np.unique(prompts[cells == i]))
        if name not in UNBOUNDED and value in (0.0, 1.0):
            # Resampling says "never" of what was not seen on ten prompts; Wilson's interval of the
            # prompts does not.
            low, high = wilson(int(value) * n, n, resampling.level)
        rows.append({"value": value, "low": low, "high": high, "n": int(found.n[i])})
    return rows
