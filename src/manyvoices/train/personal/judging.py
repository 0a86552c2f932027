"""What was measured of a run's heads: accuracy by person, group and shots, and disagreement."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from scipy.special import ndtr

from manyvoices.analyse.resampling import Resampling
from manyvoices.train.config_personal import PersonalConfig
from manyvoices.train.personal.choices import BoolArray, FloatArray, pairs_of
from manyvoices.train.personal.data import PeopleData
from manyvoices.train.personal.disagreement import explained, reversal, taste
from manyvoices.train.personal.estimates import Estimate, mean_of_people
from manyvoices.train.personal.evaluate import Curve, Judged, Table, seen_curve, unseen_curve
from manyvoices.train.personal.fairness import ByGroup, accuracy_by_group
from manyvoices.train.personal.whole import Trained
from manyvoices.train.views import ReplyGroup


@dataclass(frozen=True, slots=True)
class Disagreement:
    """What the mean-and-variance head adds to one of equal variance, on what was held out."""

    explained: float
    """r^2: share of utilities' variance that does not depend on who is asked."""
    accuracy: Estimate
    log_loss: Estimate
    log_loss_difference: Estimate
    """Less that of equal variance; below 0 where knowing the spread helps."""


@dataclass(frozen=True, slots=True)
class Evaluation:
    """All of it."""

    seen: Curve | None
    """None where nobody has two conversations."""
    unseen: Curve | None
    """None where nobody was held out."""
    by_group: tuple[ByGroup, ...]
    """Of the personal head with all that is known of each, seen people."""
    by_group_pooled: tuple[ByGroup, ...]
    disagreement: Disagreement


def judge(data: PeopleData, trained: Trained, config: PersonalConfig) -> Evaluation:
    """Predict what was held out."""
    settings = config.evaluation
    resampling = Resampling(settings.resamples, config.seed, settings.level)
    seen = unseen = None
    table = _table(data, trained, ~data.unseen)
    if table.asked.n_stages:
        seen = seen_curve(trained.heads, table, resampling)
    if data.unseen.any():
        unseen = unseen_curve(
            trained.heads,
            _table(data, trained, data.unseen),
            resampling,
            shots=settings.shots,
            draws=settings.draws,
            seed=config.seed,
        )
    groups = [_by_group(data, seen, name, config, resampling) for name in ("all", "pooled")]
    found = _disagreement(data, trained, resampling)
    return Evaluation(seen, unseen, groups[0], groups[1], found)


def _table(data: PeopleData, trained: Trained, people: BoolArray) -> Table:
    of_people = people[data.ranking_person]
    n = len(data.people)
    asked, _ = pairs_of(data.chosen(of_people & data.asked), data.item_person, n)
    known, ranking = pairs_of(data.chosen(of_people & ~data.asked), data.item_person, n)
    if not (people & data.unseen).any():
        # Of seen people is known what the heads were fitted to, in that form.
        known, ranking = trained.choices, np.zeros(trained.choices.n_stages, dtype=np.int64)
    return Table(trained.x, trained.z, known, ranking, asked)


def _by_group(
    data: PeopleData, seen: Curve | None, name: str, config: PersonalConfig, resampling: Resampling
) -> tuple[ByGroup, ...]:
    if seen is None:
        return ()
    found = (
        accuracy_by_group(
            seen.by_person[name],
            data.rows,
            question,
            min_people=config.survey.min_people,
            resampling=resampling,
        )
        for question in config.survey.groups
    )
    return tuple(one for one in found if one is not None)


def _disagreement(data: PeopleData, trained: Trained, resampling: Resampling) -> Disagreement:
    asked, _ = pairs_of(data.chosen(data.asked), data.item_person, len(data.people))
    x, y = trained.x, trained.y
    own, equal = (
        Judged(asked.person, head.probability(x, y, asked), asked.n_people)
        for head in (trained.mean_variance, trained.constant)
    )
    items = [one.items for one in data.chosen(data.asked)] or [r.items for r in data.rankings]
    return Disagreement(
        explained(trained.mean_variance, x, y, items),
        mean_of_people(own.accuracy(), resampling),
        mean_of_people(own.log_loss(), resampling),
        mean_of_people(own.log_loss() - equal.log_loss(), resampling),
    )


