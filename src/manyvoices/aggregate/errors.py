"""The errors that only aggregation knows, each with its own name.

ManyvoicesError
├── UnusableError (a ValueError too)   the input cannot be ranked, whatever the method
│   ├── NoBattlesError                 nothing was compared
│   ├── OneModelError                  there is nothing to compare with
│   ├── SelfBattleError                a model meets itself
│   ├── WeightError                    a weight is negative, NaN or infinite
│   ├── MixedTypesError                a column of names holds text and numbers
│   └── CollinearError                 a covariate says nothing that the others do not
└── ConvergenceError
    ├── NotConnectedError              finite scores do not exist
    ├── NoResampleError                no resample has scores
    └── OneRaterError                  there is nobody else to resample
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from manyvoices.schema.errors import ConvergenceError, ManyvoicesError

if TYPE_CHECKING:
    from manyvoices.aggregate.connectivity import Connectivity


class UnusableError(ManyvoicesError, ValueError):
    """What was given holds no ranking, whatever the method."""


class NoBattlesError(UnusableError):
    """Nothing was compared."""

    def __init__(self, what: str = "battle") -> None:
        super().__init__(f"a ranking needs at least one {what}, found none")


class OneModelError(UnusableError):
    """There is nothing to compare the only model with."""

    def __init__(self, n_models: int) -> None:
        self.n_models = n_models
        super().__init__(f"a ranking needs battles between at least two models, found {n_models}")


class SelfBattleError(UnusableError):
    """A row names the same model twice."""

    def __init__(self, row: int, model: str) -> None:
        self.row, self.model = row, model
        super().__init__(
            f"a model cannot battle itself: row {row} has {model} twice; "
            "drop rows where a equals b (from_frame does, and counts them)"
        )


class WeightError(UnusableError):
    """A weight is negative, NaN or infinite."""

    def __init__(self, row: int, found: float) -> None:
        self.row, self.found = row, found
        super().__init__(
            f"weights must be finite and not negative: the weight of row {row} is {found}"
        )


class MixedTypesError(UnusableError):
    """Names of several types: 1 and "1" would silently become one model."""

    def __init__(self, types: Iterable[str]) -> None:
        self.types = tuple(sorted(types))
        super().__init__(
            f"the names of models must be of one type, found {' and '.join(self.types)}; "
            "turn them into text first"
        )


class CollinearError(UnusableError):
    """A covariate is constant, or follows from the models and the other covariates."""

    def __init__(self, name: str) -> None:
        self.name = name
        super().__init__(
            f"covariate {name!r} is zero everywhere or follows from the models and the other "
            "covariates, so it has no coefficient of its own; leave it out"
        )


class NotConnectedError(ConvergenceError):
    """No finite scores exist: some models never lost to, or never beat, the others.

    Raised by maximum likelihood without a penalty (Ford 1957) and by a rank centrality without
    pseudo-wins. `connectivity` holds the facts that the message names.
    """

    def __init__(self, method: str, remedy: str, connectivity: Connectivity) -> None:
        self.method, self.remedy, self.connectivity = method, remedy, connectivity
        super().__init__(f"{method} has no finite scores here: {connectivity.why()}; {remedy}")


class NoResampleError(ConvergenceError):
    """The battles determine scores, but not one resample of them does."""

    def __init__(self, method: str, n_resamples: int) -> None:
        self.method, self.n_resamples = method, n_resamples
        super().__init__(
            f"{method} has finite scores on the battles but on none of {n_resamples} resamples: "
            "too few people stand behind some model; use a penalty (bradley_terry: l2=0.01), "
            "pseudo-wins (rank_centrality: alpha=1), or leave the rare models out"
        )


class OneRaterError(ConvergenceError):
    """One participant gave all judgements, so nothing is known of how people differ."""

    def __init__(self) -> None:
        super().__init__(
            "one participant gave all judgements, so there is nobody else to resample: "
            "intervals over people do not exist (by='row' asks about this person alone)"
        )
