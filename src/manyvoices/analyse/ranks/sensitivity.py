"""How far the order of models depends on choices: function, tie threshold, subset, alpha.

PRISM, Figures 31, 32 and 33 (arXiv 2404.16019, appendices T.3 to T.6).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any, Literal

import numpy as np

from manyvoices.aggregate import Ratings, Scores, bootstrap, fit, fit_counts, rank_agreement
from manyvoices.analyse.leaderboard import Missing
from manyvoices.analyse.ranks.cohorts import known_quantiles
from manyvoices.analyse.resampling import Resampling
from manyvoices.analyse.table import FloatArray, IntArray
from manyvoices.schema.errors import ConvergenceError, ManyvoicesError

THRESHOLDS = tuple(range(51))
ALPHAS = (0.0, 0.5, 1.0, 2.0, 5.0, 10.0, 20.0, 50.0, 100.0)
MOST_FOR_TAU = 200
"""Resamples behind the intervals of the taus: they settle long before those of ranks do."""

Function = tuple[str, str, Mapping[str, Any]]
"""Name for people, method of `fit`, and its arguments."""


@dataclass(frozen=True, slots=True, eq=False)
class RankGrid:
    """Ranks of the models under several settings."""

    name: str
    """What is varied."""
    settings: tuple[str, ...]
    models: tuple[str, ...]
    """Best first under the setting `reference`."""
    ranks: IntArray
    """(settings, n); 0 = the model is not in the data of that setting."""
    scores: FloatArray
    """(settings, n) in the unit of each setting's method; NaN where absent."""
    reference: int
    """Index of the setting that the report uses elsewhere."""
    missing: tuple[Missing, ...] = ()

    def spread(self) -> IntArray:
        """(n,) places between the best and the worst rank of each model."""
        best = np.where(self.ranks > 0, self.ranks, np.iinfo(np.int64).max).min(axis=0)
        return np.asarray(self.ranks.max(axis=0) - best)


@dataclass(frozen=True, slots=True, eq=False)
class MethodComparison:
    """Ranks by aggregation function, and how alike the functions are."""

    grid: RankGrid
    tau: FloatArray
    """(m, m) Kendall's tau-b between the orders; 1 on the diagonal."""
    tau_low: FloatArray
    tau_high: FloatArray
    """(m, m) percentile intervals over resampled people; both functions see the same resample."""
    resampling: Resampling


def functions(n_battles: int, seed: int, compat: Literal["prism"] | None = None) -> list[Function]:
    """PRISM's eight aggregation functions (appendix T.3).

    Elo is played twice, in two random orders, as there. Its "MLE Elo" is Bradley-Terry in Elo's
    unit; PRISM's has an L2 penalty without saying so, ours has none. `compat="prism"` scores rank
    centrality with its published mismatch of indices.
    """
    rng = np.random.default_rng(seed)
    shuffles = [rng.permutation(n_battles) for _ in range(2)]
    return [
        ("rank centrality", "rank_centrality", {"compat": compat} if compat else {}),
        ("Elo, one order", "elo", {"order": shuffles[0]}),
        ("Elo, another order", "elo", {"order": shuffles[1]}),
        ("Bradley–Terry (“MLE Elo”)", "bradley_terry", {}),
        ("mean win rate", "win_rate", {}),
        ("mean score", "mean_score", {}),
        ("mean normalised score", "normalized_score", {}),
        ("mean rank within the turn", "within_turn_rank", {}),
    ]


def compare_functions(
    scores: Scores, *, resampling: Resampling, compat: Literal["prism"] | None = None
) -> MethodComparison:
    """Rank by each of PRISM's functions; intervals of tau from resampled people (at most 200)."""
    wanted = functions(len(scores.battles()), resampling.seed, compat)
    fits = {name: _tried(scores, method, extra) for name, method, extra in wanted}
    grid = grid_of("aggregation function", fits, "rank centrality")
    tau = _taus([grid.scores[[i]] for i in range(len(grid.settings))])[:, :, 0]
    n = min(resampling.n_resamples, MOST_FOR_TAU)
    low, high = np.full((2, *tau.shape), np.nan)
    if n:
        drawn = _drawn([f for f in wanted if f[0] in grid.settings], scores, n, resampling.seed)
        taus = _taus(drawn)
        tail = (1 - resampling.level) / 2
        low, high = known_quantiles(taus.transpose(2, 0, 1), (tail, 1 - tail))
    used = Resampling(n, resampling.seed, resampling.level)
    return MethodComparison(grid, tau, low, high, used)