@dataclass(frozen=True, slots=True)
class Disputed:
    """One message and how far people are apart on its replies."""

    tree_id: str
    prompt: str
    """The last message of the prompter."""
    n_replies: int
    n_raters: int
    spread: float
    """Standard deviation over people of the difference of two replies' utilities, mean over
    pairs: the personal head's. 0 where it has one direction."""
    taste: float
    """Share of pairs of people who prefer differently, their indecision taken out: the personal
    head's, mean over pairs of replies; at most 1/2."""
    sigma: float
    """Mean standard deviation of a reply's utility: the mean-and-variance head's."""
    reversal: float
    """P(two judgements of one pair contradict each other): the mean-and-variance head's."""
    contradicted: float | None
    """Share of judgements of one pair by two people that did; None: nobody judged the same."""


def disputed(data: PeopleData, trained: Trained, top: int | None = None) -> list[Disputed]:
    """All messages, those first on which people are furthest apart: what to ask more people.

    By `Disputed.spread` where people differ (more than one direction), else by ``sigma``.
    """
    by_prompt: dict[object, list[int]] = defaultdict(list)
    for number, group in enumerate(data.groups):
        by_prompt[group.prefix].append(number)
    sigma = trained.mean_variance.sigma(trained.x, trained.y)
    found = [_one(data, trained, sigma, numbers) for numbers in by_prompt.values()]
    personal = trained.heads.personal.k > 1
    found.sort(key=lambda one: (-(one.spread if personal else one.sigma), one.tree_id))
    return found[:top]


def _one(data: PeopleData, trained: Trained, sigma: FloatArray, numbers: Sequence[int]) -> Disputed:
    first = data.groups[numbers[0]]
    items = np.array([i for n in numbers for i in data.rankings[n].items])
    pairs = np.array([p for n in numbers for p in combinations(data.rankings[n].items, 2)])
    a, b = pairs.T
    share, spread = taste(trained.heads.personal, trained.x[a] - trained.x[b], trained.population)
    ratio = trained.mean_variance.mu(trained.x[a]) - trained.mean_variance.mu(trained.x[b])
    ratio = ratio / np.sqrt(sigma[a] ** 2 + sigma[b] ** 2)
    groups = [data.groups[n] for n in numbers]
    return Disputed(
        tree_id=first.tree_id,
        prompt=first.prefix[-1].text,
        n_replies=len({reply for group in groups for reply in group.replies}),
        n_raters=len({group.rater for group in groups}),
        spread=float(spread.mean()),
        taste=float(reversal(share).mean()),
        sigma=float(sigma[items].mean()),
        reversal=float(reversal(ndtr(ratio)).mean()),
        contradicted=_contradicted(groups),
    )


def _contradicted(groups: Sequence[ReplyGroup]) -> float | None:
    """Two people, one pair of replies, neither tied it: how often they are of two minds."""
    first_wins: dict[tuple[str, str], list[bool]] = defaultdict(list)
    for group in groups:
        for pair, won in _orders(group):
            first_wins[pair].append(won)
    against = both = 0
    for judged in first_wins.values():
        n, wins = len(judged), sum(judged)
        both += n * (n - 1) // 2
        against += wins * (n - wins)
    return against / both if both else None


def _orders(group: ReplyGroup) -> Iterator[tuple[tuple[str, str], bool]]:
    for i, j in combinations(range(len(group.replies)), 2):
        if group.ranks[i] != group.ranks[j]:
            a, b = group.replies[i], group.replies[j]
            first = group.ranks[i] < group.ranks[j]
            yield ((a, b), first) if a < b else ((b, a), not first)
