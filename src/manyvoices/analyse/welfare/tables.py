"""What each person would get from each model: users by models, with gaps where they never met.

Source: PRISM (arXiv 2404.16019), appendix U.1, "Individual welfare". A person's RATING of a model
is the mean score that she gave it in opening turns, her CHOICE the share of those turns in which
she chose it. The same table holds raters by items, or anything else that people value.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from manyvoices.analyse.dataset import Dataset, NotEnough
from manyvoices.analyse.table import FloatArray, IntArray
from manyvoices.schema import RatedText

RATING, CHOICE = "rating", "choice"


@dataclass(frozen=True, slots=True, eq=False)
class WelfareTable:
    """Individual welfare: one row per person, one column per model."""

    measure: str
    """``rating``, ``choice``, or the scale of a table of ratings."""
    users: tuple[str, ...]
    models: tuple[str, ...]
    values: FloatArray
    """(n_users, n_models); NaN where the person never met the model."""
    limits: tuple[float, float]
    """Lowest and highest value there can be; the lowest is what a model gets that nobody of a
    sample has met (PRISM: 1 for a rating, 0 for a choice)."""

    @property
    def floor(self) -> float:
        """What a model gets that nobody of a sample has met."""
        return self.limits[0]

    @property
    def observed(self) -> np.typing.NDArray[np.bool_]:
        """(n_users, n_models): who met what."""
        return ~np.isnan(self.values)

    def with_values(self, values: FloatArray) -> WelfareTable:
        """The same people and models with other values."""
        return replace(self, values=values)

    def rows(self, rows: IntArray) -> WelfareTable:
        """The people at `rows`, in that order; a row may be named more than once."""
        return replace(self, users=tuple(self.users[row] for row in rows), values=self.values[rows])

    @classmethod
    def from_long(
        cls,
        measure: str,
        users: Sequence[str],
        models: Sequence[str],
        values: FloatArray,
        *,
        limits: tuple[float, float],
    ) -> WelfareTable:
        """Mean of `values` (n,) for each person and model; NaN among the values are left out.

        People are in the order in which they first appear, models by name.
        """
        kept = np.flatnonzero(~np.isnan(values))
        user_of = {name: row for row, name in enumerate(dict.fromkeys(users[i] for i in kept))}
        model_of = {name: row for row, name in enumerate(sorted({models[i] for i in kept}))}
        shape = (len(user_of), len(model_of))
        cell = np.array(
            [user_of[users[i]] * shape[1] + model_of[models[i]] for i in kept], dtype=np.int64
        )
        size = shape[0] * shape[1]
        with np.errstate(invalid="ignore"):
            mean = np.bincount(cell, weights=values[kept], minlength=size) / np.bincount(
                cell, minlength=size
            )
        return cls(measure, tuple(user_of), tuple(model_of), mean.reshape(shape), limits)


def welfare_tables(dataset: Dataset) -> tuple[WelfareTable, WelfareTable]:
    """RATING and CHOICE of a release, over the same people and models.

    Opening turns of the balanced subset, where the release marks one (PRISM's experiment), else
    of all conversations. Raises `NotEnough` with fewer than two models or people.
    """
    openers = dataset.balanced().openers()
    users = openers["user_id"].to_list()
    models = openers["model"].to_list()
    low, high = dataset.table.words.score_range
    columns = {
        RATING: (openers["score"], (float(low), float(high))),
        CHOICE: (openers["if_chosen"].fill_null(value=False), (0.0, 1.0)),
    }
    rating, choice = (
        WelfareTable.from_long(
            measure, users, models, values.cast(float).to_numpy().astype(np.float64), limits=limits
        )
        for measure, (values, limits) in columns.items()
    )
    if len(rating.users) < 2 or len(rating.models) < 2:
        raise NotEnough(
            "Welfare needs opening turns that at least two people rated, with two models or more."
        )
    return rating, choice


def table_of_ratings(
    ratings: Iterable[RatedText],
    scale: str,
    *,
    limits: tuple[float, float] | None = None,
    lower_is_better: bool = False,
) -> WelfareTable:
    """Raters by items, from a rated table: the items take the place of the models.

    Args:
        limits: Ends of the scale; None takes the lowest and the highest value given.
        lower_is_better: Turns the scale over (offensiveness), so that more is better again.

    Raises:
        NotEnough: Fewer than two raters or items have a value on that scale.
    """
    rows = [r for r in ratings if r.ratings.get(scale) is not None and not r.simulated]
    values = np.array([r.ratings[scale] for r in rows], dtype=np.float64)
    if len({r.participant_id for r in rows}) < 2 or len({r.item_id for r in rows}) < 2:
        raise NotEnough(f"Welfare needs two raters and two items with values on {scale!r}.")
    ends = limits or (float(values.min()), float(values.max()))
    return WelfareTable.from_long(
        scale,
        [r.participant_id for r in rows],
        [r.item_id for r in rows],
        ends[0] + ends[1] - values if lower_is_better else values,
        limits=ends,
    )
