"""One row per interaction: the mean, the range and the spread of the scores shown together.

Source: PRISM (arXiv 2404.16019), appendix O. Its band around the mean by turn is the spread of two
to four column means; ours is the spread over interactions.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from manyvoices.analyse.dataset import Dataset, NotEnough
from manyvoices.analyse.resampling import Resampling, cluster_means
from manyvoices.analyse.table import FloatArray, IntArray

FEWEST = 10
"""Interactions that a turn needs to be shown."""


@dataclass(frozen=True, slots=True, eq=False)
class Interactions:
    """What was rated together; arrays (n_interactions,)."""

    users: tuple[str, ...]
    """Names of the persons."""
    person: IntArray
    """Index into `users`."""
    turn: IntArray
    """0 = opening."""
    mean: FloatArray
    range: FloatArray
    """Highest less lowest; NaN where one answer alone was rated."""
    sd: FloatArray
    """With n - 1; NaN likewise."""


@dataclass(frozen=True, slots=True)
class Level:
    """A mean over interactions."""

    n: int
    mean: float
    low: float
    """Interval over resampled people."""
    high: float
    sd: float
    """Over interactions, with n - 1."""


@dataclass(frozen=True, slots=True)
class TurnRow:
    """One turn."""

    turn: int
    """1 = opening."""
    n_people: int
    """With a conversation at least as long."""
    n_conversations: int
    """At least as long."""
    n_ended: int
    """Of exactly this length."""
    mean: Level
    range: Level


def interactions(dataset: Dataset) -> Interactions:
    """Group the rated answers by what was shown together. Raises `NotEnough` without scores."""
    import polars as pl

    rated = dataset.utterances.filter(pl.col("score").is_not_null())
    if rated.is_empty():
        raise NotEnough("Nobody rated an answer in this release.")
    score, several = pl.col("score"), pl.len() > 1
    rows = rated.group_by("interaction_id", maintain_order=True).agg(
        pl.col("user_id").first(),
        pl.col("turn").first(),
        mean=score.mean(),
        range=pl.when(several).then(score.max() - score.min()),
        sd=pl.when(several).then(score.std(ddof=1)),
    )
    names, person = np.unique(rows["user_id"].to_numpy(), return_inverse=True)
    return Interactions(
        users=tuple(str(name) for name in names),
        person=person.astype(np.int64),
        turn=rows["turn"].to_numpy().astype(np.int64),
        mean=rows["mean"].to_numpy().astype(np.float64),
        range=rows["range"].to_numpy().astype(np.float64),
        sd=rows["sd"].to_numpy().astype(np.float64),
    )


def turn_rows(
    dataset: Dataset, shown: Interactions, resampling: Resampling, *, fewest: int = FEWEST
) -> tuple[TurnRow, ...]:
    """One row per turn with `fewest` interactions or more."""
    import polars as pl

    lengths = dataset.conversations.select("user_id", n="conversation_turns").drop_nulls()
    n_turns = int(shown.turn.max()) + 1
    mean, spread = (_levels(shown, x, n_turns, resampling) for x in (shown.mean, shown.range))
    rows = []
    for turn in range(n_turns):
        if mean[turn].n < fewest:
            continue
        long = lengths.filter(pl.col("n") > turn)
        rows.append(
            TurnRow(
                turn=turn + 1,
                n_people=long["user_id"].n_unique(),
                n_conversations=long.height,
                n_ended=int((lengths["n"] == turn + 1).sum()),
                mean=mean[turn],
                range=spread[turn],
            )
        )
    return tuple(rows)


def _levels(
    shown: Interactions, values: FloatArray, n_turns: int, resampling: Resampling
) -> list[Level]:
    known = ~np.isnan(values)
    found = cluster_means(
        values[known],
        shown.turn[known],
        shown.person[known],
        n_groups=n_turns,
        resampling=resampling,
    )
    levels = []
    for turn in range(n_turns):
        mine = values[known & (shown.turn == turn)]
        levels.append(
            Level(
                n=len(mine),
                mean=float(found.mean[turn]),
                low=float(found.low[turn]),
                high=float(found.high[turn]),
                sd=float(mine.std(ddof=1)) if len(mine) > 1 else float("nan"),
            )
        )
    return levels
