"""The errors that only aggregation knows: the data do not determine the scores."""

from __future__ import annotations

from typing import TYPE_CHECKING

from manyvoices.schema.errors import ConvergenceError

if TYPE_CHECKING:
    from manyvoices.aggregate.connectivity import Connectivity


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
