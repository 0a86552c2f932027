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
from manyvoices.aggregate.choosing import (
    Ask,
    choose_next,
    next_pairs,
    write_next_batch,
)
from manyvoices.aggregate.comparisons import (
    GroupDifferences,
    compare_groups,
    compare_methods,
)
from manyvoices.aggregate.connectivity import Connectivity, diagnose
from manyvoices.aggregate.covariates import (
    Covariates,
)
from manyvoices.aggregate.crowd import (
    CrowdRatings,
    crowd_bradley_terry,
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
from manyvoices.aggregate.influence import (
    Influence,
    influence,
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
from manyvoices.aggregate.permutation import (
    PermutationTest,
    permutation_test,
)
from manyvoices.aggregate.planning import (
    Plan,
    SampleSize,
    plan_of,
    sample_size,
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
from manyvoices.aggregate.sensitivity import (
    by_alpha,
    by_method,
    by_sample_size,
    by_subset,
    by_tie_threshold,
    even_sampled,
    method_agreement,
)
from manyvoices.aggregate.tidy import (
    Table,
)
from manyvoices.aggregate.watching import (
    Watched,
    confidence_sequence,
    watch,
)

__all__ = [
    "BATTLE_METHODS",
    "COUNT_METHODS",
    "METHODS",
    "SCORE_METHODS",
    "Ask",
    "Ballots",
    "Battles",
    "BootstrapRatings",
    "Coefficient",
    "CollinearError",
    "Connectivity",
    "Consensus",
    "ConsensusBatch",
    "Covariates",
    "CrowdRatings",
    "GroupDifferences",
    "Influence",
    "MethodBootstrap",
    "MixedTypesError",
    "NoBattlesError",
    "NoResampleError",
    "NotConnectedError",
    "OneModelError",
    "OneRaterError",
    "PermutationTest",
    "Plan",
    "PutResult",
    "Ratings",
    "SampleSize",
    "SandwichErrors",
    "Scores",
    "SelfBattleError",
    "Table",
    "UnusableError",
    "Watched",
    "WeightError",
    "bootstrap",
    "by_alpha",
    "by_method",
    "by_sample_size",
    "by_subset",
    "by_tie_threshold",
    "choose_next",
    "compare_groups",
    "compare_methods",
    "confidence_sequence",
    "crowd_bradley_terry",
    "diagnose",
    "even_sampled",
    "fit",
    "fit_counts",
    "influence",
    "margins",
    "method_agreement",
    "next_pairs",
    "permutation_test",
    "plan_of",
    "rank_agreement",
    "ranked_pairs",
    "ranked_pairs_many",
    "ranked_pairs_put",
    "sample_size",
    "sandwich",
    "watch",
    "write_next_batch",
]
