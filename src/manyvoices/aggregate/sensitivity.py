"""How far a leaderboard depends on choices: PRISM's appendix T as functions that return tables.

Kirk et al., "The PRISM Alignment Dataset" (arXiv 2404.16019), appendices T.3 to T.7 and T.9. Each
function returns one row per model and setting (or per size), so that it can be plotted or joined.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import combinations
from typing import Any

import numpy as np

from manyvoices.aggregate.agreement import rank_agreement
from manyvoices.aggregate.battles import Battles
from manyvoices.aggregate.estimators import finite_rows, rank_centrality
from manyvoices.aggregate.kinds import BoolArray, FloatArray, IntArray
from manyvoices.aggregate.likelihood import bradley_terry
from manyvoices.aggregate.methods import fit
from manyvoices.aggregate.ratings import Ratings, ranks_of
from manyvoices.aggregate.resampling import Data
from manyvoices.aggregate.scores import Scores
from manyvoices.aggregate.tidy import Table, table_of
from manyvoices.schema.errors import ConvergenceError

THRESHOLDS = (0, 1, 2, 5, 10, 15, 20, 30, 50)
ALPHAS = (0.0, 0.5, 1.0, 2.0, 5.0, 10.0, 50.0, 100.0)
SIZES = (500, 100, 50, 10)


def by_tie_threshold(
    scores: Scores, thresholds: Iterable[float] = THRESHOLDS, method: str = "rank_centrality",
    **settings: Any,
) -> Table:  # fmt: skip
    """T.4: ranks when scores up to `thresholds` points apart count as a tie."""
    fits = {value: _tried(scores.battles(value), method, settings) for value in thresholds}
    return _ranks("tie_threshold", fits, "Rank by tie threshold")


def by_alpha(battles: Battles, alphas: Iterable[float] = ALPHAS, **settings: Any) -> Table:
    """T.6: ranks by rank centrality under `alphas` pseudo-wins."""
    fits = {value: _tried(battles, "rank_centrality", {**settings, "alpha": value})
            for value in alphas}  # fmt: skip
    return _ranks("alpha", fits, "Rank by regularisation")


def by_subset(
    data: Data, subsets: Mapping[str, BoolArray], method: str = "rank_centrality", **settings: Any
) -> Table:
    """T.5: ranks on all rows ("all") and on each subset, named masks (rows,)."""
    fits: dict[Any, Ratings | str] = {"all": _tried(data, method, settings)}
    for name, rows in subsets.items():
        fits[name] = _tried(data.select(np.asarray(rows, dtype=np.bool_)), method, settings)
    return _ranks("subset", fits, "Rank by included subset")


def by_method(data: Data, methods: Sequence[str], **settings: Any) -> Table:
    """T.3: ranks under each of `methods`."""
    return _ranks("method", {name: _tried(data, name, settings) for name in methods},
                  "Rank by aggregation function")  # fmt: skip


def method_agreement(data: Data, methods: Sequence[str], **settings: Any) -> Table:
    """T.3: Kendall's tau-b between the orders of every pair of `methods`."""
    fits = {name: _tried(data, name, settings) for name in methods}
    found = {name: each for name, each in fits.items() if isinstance(each, Ratings)}
    return table_of(
        [{"first": a, "second": b, "tau": rank_agreement(found[a], found[b])}
         for a, b in combinations(found, 2)], "Agreement of aggregation functions",
    )  # fmt: skip


def by_sample_size(
    data: Data,
    sizes: Iterable[int] = SIZES,
    *,
    n_draws: int = 1000,
    seed: int = 0,
) -> Table:
    """Table 26: what a sample of so many participants holds, mean and sd over draws.

    Participants are drawn without replacement, all of them in the first row, whose sd is zero. One
    row per size and property; pairs and models that a draw lacks count as zero.
    """
    if data.cluster is None:
        raise ValueError("samples of people need participants, and these battles name none")
    rng = np.random.default_rng(seed)
    features = _of_people(data)
    n_people = len(features)
    rows = []
    for size in (n_people, *(size for size in sizes if size < n_people)):
        draws = 1 if size == n_people else n_draws
        drawn = [rng.permutation(n_people)[:size] for _ in range(draws)]
        found = np.array([_properties(data, features, people) for people in drawn])
        names = _PROPERTIES if isinstance(data, Scores) else _PROPERTIES[1:-2]
        for place, name in enumerate(_PROPERTIES):
            if name in names:
                sd = float(found[:, place].std(ddof=1)) if draws > 1 else 0.0
                rows.append({"n_participants": size, "property": name,
                             "mean": float(found[:, place].mean()), "sd": sd})  # fmt: skip
    return table_of(rows, "Battles as the sample scales")


_PROPERTIES = (
    "opening turns", "battles", "battles per pair of models", "raters per pair of models",
    "rated answers", "raters per model",
)  # fmt: skip


def _of_people(data: Data) -> list[dict[str, Any]]:
    """What each participant adds: counts, and the cells they touch."""
    battles = data.battles() if isinstance(data, Scores) else data
    n = len(battles.models)
    assert data.cluster is not None
    assert battles.cluster is not None
    people = np.unique(data.cluster)
    low, high = np.minimum(battles.a, battles.b), np.maximum(battles.a, battles.b)
    pairs = _split(np.searchsorted(people, battles.cluster), low * n + high, len(people))
    features: list[dict[str, Any]] = [
        {"battles": len(each), "pairs": np.unique(each)} for each in pairs
    ]
    if isinstance(data, Scores):
        opening = data.is_opening
        who = np.searchsorted(people, data.cluster[opening])
        turns = _split(who, data.turn[opening], len(people))
        models = _split(who, data.model[opening], len(people))
        for each, turn, model in zip(features, turns, models, strict=True):
            each |= {"turns": len(np.unique(turn)), "answers": len(model),
                     "models": len(np.unique(model))}  # fmt: skip
    return features


