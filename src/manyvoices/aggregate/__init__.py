"""From many judgements to one order, with the uncertainty that many people bring.

In: battles and ballots. Out: frozen results (`Ratings`, `BootstrapRatings`, `Consensus`).
Stands on NumPy and SciPy alone, so that ``pip install manyvoices`` is enough to rank models or
count ballots. May import: schema (for its errors); `sources` alone reads files through io.
"""

from __future__ import annotations

from manyvoices.aggregate.agreement import rank_agreement
from manyvoices.aggregate.ballots import Ballots, margins
from manyvoices.aggregate.battles import Battles
from manyvoices.aggregate.bootstrap import BootstrapRatings, MethodBootstrap, bootstrap
from manyvoices.aggregate.connectivity import Connectivity, diagnose
from manyvoices.aggregate.covariates import (
    Covariates,
)
from manyvoices.aggregate.errors import (
    CollinearError,
    MixedTypesError,
    NoBattlesError,
    NoResampleError,
    NotConnectedError,
    OneModelError,
    OneRaterError,
    SelfBattleError,
    UnusableError,
    WeightError,
)
from manyvoices.aggregate.many import ConsensusBatch, ranked_pairs_many
from manyvoices.aggregate.methods import (
    BATTLE_METHODS,
    COUNT_METHODS,
    METHODS,
    SCORE_METHODS,
    fit,
    fit_counts,
)
from manyvoices.aggregate.put import PutResult, ranked_pairs_put
from manyvoices.aggregate.ranked_pairs import Consensus, ranked_pairs
from manyvoices.aggregate.ratings import (
    Coefficient,
    Ratings,
)
from manyvoices.aggregate.sandwich import (
    SandwichErrors,
    sandwich,
)
from manyvoices.aggregate.scores import (
    Scores,
)

__all__ = [
    "BATTLE_METHODS",
    "COUNT_METHODS",
    "METHODS",
    "SCORE_METHODS",
    "Ballots",
    "Battles",
    "BootstrapRatings",
    "Coefficient",
    "CollinearError",
    "Connectivity",
    "Consensus",
    "ConsensusBatch",
    "Covariates",
    "MethodBootstrap",
    "MixedTypesError",
    "NoBattlesError",
    "NoResampleError",
    "NotConnectedError",
    "OneModelError",
    "OneRaterError",
    "PutResult",
    "Ratings",
    "SandwichErrors",
    "Scores",
    "SelfBattleError",
    "UnusableError",
    "WeightError",
    "bootstrap",
    "diagnose",
    "fit",
    "fit_counts",
    "margins",
    "rank_agreement",
    "ranked_pairs",
    "ranked_pairs_many",
    "ranked_pairs_put",
    "sandwich",
]
