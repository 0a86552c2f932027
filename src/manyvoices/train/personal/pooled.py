"""The baseline that always stands beside: one linear head for everybody, on the same features."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from manyvoices.train.personal.choices import Choices, FloatArray
from manyvoices.train.personal.choosing import L2, folds_of
from manyvoices.train.personal.fitting import Fit, Penalties, fit


def fit_pooled(
    choices: Choices,
    x: FloatArray,
    l2: Sequence[float] | float = L2,
    *,
    n_folds: int = 5,
    seed: int = 0,
) -> Fit:
    """Bradley-Terry (sets of two) or Plackett-Luce with one head; ties count half.

    Source: Bradley, Terry, Biometrika 39 (1952); Plackett, Applied Statistics 24 (1975). It is
    the personal head of one direction (``fitting.fit(k=1)``), so that any difference between the
    two is due to people and to nothing else.

    Args:
        l2: Precision of the normal prior of each entry; of several, the one with the largest
            likelihood of held-out people.
    """
    if isinstance(l2, int | float):
        return fit(choices, x, penalties=Penalties(shared=float(l2)))
    nothing = np.zeros((choices.n_people, 0))
    folds = folds_of(choices, x, nothing, n_folds, np.random.default_rng(seed))
    held = {value: folds.held_out(1, Penalties(shared=value)).mean() for value in l2}
    best = max(held, key=lambda value: held[value])
    return fit(choices, x, penalties=Penalties(shared=best))
