"""From many judgements to one order, with the uncertainty that many people bring.

In: battles and ballots. Out: frozen results (`Ratings`, `BootstrapRatings`, `Consensus`).
Stands on NumPy and SciPy alone, so that ``pip install manyvoices`` is enough to rank models or
count ballots. May import: schema (for its errors); `sources` alone reads files through io.
"""

from __future__ import annotations

from manyvoices.aggregate.agreement import rank_agreement
from manyvoices.aggregate.agreement_result import Agreement
from manyvoices.aggregate.ballot_errors import (
    BallotError,
    BallotWeightError,
    DuplicateCandidateError,
    IncompleteBallotsError,
    NoBallotsError,
    TooManyCandidatesError,
    UnknownCandidateError,
    UnreadableBallotError,
)
from manyvoices.aggregate.ballot_tables import elections_from_frame
from manyvoices.aggregate.ballots import Ballots, margins
from manyvoices.aggregate.battles import Battles
from manyvoices.aggregate.bootstrap import BootstrapRatings, MethodBootstrap, bootstrap
from manyvoices.aggregate.borda import borda
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
from manyvoices.aggregate.concordance import Concordance, kendall_w
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
from manyvoices.aggregate.group_agreement import GroupAgreement, group_rank_agreement
from manyvoices.aggregate.influence import (
    Influence,
    influence,
)
from manyvoices.aggregate.kappa import cohen_kappa, fleiss_kappa
from manyvoices.aggregate.kemeny import KemenyResult, kemeny
from manyvoices.aggregate.krippendorff import krippendorff_alpha
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
from manyvoices.aggregate.plackett_luce import plackett_luce
from manyvoices.aggregate.planning import (
    Plan,
    SampleSize,
    plan_of,
    sample_size,
)
from manyvoices.aggregate.position import PositionBias, position_bias
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
from manyvoices.aggregate.schulze import schulze
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
from manyvoices.aggregate.sequential import (
    Sequential,
    SequentialMany,
    sequential_many,
    sequential_test,
)
from manyvoices.aggregate.standing import Standing
from manyvoices.aggregate.tidy import (
    Table,
)
from manyvoices.aggregate.tied_groups import consensus_groups, tied_groups
from manyvoices.aggregate.tournament import condorcet_loser, condorcet_winner, copeland, smith_set
from manyvoices.aggregate.units import Units
from manyvoices.aggregate.verdicts import Verdicts
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
    "Agreement",
    "Ask",
    "BallotError",
    "BallotWeightError",
    "Ballots",
    "Battles",
    "BootstrapRatings",
    "Coefficient",
    "CollinearError",
    "Concordance",
    "Connectivity",
    "Consensus",
    "ConsensusBatch",
    "Covariates",
    "CrowdRatings",
    "DuplicateCandidateError",
    "GroupAgreement",
    "GroupDifferences",
    "IncompleteBallotsError",
    "Influence",
    "KemenyResult",
    "MethodBootstrap",
    "MixedTypesError",
    "NoBallotsError",
    "NoBattlesError",
    "NoResampleError",
    "NotConnectedError",
    "OneModelError",
    "OneRaterError",
    "PermutationTest",
    "Plan",
    "PositionBias",
    "PutResult",
    "Ratings",
    "SampleSize",
    "SandwichErrors",
    "Scores",
    "SelfBattleError",
    "Sequential",
    "SequentialMany",
    "Standing",
    "Table",
    "TooManyCandidatesError",
    "Units",
    "UnknownCandidateError",
    "UnreadableBallotError",
    "UnusableError",
    "Verdicts",
    "Watched",
    "WeightError",
    "bootstrap",
    "borda",
    "by_alpha",
    "by_method",
    "by_sample_size",
    "by_subset",
    "by_tie_threshold",
    "choose_next",
    "cohen_kappa",
    "compare_groups",
    "compare_methods",
    "condorcet_loser",
    "condorcet_winner",
    "confidence_sequence",
    "consensus_groups",
    "copeland",
    "crowd_bradley_terry",
    "diagnose",
    "elections_from_frame",
    "even_sampled",
    "fit",
    "fit_counts",
    "fleiss_kappa",
    "group_rank_agreement",
    "influence",
    "kemeny",
    "kendall_w",
    "krippendorff_alpha",
    "margins",
    "method_agreement",
    "next_pairs",
    "permutation_test",
    "plackett_luce",
    "plan_of",
    "position_bias",
    "rank_agreement",
    "ranked_pairs",
    "ranked_pairs_many",
    "ranked_pairs_put",
    "sample_size",
    "sandwich",
    "schulze",
    "sequential_many",
    "sequential_test",
    "smith_set",
    "tied_groups",
    "watch",
    "write_next_batch",
]
