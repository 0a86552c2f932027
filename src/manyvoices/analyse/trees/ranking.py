"""How far people agree on the order of replies, and how often the merged order is a tie.

OASST's public files hold merged ranks alone; single rankings come with ``events`` or in our native
files. Kendall's W and tau are those of `manyvoices.aggregate`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from manyvoices.aggregate import consensus_groups, kendall_w, rank_agreement
from manyvoices.analyse.overview import Count
from manyvoices.analyse.resampling import Resampling
from manyvoices.analyse.table import IntArray
from manyvoices.analyse.trees.columns import NONE, FloatArray, TreeColumns
from manyvoices.analyse.trees.estimates import Estimate, estimate, tree_means
from manyvoices.analyse.trees.shape import ranked_sets

MEASURES = ("kendall_w", "tau", "top", "chance")
ALL = ""
"""Language of the row of all sets."""


@dataclass(frozen=True, slots=True)
class AgreementRow:
    """Sets of one language, or all of them."""

    language: str
    n_sets: int
    """Sets that two people or more ranked."""
    kendall_w: Estimate
    """Of sets whose rankings are complete: 1 the same order, 0 none."""
    tau: Estimate
    """Kendall's tau-b, mean over the pairs of rankings of a set, on the replies both placed."""
    top: Estimate
    """Share of pairs of rankings that put the same reply first; where a first place is shared, the
    chance that a reply drawn from each is the same."""
    chance: Estimate
    """The same if people ranked at random: one over the number of replies."""


@dataclass(frozen=True, slots=True)
class RankAgreement:
    """Rankings of replies."""

    n_rankings: int
    n_rankers: int
    all_bad: Count
    """Rankings that say "all replies are bad"."""
    with_ties: Count
    """Rankings, of the others, that place two replies equal."""
    rows: tuple[AgreementRow, ...]
    """All sets first, then languages, most sets first."""
    merged: Count
    """Sets whose merged order (ranked pairs) has a tie, of all sets with a ranking."""
    merged_top: Count
    """Sets whose merged first place is shared."""
    published: Count
    """Sets in which two replies have the same published rank, of all with published ranks."""
    same_best: Count
    """Sets whose published best reply is best in our merged order, of those that have both."""
    rankers_per_set: float
    """Mean; NaN where there are none."""


@dataclass(frozen=True, slots=True, eq=False)
class _Set:
    """The rankings of the replies to one message."""

    parent: int
    places: FloatArray
    """(rankers, replies) NaN where somebody left a reply out."""
    replies: IntArray


def rank_agreement_of(columns: TreeColumns, resampling: Resampling) -> RankAgreement | None:
    """Agreement of single rankings; None where the file has neither these nor ranks.

    Intervals resample whole trees.
    """
    c, r = columns, columns.rankings
    n_published, n_published_tied = _published(c)
    if not len(r.parent) and not n_published:
        return None
    found = list(_sets(c))
    groups = {one.parent: _merged(one) for one in found}
    best = [_has_best(c, one, groups[one.parent]) for one in found]
    known = [value for value in best if value is not None]
    return RankAgreement(
        n_rankings=len(r.parent),
        n_rankers=len(np.unique(r.person[r.person != NONE])),
        all_bad=Count(int(r.all_bad.sum()), len(r.parent)),
        with_ties=_with_ties(c),
        rows=_rows(c, [one for one in found if len(one.places) >= 2], resampling),
        merged=Count(sum(any(len(g) > 1 for g in gs) for gs in groups.values()), len(groups)),
        merged_top=Count(sum(len(gs[0]) > 1 for gs in groups.values()), len(groups)),
        published=Count(n_published_tied, n_published),
        same_best=Count(sum(known), len(known)),
        rankers_per_set=float(np.mean([len(s.places) for s in found])) if found else float("nan"),
    )


def _sets(c: TreeColumns) -> Iterator[_Set]:
    """Sets with two replies that somebody placed, in the order of their parents."""
    r = c.rankings
    kept = np.flatnonzero(~r.all_bad)
    begin = np.searchsorted(r.ranking, np.arange(len(r.parent) + 1))
    for rows in np.split(kept, np.flatnonzero(np.diff(r.parent[kept])) + 1) if len(kept) else ():
        spans = [slice(begin[row], begin[row + 1]) for row in rows]
        replies = np.unique(np.concatenate([r.message[span] for span in spans]))
        places = np.full((len(rows), len(replies)), np.nan)
        for i, span in enumerate(spans):
            places[i, np.searchsorted(replies, r.message[span])] = r.place[span]
        places = places[(~np.isnan(places)).sum(axis=1) >= 2]
        if len(places):
            yield _Set(int(r.parent[rows[0]]), places, replies)


