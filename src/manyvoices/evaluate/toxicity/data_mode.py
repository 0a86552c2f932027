"""``mode: data``: a data set's labels by people against a classifier's scores."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from manyvoices.analyse.resampling import Resampling
from manyvoices.evaluate.prompt_means import by_value
from manyvoices.evaluate.safety_errors import NothingScored
from manyvoices.evaluate.toxicity.config import DataSetConfig, ToxicityConfig
from manyvoices.evaluate.toxicity.correlating import matrix
from manyvoices.evaluate.toxicity.judging import judge
from manyvoices.evaluate.toxicity.labelled import (
    Columns,
    Labelled,
    columns,
    read_labelled,
    score_name,
)
from manyvoices.evaluate.toxicity.scorers import Progress, score


def judged(config: ToxicityConfig, progress: Progress) -> dict[str, Any]:
    """Read, score where a scorer is named, judge, correlate.

    Raises:
        DataError, NoLabels, UnknownAttribute: See `read_labelled` and `score`.
        NothingScored: No text has both a label and a score.
    """
    assert config.data is not None
    rows, scorer, n_failed = _scored(read_labelled(config.data), config, progress)
    found = columns(rows)
    asked = config.scorer.attribute if config.scorer else None
    name = score_name(config.data, found, asked)
    resampling = Resampling(config.resamples, config.seed, config.level)
    overall = _judged(found, name, config, resampling)
    if not overall["n"]:
        raise NothingScored(len(rows), [])
    return {
        "label": config.data.label,
        "score": name,
        "scorer": scorer,
        "n_texts": len(rows),
        "n_failed": n_failed,
        "all": overall,
        "by": {"language": _by_language(rows, found, name, config, resampling)},
        "correlations": _correlations(found, config.level),
    }


def _scored(
    rows: Sequence[Labelled], config: ToxicityConfig, progress: Progress
) -> tuple[Sequence[Labelled], str, int]:
    if config.scorer is None:
        return rows, "scores that stand in the data", 0
    scores = score([row.text for row in rows if row.text], config.scorer, config.out,
                   progress=progress)  # fmt: skip
    told = []
    for row in rows:
        mine = scores.of(row.text)
        new = {} if mine is None else {config.scorer.attribute: mine}
        told.append(replace(row, scores={**row.scores, **new}))
    return told, scores.scorer, scores.n_failed


def _judged(
    found: Columns, name: str, config: ToxicityConfig, resampling: Resampling
) -> dict[str, Any]:
    data: DataSetConfig = config.data  # type: ignore[assignment]
    return judge(
        found.scores[name], found.labels[data.label], found.clusters,
        positive_from=data.positive_from, threshold=config.threshold, resampling=resampling,
    )  # fmt: skip


def _by_language(
    rows: Sequence[Labelled], found: Columns, name: str, config: ToxicityConfig,
    resampling: Resampling,
) -> dict[str, Any]:  # fmt: skip
    places = by_value([row.language for row in rows])
    if len(places) < 2:
        return {}
    told = {}
    for language, some in places.items():
        here = np.array(some)
        part = Columns(
            {n: v[here] for n, v in found.labels.items()},
            {n: v[here] for n, v in found.scores.items()},
            found.clusters[here],
        )
        told[language] = _judged(part, name, config, resampling)
    return told


def _correlations(found: Columns, level: float) -> dict[str, Any]:
    """A name that labels and scores share ("toxicity") must say whose it is."""
    labels = {f"{name} (people)": values for name, values in found.labels.items()}
    scores = {f"{name} (score)": values for name, values in found.scores.items()}
    return matrix({**labels, **scores}, len(labels), found.clusters, level)
