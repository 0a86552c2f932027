"""Who contributes: how unequally, in which roles and languages, and what the survey says of them.

Source: OASST (arXiv 2304.07327), contributors' share of messages; and the question that it leaves
open, how alike its contributors are (89.1% of those surveyed said male). Gini 1912; Lorenz 1905.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from manyvoices.analyse.resampling import Resampling
from manyvoices.analyse.table import IntArray
from manyvoices.analyse.trees.columns import NONE, FloatArray, TreeColumns

TOPS = (0.01, 0.05, 0.10)
ROLES = ("prompter", "assistant", "reviewer", "ranker")
_POINTS = 101
_BLOCK = 64
_LEAST = 10
"""People below which no interval of a Gini coefficient is given."""


@dataclass(frozen=True, slots=True)
class Inequality:
    """How one kind of contribution is shared out among the people who made any."""

    what: str
    """``messages``, or one of `ROLES`."""
    n_people: int
    n_items: int
    mean: float
    median: float
    most: int
    gini: float
    """0 everybody the same; (n - 1) / n one person everything."""
    low: float
    high: float
    """Percentile interval, people resampled; NaN below ten people."""
    top: tuple[float, ...]
    """Share of the busiest 1, 5 and 10% (`TOPS`), rounded up to whole people."""
    lorenz: tuple[tuple[float, float], ...]
    """(share of people, the least busy first; share of contributions), at most 101 points."""


@dataclass(frozen=True, slots=True)
class ContributorsIn:
    """People of one language: contributions to messages in it."""

    language: str
    n_people: int
    """Who wrote, reviewed or ranked there."""
    n_messages: int
    n_reviews: int
    """Single reviews; where the file has none, its counts of reviews."""
    n_rankings: int
    gini: float
    """Of messages among those who wrote there; NaN below ten people."""


@dataclass(frozen=True, slots=True)
class Contributors:
    """Everybody whose id is in the file."""

    n_people: int
    n_without: int
    """Messages by people that name no author."""
    n_messages: int
    """Messages by people, deleted ones too: they were written."""
    activities: tuple[Inequality, ...]
    """All messages, then each role that anybody has."""
    overlap: tuple[tuple[tuple[str, ...], int], ...]
    """(roles, people with exactly these), most people first."""
    languages: tuple[ContributorsIn, ...]
    """Most messages first."""
    polyglots: int
    """People who wrote in more than one language."""


def contributors_of(columns: TreeColumns, resampling: Resampling) -> Contributors | None:
    """Describe contributors; None where the file names nobody."""
    c = columns
    if not c.people:
        return None
    done = activity(c)
    wrote = c.by_people & (c.author != NONE)
    messages = done["prompter"] + done["assistant"]
    kinds = {"messages": messages, **done}
    return Contributors(
        n_people=len(c.people),
        n_without=int((c.by_people & (c.author == NONE)).sum()),
        n_messages=int(c.by_people.sum()),
        activities=tuple(
            inequality(name, counts, resampling) for name, counts in kinds.items() if counts.any()
        ),
        overlap=_overlap(done),
        languages=_languages(c),
        polyglots=_polyglots(c.author[wrote], c.language[wrote]),
    )


def activity(columns: TreeColumns) -> dict[str, IntArray]:
    """Role -> contributions of each person (people,): messages, reviewed messages, rankings."""
    c, n = columns, len(columns.people)
    wrote = c.by_people & (c.author != NONE)
    reviews = np.unique(np.stack([c.given.person, c.given.message]), axis=1)[0]
    rankers = c.rankings.person[c.rankings.person != NONE]
    return {
        "prompter": np.bincount(c.author[wrote & ~c.is_assistant], minlength=n),
        "assistant": np.bincount(c.author[wrote & c.is_assistant], minlength=n),
        "reviewer": np.bincount(reviews, minlength=n),
        "ranker": np.bincount(rankers, minlength=n),
    }


def inequality(what: str, counts: IntArray, resampling: Resampling) -> Inequality:
    """Describe contributions (people,); people without any are left out."""
    found = np.sort(counts[counts > 0])
    low, high = _gini_interval(found, resampling)
    return Inequality(
        what=what,
        n_people=len(found),
        n_items=int(found.sum()),
        mean=float(found.mean()),
        median=float(np.median(found)),
        most=int(found[-1]),
        gini=gini(found),
        low=low,
        high=high,
        top=tuple(_top(found, share) for share in TOPS),
        lorenz=lorenz(found),
    )


def gini(counts: IntArray) -> float:
    """Gini's coefficient of positive numbers (n,): half the mean difference of two drawn with
    replacement, over the mean; 0 for equals, (n - 1) / n where one has everything."""
    ordered = np.sort(counts)
    n, total = len(ordered), float(ordered.sum())
    if not n or not total:
        return float("nan")
    place = np.arange(1, n + 1)
    return float(2 * (place * ordered).sum() / (n * total) - (n + 1) / n)


def lorenz(counts: IntArray) -> tuple[tuple[float, float], ...]:
    """Points of the Lorenz curve of positive numbers (n,), from (0, 0) to (1, 1)."""
    ordered = np.sort(counts)
    n = len(ordered)
    sums = np.concatenate([[0.0], np.cumsum(ordered) / ordered.sum()])
    at = np.unique(np.round(np.linspace(0, n, min(n + 1, _POINTS))).astype(np.int64))
    return tuple((float(k / n), float(sums[k])) for k in at)


def _top(ordered: IntArray, share: float) -> float:
    n = int(np.ceil(share * len(ordered) - 1e-9))
    return float(ordered[-n:].sum() / ordered.sum())


def _gini_interval(ordered: IntArray, resampling: Resampling) -> tuple[float, float]:
    """Percentiles of the coefficient over resamples of people."""
    n = len(ordered)
    if n < _LEAST or not resampling.n_resamples:
        return float("nan"), float("nan")
    rng = np.random.default_rng(resampling.seed)
    draws = []
    for start in range(0, resampling.n_resamples, _BLOCK):
        rows = min(_BLOCK, resampling.n_resamples - start)
        draws.append(_ginis(ordered, rng.multinomial(n, np.full(n, 1 / n), size=rows)))
    tail = (1 - resampling.level) / 2
    low, high = np.quantile(np.concatenate(draws), [tail, 1 - tail])
    return float(low), float(high)


def _ginis(ordered: IntArray, times: IntArray) -> FloatArray:
    """(B,) coefficients where each number counts `times` (B, n): the copies of one number take
    neighbouring places, whose sum is known without laying them out."""
    n = len(ordered)
    last = np.cumsum(times, axis=1)
    places = times * (2 * last - times + 1) / 2
    total = times @ ordered
    found: FloatArray = 2 * (places @ ordered) / (n * total) - (n + 1) / n
    return found


def _overlap(done: dict[str, IntArray]) -> tuple[tuple[tuple[str, ...], int], ...]:
    table = np.stack([done[role] > 0 for role in ROLES], axis=1)
    found, counts = np.unique(table, axis=0, return_counts=True)
    named = [
        (tuple(role for role, has in zip(ROLES, row, strict=True) if has), int(n))
        for row, n in zip(found.tolist(), counts.tolist(), strict=True)
    ]
    return tuple(sorted((one for one in named if one[0]), key=lambda one: (-one[1], one[0])))


def _polyglots(authors: IntArray, languages: IntArray) -> int:
    pairs = np.unique(np.stack([authors, languages]), axis=1)
    _, n = np.unique(pairs[0], return_counts=True)
    return int((n > 1).sum())


def _languages(c: TreeColumns) -> tuple[ContributorsIn, ...]:
    wrote = c.by_people & (c.author != NONE)
    reviews = np.unique(np.stack([c.given.person, c.given.message]), axis=1)
    ranked_in = c.language[c.rankings.parent]
    review_in = c.language[reviews[1]]
    rows = []
    for code, language in enumerate(c.languages):
        here = c.language == code
        authors = c.author[wrote & here]
        _, counts = np.unique(authors, return_counts=True)
        rankers = c.rankings.person[(ranked_in == code) & (c.rankings.person != NONE)]
        people = np.concatenate([authors, reviews[0][review_in == code], rankers])
        n_reviews = int((review_in == code).sum())
        rows.append(
            ContributorsIn(
                language=language,
                n_people=len(np.unique(people)),
                n_messages=int((c.by_people & here).sum()),
                n_reviews=n_reviews or int(c.n_reviews[here & (c.n_reviews > 0)].sum()),
                n_rankings=int((ranked_in == code).sum()),
                gini=gini(counts) if len(counts) >= _LEAST else float("nan"),
            )
        )
    return tuple(sorted(rows, key=lambda row: (-row.n_messages, row.language)))