def _merged(one: _Set) -> list[list[str]]:
    """The order that ranked pairs makes, as everywhere in manyvoices."""
    names = [str(reply) for reply in one.replies.tolist()]
    ballots = []
    for row in one.places:
        values = sorted(set(row[~np.isnan(row)].tolist()))
        ballots.append([[names[i] for i in np.flatnonzero(row == value)] for value in values])
    return consensus_groups(ballots, names)


def _has_best(c: TreeColumns, one: _Set, groups: list[list[str]]) -> bool | None:
    """Whether the reply of the lowest published rank is in our first group."""
    ranks = c.rank[one.replies]
    if (ranks == NONE).all():
        return None
    best = one.replies[ranks == ranks[ranks != NONE].min()]
    return any(str(reply) in groups[0] for reply in best.tolist())


def _with_ties(c: TreeColumns) -> Count:
    r = c.rankings
    _, n = np.unique(np.stack([r.ranking, r.place]), axis=1, return_counts=True)
    which, _ = np.unique(np.stack([r.ranking, r.place]), axis=1)
    return Count(len(np.unique(which[n > 1])), int((~r.all_bad).sum()))


def _published(c: TreeColumns) -> tuple[int, int]:
    """Sets with published ranks, and those in which two replies share one."""
    n, in_set = ranked_sets(c)
    if not in_set.any():
        return 0, 0
    pairs = np.stack([c.parent[in_set], c.rank[in_set]])
    found, times = np.unique(pairs, axis=1, return_counts=True)
    return int((n >= 2).sum()), len(np.unique(found[0][times > 1]))


def _rows(c: TreeColumns, sets: list[_Set], resampling: Resampling) -> tuple[AgreementRow, ...]:
    """One row for all sets and one for each language, from one set of resamples."""
    if not sets:
        return ()
    table = np.array([_measures(one) for one in sets])
    parent = np.array([one.parent for one in sets])
    language, tree = c.language[parent], c.tree[parent]
    codes, language = np.unique(language, return_inverse=True)
    k = len(MEASURES)
    values, groups, trees = [], [], []
    for code in (np.zeros_like(language), language + 1):
        for j in range(k):
            there = ~np.isnan(table[:, j])
            values.append(table[there, j])
            groups.append(code[there] * k + j)
            trees.append(tree[there])
    means = tree_means(
        np.concatenate(values),
        np.concatenate(groups),
        np.concatenate(trees),
        n_groups=k * (len(codes) + 1),
        resampling=resampling,
    )
    n_sets = [len(sets), *np.bincount(language).tolist()]
    names = [ALL, *(c.languages[code] for code in codes.tolist())]
    rows = [
        AgreementRow(name, n, *(estimate(means, i * k + j) for j in range(k)))
        for i, (name, n) in enumerate(zip(names, n_sets, strict=True))
    ]
    return (rows[0], *sorted(rows[1:], key=lambda row: (-row.n_sets, row.language)))


def _measures(one: _Set) -> tuple[float, float, float, float]:
    """W, mean tau, share of equal tops and what chance gives, of one set; NaN where undefined."""
    whole = one.places[~np.isnan(one.places).any(axis=1)]
    w = kendall_w(whole).value if len(whole) >= 2 else float("nan")
    pairs = list(combinations(one.places, 2))
    taus = [_tau(a, b) for a, b in pairs]
    tops = [_same_top(a, b) for a, b in pairs]
    return w, _mean(taus), _mean(tops), 1 / one.places.shape[1]


def _tau(a: FloatArray, b: FloatArray) -> float:
    both = ~(np.isnan(a) | np.isnan(b))
    return rank_agreement(a[both], b[both]) if both.sum() >= 2 else float("nan")


def _same_top(a: FloatArray, b: FloatArray) -> float:
    first, second = a == np.nanmin(a), b == np.nanmin(b)
    return float((first & second).sum() / (first.sum() * second.sum()))


def _mean(values: list[float]) -> float:
    kept = [value for value in values if value == value]
    return float(np.mean(kept)) if kept else float("nan")