def by_threshold(scores: Scores, *, thresholds: Iterable[float] = THRESHOLDS) -> RankGrid:
    """Figure 32: ranks when scores up to `thresholds` points apart are a tie."""
    values = sorted({*thresholds, scores.tie_threshold})
    fits = {f"{v:g}": _tried(scores.battles(v), "rank_centrality", {}) for v in values}
    return grid_of("tie threshold", fits, f"{scores.tie_threshold:g}")


def by_alpha(
    wins: FloatArray,
    models: Sequence[str],
    *,
    alphas: Iterable[float] = ALPHAS,
    compat: Literal["prism"] | None = None,
) -> RankGrid:
    """Figure 33 b: ranks by rank centrality with `alphas` pseudo-wins each way, from wins (n, n).

    `compat="prism"`: with its mismatch of indices; count ties once each way then.
    """
    fits: dict[str, Ratings | str] = {}
    for alpha in sorted({*alphas, 1.0}):
        try:
            fits[f"{alpha:g}"] = fit_counts(wins, models, alpha=alpha, compat=compat)
        except ConvergenceError as error:
            fits[f"{alpha:g}"] = str(error)
    return grid_of("alpha", fits, "1")


def by_subset(subsets: Mapping[str, Scores], reference: str) -> RankGrid:
    """Figure 33 a: ranks by rank centrality on each of several subsets."""
    fits = {name: _tried(data, "rank_centrality", {}) for name, data in subsets.items()}
    return grid_of("included battles", fits, reference)


def grid_of(name: str, fits: Mapping[str, Ratings | str], reference: str) -> RankGrid:
    """Ratings under several settings side by side; a text in place of ratings says why none."""
    found = {key: one for key, one in fits.items() if isinstance(one, Ratings)}
    if reference not in found:
        raise ConvergenceError(
            f"{name} {reference}: {fits.get(reference, 'not among the settings')}"
        )
    first = found[reference]
    order = [first.models[code] for code in np.argsort(first.ranks, kind="stable")]
    extra = sorted({m for one in found.values() for m in one.models} - set(order))
    models = (*order, *extra)
    ranks = np.zeros((len(found), len(models)), dtype=np.int64)
    scores = np.full(ranks.shape, np.nan)
    place = {model: i for i, model in enumerate(models)}
    for row, one in enumerate(found.values()):
        columns = [place[model] for model in one.models]
        ranks[row, columns], scores[row, columns] = one.ranks, one.scores
    missing = tuple(Missing(k, one) for k, one in fits.items() if isinstance(one, str))
    keys = tuple(found)
    return RankGrid(name, keys, models, ranks, scores, keys.index(reference), missing)


def _tried(data: Any, method: str, settings: Mapping[str, Any]) -> Ratings | str:
    try:
        return fit(data, method, **settings)
    except ManyvoicesError as error:
        return str(error)


def _drawn(wanted: Sequence[Function], scores: Scores, n: int, seed: int) -> list[FloatArray]:
    """Scores (n, models) per function; the same seed draws the same people for each."""
    found = []
    for _, method, extra in wanted:
        try:
            drawn = bootstrap(scores, (method,), n_resamples=n, seed=seed, **extra)
            found.append(drawn[method].scores)
        except ConvergenceError:  # No resample has scores: the tau stands without an interval.
            found.append(np.full((n, len(scores.models)), np.nan))
    return found


def _taus(scores: Sequence[FloatArray]) -> FloatArray:
    """Kendall's tau-b (m, m, B) between scores (B, n) of m functions; NaN where either is."""
    m, n_draws = len(scores), len(scores[0])
    taus = np.ones((m, m, n_draws))
    for i, j in combinations(range(m), 2):
        for b in range(n_draws):
            x, y = scores[i][b], scores[j][b]
            both = ~(np.isnan(x) | np.isnan(y))
            value = rank_agreement(x[both], y[both]) if both.sum() > 1 else np.nan
            taus[i, j, b] = taus[j, i, b] = value
    return taus
