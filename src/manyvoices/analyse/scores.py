"""How people used the rating scale: by model, and turn by turn."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from manyvoices.analyse.resampling import Resampling, cluster_means
from manyvoices.analyse.table import BoolArray, FloatArray, IntArray, ReleaseTable

N_BINS = 20


@dataclass(frozen=True, slots=True)
class ScoreSummary:
    """The scores of one model, or of one turn."""

    label: str
    n: int
    mean: float
    low: float
    """Interval of the mean over resampled participants; NaN with no resamples."""
    high: float
    sd: float
    """With n - 1; NaN for a single score."""
    q25: float
    median: float
    q75: float
    histogram: tuple[int, ...]
    """Counts in `N_BINS` bins of equal width over the study's scale."""


@dataclass(frozen=True, slots=True)
class ScoreDistribution:
    """All scores of a release."""

    scale: tuple[int, int]
    anchors: tuple[str, str]
    n_scores: int
    n_opening: int
    by_model: tuple[ScoreSummary, ...]
    """Opening turns only, where every model had the same chance to be drawn; best mean first."""
    by_turn: tuple[ScoreSummary, ...]
    """All models together; turns beyond the last with `min_n` scores are left out."""
    histogram: tuple[int, ...]


def score_distribution(
    table: ReleaseTable, *, resampling: Resampling | None = None, min_n: int = 10
) -> ScoreDistribution:
    """Summarise the scores of a release.

    Models are compared on opening turns: from the second turn on only a conversation's winner
    speaks, so later scores compare a model with itself. A turn needs `min_n` scores to be shown.
    """
    spoken = table.utterances
    scale = table.words.score_range
    drawn = resampling or Resampling()
    people = table.cluster_of_utterance()
    rated = ~np.isnan(spoken.score) & ~spoken.failed
    opening = rated & (spoken.turn == 0)
    by_model = _summaries(
        spoken.score, spoken.model, people, opening, table.models, scale=scale, resampling=drawn
    )
    n_turns = int(spoken.turn[rated].max()) + 1 if rated.any() else 0
    names = tuple(str(turn + 1) for turn in range(n_turns))
    by_turn = _summaries(
        spoken.score, spoken.turn, people, rated, names, scale=scale, resampling=drawn
    )
    return ScoreDistribution(
        scale=scale,
        anchors=table.words.score_anchors,
        n_scores=int(rated.sum()),
        n_opening=int(opening.sum()),
        by_model=tuple(sorted(by_model, key=lambda row: (-row.mean, row.label))),
        by_turn=tuple(row for row in by_turn if row.n >= min_n),
        histogram=_histogram(spoken.score[rated], scale),
    )


def _summaries(
    scores: FloatArray,
    groups: IntArray,
    people: IntArray,
    kept: BoolArray,
    labels: tuple[str, ...],
    *,
    scale: tuple[int, int],
    resampling: Resampling,
) -> list[ScoreSummary]:
    values, codes = scores[kept], groups[kept]
    means = cluster_means(values, codes, people[kept], n_groups=len(labels), resampling=resampling)
    summaries = []
    for code, label in enumerate(labels):
        mine = values[codes == code]
        if not len(mine):
            continue
        q25, median, q75 = (float(q) for q in np.quantile(mine, [0.25, 0.5, 0.75]))
        summaries.append(
            ScoreSummary(
                label=label,
                n=len(mine),
                mean=float(means.mean[code]),
                low=float(means.low[code]),
                high=float(means.high[code]),
                sd=float(mine.std(ddof=1)) if len(mine) > 1 else float("nan"),
                q25=q25,
                median=median,
                q75=q75,
                histogram=_histogram(mine, scale),
            )
        )
    return summaries


def _histogram(values: FloatArray, scale: tuple[int, int]) -> tuple[int, ...]:
    counts, _ = np.histogram(values, bins=N_BINS, range=scale)
    return tuple(int(n) for n in counts)
