"""The order of models with the style of their answers held fixed.

Bradley-Terry with the difference in style between the two answers of each battle as covariates, as
in Chatbot Arena's style control (Chiang et al., arXiv 2403.04132): `aggregate.covariates`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.special import ndtri

from manyvoices.aggregate import Battles, CollinearError, Covariates
from manyvoices.aggregate.covariates import Regression, regress
from manyvoices.aggregate.ratings import ranks_of
from manyvoices.analyse.leaderboard import Missing
from manyvoices.analyse.ranks.openers import Openers
from manyvoices.analyse.table import FloatArray, IntArray
from manyvoices.schema.errors import ConvergenceError

if TYPE_CHECKING:
    import polars as pl

LENGTH = ("text_length",)
FORM = (*LENGTH, "if_line_breaks", "if_question_marks", "if_enumeration")
CONTROLS: Mapping[str, tuple[str, ...]] = {
    "as judged": (),
    "length held fixed": LENGTH,
    "length and form held fixed": FORM,
}


@dataclass(frozen=True, slots=True)
class StyleEffect:
    """What one standard deviation of the difference in a feature does to the log odds of winning.

    Length enters as the difference over the sum of both lengths, as in the Arena, so that 50 and
    100 characters differ as much as 500 and 1,000.
    """

    feature: str
    value: float
    low: float
    """95 % interval from the sandwich over participants."""
    high: float


@dataclass(frozen=True, slots=True, eq=False)
class StyleBoard:
    """The models under one set of controls, in the order of `StyleControl.models`."""

    name: str
    strength: FloatArray
    """(n,) log strength, mean 0."""
    low: FloatArray
    """(n,) 95 % interval, sandwich over participants."""
    high: FloatArray
    ranks: IntArray
    """(n,)."""
    effects: tuple[StyleEffect, ...]


@dataclass(frozen=True, slots=True, eq=False)
class StyleControl:
    """How the order moves when style is held fixed."""

    models: tuple[str, ...]
    """Best first, as judged."""
    n_battles: int
    n_people: int
    boards: tuple[StyleBoard, ...]
    """The first is without controls."""
    missing: tuple[Missing, ...] = ()


def style_control(
    openers: Openers,
    features: pl.DataFrame,
    *,
    controls: Mapping[str, Sequence[str]] = CONTROLS,
) -> StyleControl | None:
    """Rank by Bradley-Terry with each set of `controls` held fixed; None where none can be fitted.

    `features`: a row per opener. Ties count half. A control that never differs between two answers
    is left out; where models never lost or never won there are no strengths, and `missing` says so.
    """
    battles = openers.scores.battles()
    first, second = openers.scores.pairs()
    fits: dict[str, tuple[tuple[str, ...], Regression]] = {}
    missing = []
    for name, wanted in controls.items():
        given = covariates_of(features, first, second, wanted)
        try:
            fits[name] = (given.names if given else ()), regress(battles, given)
        except (ConvergenceError, CollinearError) as error:
            missing.append(Missing(name, str(error)))
    if not fits or next(iter(controls)) not in fits:
        return None
    order = np.argsort(-next(iter(fits.values()))[1].theta, kind="stable")
    return StyleControl(
        models=tuple(battles.models[code] for code in order),
        n_battles=len(battles),
        n_people=battles.n_participants or 0,
        boards=tuple(_board(name, *found, battles, order) for name, found in fits.items()),
        missing=tuple(missing),
    )


def covariates_of(
    features: pl.DataFrame, first: IntArray, second: IntArray, wanted: Sequence[str]
) -> Covariates | None:
    """The differences of `wanted` between rows `first` and `second`; None where none differs."""
    parts = None
    for name in wanted:
        values = np.asarray(features[name].to_numpy(), dtype=np.float64)
        a, b = values[first], values[second]
        if (a == b).all():
            continue
        part = Covariates.differences(
            {name: a.tolist()}, {name: b.tolist()}, relative=name == "text_length"
        )
        parts = part if parts is None else parts + part
    return parts


def _board(
    name: str, features: tuple[str, ...], found: Regression, battles: Battles, order: IntArray
) -> StyleBoard:
    n = len(battles.models)
    z = float(ndtri(0.975))
    error = np.sqrt(np.maximum(np.diagonal(found.covariance), 0.0))
    low, high = found.theta - z * error[:n], found.theta + z * error[:n]
    return StyleBoard(
        name=name,
        strength=found.theta[order],
        low=low[order],
        high=high[order],
        ranks=ranks_of(found.theta)[order],
        effects=tuple(
            StyleEffect(feature, float(b), float(b - z * e), float(b + z * e))
            for feature, b, e in zip(features, found.beta, error[n:], strict=True)
        ),
    )
