"""Scores turn by turn, raw and normalised, person by person and group by group."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from manyvoices.aggregate.score_methods import NormalizeBy, normalized
from manyvoices.aggregate.scores import Scores
from manyvoices.analyse.dataset import Dataset
from manyvoices.analyse.resampling import Resampling, cluster_means
from manyvoices.analyse.scale_use.attribute_study import AttributeStudy, attribute_study
from manyvoices.analyse.scale_use.group_scores import FieldScores, field_scores
from manyvoices.analyse.scale_use.persons import Habit, person_habits
from manyvoices.analyse.scale_use.turns import TurnRow, interactions, turn_rows
from manyvoices.analyse.settings import Settings
from manyvoices.analyse.table import FloatArray

Z_ENDS = (-4.0, 4.0)
"""Normalised scores beyond are counted in the last bins."""
_Z_BINS = 40


@dataclass(frozen=True, slots=True, eq=False)
class Histogram:
    """How often values fall between edges."""

    name: str
    n: int
    edges: FloatArray
    """(n_bins + 1,)"""
    counts: FloatArray
    """(n_bins,)"""
    mean: float
    sd: float
    skew: float
    """Third standardised moment."""


@dataclass(frozen=True, slots=True)
class Spike:
    """A value that people give more often than its neighbours."""

    value: int
    what: str
    share: float
    low: float
    """Interval over resampled people."""
    high: float
    around: float
    """Mean share of the two values beside it (the one beside an end of the scale)."""


@dataclass(frozen=True, slots=True)
class Contrast:
    """A habit in openers and in continuers, of people who have both."""

    what: str
    n: int
    openers: float
    continuers: float
    difference: float
    """Continuers less openers, each person once."""
    low: float
    high: float


@dataclass(frozen=True, slots=True, eq=False)
class ScoreHabits:
    """Appendix O of PRISM, for any release."""

    scale: tuple[int, int]
    anchors: tuple[str, str]
    n_people: int
    n_scores: int
    turns: tuple[TurnRow, ...]
    always_shortest: int
    """People all of whose conversations have the fewest turns that any conversation has."""
    histograms: tuple[Histogram, ...]
    """Raw, normalised over a person's openers, normalised over all scores of a person."""
    spikes: tuple[Spike, ...]
    habits: tuple[Habit, ...]
    """Openers, continuers."""
    contrasts: tuple[Contrast, ...]
    fields: tuple[FieldScores, ...]
    resampling: Resampling


@dataclass(frozen=True, slots=True, eq=False)
class ScaleUse:
    """The chapter: scores and attributes."""

    scores: ScoreHabits
    attributes: AttributeStudy | None
    """None where a release asks no attributes."""


def scale_use(dataset: Dataset, settings: Settings) -> ScaleUse:
    """Scores and attributes of a release. Raises `NotEnough` where nobody rated anything."""
    settings.tick("scores: how people use the scale")
    habits = score_habits(dataset, settings)
    settings.tick("scores: attributes")
    return ScaleUse(habits, attribute_study(dataset, settings))


def score_habits(dataset: Dataset, settings: Settings) -> ScoreHabits:
    """Figures 11 to 15 of PRISM as numbers."""
    shown, scale = interactions(dataset), dataset.table.words.score_range
    habits = (
        person_habits(shown, "openers", scale),
        person_habits(shown, "continuers", scale),
    )
    scores = _scores(dataset)
    return ScoreHabits(
        scale=scale,
        anchors=dataset.table.words.score_anchors,
        n_people=len(shown.users),
        n_scores=len(scores),
        turns=turn_rows(dataset, shown, settings.resampling),
        always_shortest=_always_shortest(dataset),
        histograms=_histograms(scores, scale),
        spikes=_spikes(scores, scale, settings.resampling),
        habits=habits,
        contrasts=_contrasts(*habits, settings.resampling),
        fields=field_scores(dataset, habits[0], settings),
        resampling=settings.resampling,
    )