def _split(who: IntArray, values: IntArray, n_people: int) -> list[IntArray]:
    order = np.argsort(who, kind="stable")
    ends = np.cumsum(np.bincount(who, minlength=n_people))[:-1]
    return np.split(values[order], ends)


def _properties(data: Data, features: list[dict[str, Any]], people: IntArray) -> list[float]:
    n = len(data.models)
    n_pairs = n * (n - 1) / 2
    chosen = [features[place] for place in people.tolist()]
    battles = sum(each["battles"] for each in chosen)
    raters = sum(len(each["pairs"]) for each in chosen) / n_pairs
    turns, answers, models = (
        sum(each.get(name, 0) for each in chosen) for name in ("turns", "answers", "models")
    )
    return [turns, battles, battles / n_pairs, raters, answers, models / n]


def even_sampled(
    first: Battles,
    second: Battles,
    *,
    per_pair: int = 80,
    method: str = "rank_centrality",
    n_resamples: int = 1000,
    level: float = 0.9,
    seed: int = 0,
    alpha: float = 1.0,
) -> Table:
    """T.9: two leaderboards on the models and pairs that both hold, each pair equally often.

    For each pair of models found in both, `per_pair` battles are drawn with replacement from each
    source, `n_resamples` times. Per model: the median score and its interval in each, the median
    difference (first less second) with its interval, and the median ranks. `level` is .9 as in
    PRISM's computation (5th to 95th percentile; its caption says 95%). Ties count half. Battles are
    drawn, not people, because the slots of a pair are filled battle by battle.
    """
    if method not in ("rank_centrality", "bradley_terry"):
        raise ValueError(f"method must be rank_centrality or bradley_terry, found {method!r}")
    shared = sorted(set(first.models) & set(second.models))
    if len(shared) < 2:
        raise ValueError(f"the two share {len(shared)} models; two are needed")
    pools = [_pools(each, shared) for each in (first, second)]
    pairs = sorted(set(pools[0]) & set(pools[1]))
    rng = np.random.default_rng(seed)
    scores = []
    for pool in pools:
        wins = _slots(pool, pairs, len(shared), per_pair, n_resamples, rng)
        if method == "rank_centrality":
            scores.append(rank_centrality(wins, alpha=alpha))
        else:
            scores.append(bradley_terry(wins)[0])
    known = finite_rows(scores[0]) & finite_rows(scores[1])
    one, two = scores[0][known], scores[1][known]
    if not len(one):
        raise ConvergenceError(f"{method} has no scores on any even sample; use rank_centrality")
    tail = (1 - level) / 2
    columns: dict[str, list[Any]] = {"model": list(shared)}
    for name, values in (("first", one), ("second", two), ("difference", one - two)):
        low, middle, high = np.quantile(values, [tail, 0.5, 1 - tail], axis=0)
        columns |= {name: middle.tolist(), f"{name}_low": low.tolist(),
                    f"{name}_high": high.tolist()}  # fmt: skip
    columns["rank_first"] = np.median(ranks_of(one), axis=0).tolist()
    columns["rank_second"] = np.median(ranks_of(two), axis=0).tolist()
    columns["n_pairs"] = [len(pairs)] * len(shared)
    return Table(columns, "Two leaderboards, sampled evenly")


def _pools(battles: Battles, shared: Sequence[str]) -> dict[tuple[int, int], FloatArray]:
    """Outcomes for the first model of each pair (i < j in `shared`)."""
    place = {name: code for code, name in enumerate(shared)}
    new = np.array([place.get(name, -1) for name in battles.models])
    a, b = new[battles.a], new[battles.b]
    kept = (a >= 0) & (b >= 0)
    a, b, outcome = a[kept], b[kept], battles.outcome[kept]
    turned = a > b
    key = np.where(turned, b, a) * len(shared) + np.where(turned, a, b)
    outcome = np.where(turned, 1 - outcome, outcome)
    return {divmod(int(cell), len(shared)): outcome[key == cell] for cell in np.unique(key)}


def _slots(
    pool: Mapping[tuple[int, int], FloatArray],
    pairs: Sequence[tuple[int, int]],
    n: int,
    per_pair: int,
    n_resamples: int,
    rng: np.random.Generator,
) -> FloatArray:
    wins = np.zeros((n_resamples, n, n))
    for i, j in pairs:
        outcome = pool[i, j]
        share = [(outcome == value).mean() for value in (1.0, 0.5, 0.0)]
        drawn = rng.multinomial(per_pair, share, size=n_resamples)
        wins[:, i, j] = drawn[:, 0] + 0.5 * drawn[:, 1]
        wins[:, j, i] = per_pair - wins[:, i, j]
    return wins


def _tried(data: Data, method: str, settings: Mapping[str, Any]) -> Ratings | str:
    """Fit, or say why not: one setting without scores must not end the table."""
    try:
        return fit(data, method, **settings)
    except ConvergenceError as error:
        return str(error)


def _ranks(name: str, fits: Mapping[Any, Ratings | str], title: str) -> Table:
    rows: list[dict[str, Any]] = []
    for value, each in fits.items():
        if isinstance(each, str):
            continue
        rows += [{name: value, "model": model, "rank": int(rank), "score": float(score)}
                 for model, rank, score in zip(each.models, each.ranks, each.scores,
                                               strict=True)]  # fmt: skip
    missing = [str(value) for value, each in fits.items() if isinstance(each, str)]
    note = f" (no scores at {name} {', '.join(missing)})" if missing else ""
    return table_of(rows, title + note)