def _scores(dataset: Dataset) -> Scores:
    """All rated answers as the aggregation's `Scores`: a cluster is a person."""
    import polars as pl

    rated = dataset.utterances.filter(pl.col("score").is_not_null())
    users = rated["user_id"].to_numpy()
    models, model = np.unique(rated["model"].to_numpy(), return_inverse=True)
    _, person = np.unique(users, return_inverse=True)
    _, turn = np.unique(rated["interaction_id"].to_numpy(), return_inverse=True)
    return Scores(
        model=model.astype(np.int64),
        score=rated["score"].to_numpy().astype(np.float64),
        models=tuple(str(name) for name in models),
        turn=turn.astype(np.int64),
        cluster=person.astype(np.int64),
        opening=(rated["turn"] == 0).to_numpy(),
    )


def _always_shortest(dataset: Dataset) -> int:
    lengths = dataset.conversations.select("user_id", n="conversation_turns").drop_nulls()
    if lengths.is_empty():
        return 0
    longest = lengths.group_by("user_id").max()["n"]
    return int((longest == lengths["n"].min()).sum())


def _histograms(scores: Scores, scale: tuple[int, int]) -> tuple[Histogram, ...]:
    low, high = scale
    edges = np.linspace(low - 0.5, high + 0.5, min(high - low + 1, 100) + 1)
    kinds: tuple[tuple[str, NormalizeBy], ...] = (
        ("normalised over a person's opening scores", "openers"),
        ("normalised over all scores of a person", "all"),
    )
    z_edges = np.linspace(*Z_ENDS, _Z_BINS + 1)
    found = [_histogram("raw", scores.score, edges)]
    for name, by in kinds:
        z = normalized(scores, by)
        found.append(_histogram(name, z[np.isfinite(z)], z_edges))
    return tuple(found)


def _histogram(name: str, values: FloatArray, edges: FloatArray) -> Histogram:
    counts, _ = np.histogram(np.clip(values, edges[0], edges[-1]), edges)
    sd = float(values.std())
    away = values - values.mean()
    return Histogram(
        name=name,
        n=len(values),
        edges=edges,
        counts=counts.astype(np.float64),
        mean=float(values.mean()),
        sd=float(values.std(ddof=1)) if len(values) > 1 else float("nan"),
        skew=float((away**3).mean() / sd**3) if sd > 0 else float("nan"),
    )


def _spikes(scores: Scores, scale: tuple[int, int], resampling: Resampling) -> tuple[Spike, ...]:
    """Both ends and the middle, where a slider that was left alone may stand."""
    low, high = scale
    places = {low: "lowest", (low + high) // 2: "middle", high: "highest"}
    rows = []
    for value, what in places.items():
        hit = (scores.score == value).astype(np.float64)
        beside = [x for x in (value - 1, value + 1) if low <= x <= high]
        one = np.zeros(len(hit), dtype=np.int64)
        clusters = np.asarray(scores.cluster, dtype=np.int64)
        mean = cluster_means(hit, one, clusters, n_groups=1, resampling=resampling)
        around = float(np.mean([(scores.score == x).mean() for x in beside])) if beside else 0.0
        rows.append(
            Spike(value, what, float(mean.mean[0]), float(mean.low[0]), float(mean.high[0]), around)
        )
    return tuple(rows)


def _contrasts(openers: Habit, continuers: Habit, drawn: Resampling) -> tuple[Contrast, ...]:
    names = {
        "centrality": "Mean score",
        "distance": "Distance of the mean from the middle",
        "expressivity": "Mean range",
        "spread": "Mean standard deviation",
    }
    rows = []
    for column, what in names.items():
        first, second = getattr(openers, column), getattr(continuers, column)
        both = np.flatnonzero(~(np.isnan(first) | np.isnan(second)))
        if not len(both):
            continue
        one = np.zeros(len(both), dtype=np.int64)
        away = cluster_means(second[both] - first[both], one, both, n_groups=1, resampling=drawn)
        rows.append(
            Contrast(
                what=what,
                n=len(both),
                openers=float(first[both].mean()),
                continuers=float(second[both].mean()),
                difference=float(away.mean[0]),
                low=float(away.low[0]),
                high=float(away.high[0]),
            )
        )
    return tuple(rows)
