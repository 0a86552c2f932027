"""Whom a head serves: accuracy by group of people, and rewards that do not only please most.

A reward for PPO or best-of-n is one number per reply. Of a personal head it can be the mean
person's utility (utilitarian), the least content group's (maximin: Chakraborty et al., MaxMin-RLHF,
2024, with groups that the survey gives instead of clusters), or what all but a share of people get
at least (quantile).

Utilities of different people have no common zero. Here each person's zero is the mean reply of the
training data, so that "least content" means: gains least over what replies are on average. A
person's scale is as it was fitted: who decides by it firmly has larger differences.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np
from scipy.special import ndtri

from manyvoices.analyse.resampling import Resampling, cluster_means
from manyvoices.train.personal.choices import FloatArray, IntArray
from manyvoices.train.personal.estimates import Estimate
from manyvoices.train.personal.lowrank import PersonalHead

Rule: TypeAlias = Literal["mean", "minimum", "quantile"]


@dataclass(frozen=True, slots=True)
class GroupAccuracy:
    """How often a head is right about the people of one group."""

    group: str
    accuracy: Estimate


@dataclass(frozen=True, slots=True)
class ByGroup:
    """Accuracy by the answers to one question of the survey."""

    question: str
    groups: tuple[GroupAccuracy, ...]
    """Those of enough people."""
    gap: float
    """Best less worst. The best of several is lucky, so it is above 0 without any difference;
    `p` takes account of that."""
    p: float
    """Of a gap at least so large where groups are dealt out to people by chance."""
    n_left_out: int
    """People without an answer, or in groups that are too small."""


def accuracy_by_group(
    by_person: FloatArray,
    people: Sequence[Mapping[str, str]],
    question: str,
    *,
    min_people: int = 10,
    resampling: Resampling | None = None,
    permutations: int = 1000,
) -> ByGroup | None:
    """None where fewer than two groups have `min_people`.

    Args:
        by_person: (n_people,) accuracy of each; NaN for who judged nothing.
        people: Their survey answers.
    """
    resampling = resampling or Resampling()
    answers = np.array([row.get(question, "") for row in people], dtype=object)
    there = ~np.isnan(by_person) & (answers != "")
    names = sorted(a for a in set(answers[there]) if (answers[there] == a).sum() >= min_people)
    if len(names) < 2:
        return None
    kept = there & np.isin(answers, names)
    values = by_person[kept]
    code = np.array([names.index(a) for a in answers[kept]], dtype=np.int64)
    means = cluster_means(
        values,
        code,
        np.arange(len(values), dtype=np.int64),
        n_groups=len(names),
        resampling=resampling,
    )
    groups = tuple(
        GroupAccuracy(name, Estimate(float(mean), float(low), float(high), int(n)))
        for name, mean, low, high, n in zip(
            names, means.mean, means.low, means.high, means.n, strict=True
        )
    )
    gap = float(np.ptp(means.mean))
    p = _gap_by_chance(values, code, gap, permutations, resampling.seed)
    return ByGroup(question, groups, gap, p, int((~np.isnan(by_person)).sum() - kept.sum()))


def _gap_by_chance(values: FloatArray, code: IntArray, gap: float, n: int, seed: int) -> float:
    rng = np.random.default_rng(seed)
    sizes = np.bincount(code)
    larger = 0
    for _ in range(n):
        sums = np.bincount(rng.permutation(code), values)
        larger += bool(np.ptp(sums / sizes) >= gap - 1e-12)
    return (1 + larger) / (1 + n)


@dataclass(frozen=True, slots=True, eq=False)
class Population:
    """How the weights of the people trained on are spread: all that fair rewards need of them, and
    nothing that is anybody's."""

    covariance: FloatArray
    """(K, K) of w over people, what the survey says of them included; their mean is 0."""
    groups: Mapping[str, Mapping[str, FloatArray]]
    """Question -> answer -> (K,) mean weights of those who gave it."""


def population_of(
    head: PersonalHead,
    z: FloatArray,
    people: Sequence[Mapping[str, str]],
    questions: Sequence[str],
    *,
    min_people: int = 10,
) -> Population:
    """Of the people trained on, by what the survey says of them: I + the spread of A z.

    A group's mean is that of A z over its people: what they have in common in all their answers.
    """
    expected = head.prior(z).mean
    k = head.k - 1
    spread = np.atleast_2d(np.cov(expected.T, bias=True)) if len(z) > 1 and k else np.zeros((k, k))
    groups: dict[str, dict[str, FloatArray]] = {}
    for question in questions:
        answers = np.array([row.get(question, "") for row in people], dtype=object)
        for answer in sorted(set(answers) - {""}):
            mine = answers == answer
            if mine.sum() >= min_people:
                groups.setdefault(question, {})[str(answer)] = expected[mine].mean(axis=0)
    return Population(spread + np.eye(k), groups)


def group_utilities(
    head: PersonalHead, x: FloatArray, population: Population, question: str
) -> tuple[tuple[str, ...], FloatArray]:
    """(names, (n, n_groups) utility of each reply to each group's mean person).

    Raises:
        ValueError: There are no groups by that question.
    """
    groups = population.groups.get(question)
    if not groups:
        known = ", ".join(sorted(population.groups)) or "none"
        raise ValueError(
            f"there are no groups by {question!r}; the model holds groups by: {known} "
            "(survey.groups in the configuration of its run)"
        )
    weights = np.stack(list(groups.values()))
    along = x @ head.parameters.basis
    return tuple(groups), (x @ head.parameters.beta)[:, None] + along @ weights.T


def fair_utility(
    head: PersonalHead,
    x: FloatArray,
    population: Population,
    rule: Rule = "mean",
    *,
    question: str | None = None,
    quantile: float = 0.1,
) -> FloatArray:
    """(n,) one number per reply.

    ``mean``: x . beta, the mean person's. ``minimum``: over the groups by `question`. ``quantile``:
    what a share 1 - `quantile` of all people get at least, people's weights being normal:
    x . beta + Phi^-1(quantile) |C^(1/2) V^T x|.

    Args:
        x: (n, d) features, 0 being the mean reply.

    Raises:
        ValueError: ``minimum`` without a question, or one without groups.
    """
    if rule == "minimum":
        if question is None:
            raise ValueError("rule minimum is over groups: name the question that makes them")
        return np.asarray(group_utilities(head, x, population, question)[1].min(axis=1))
    mean = x @ head.parameters.beta
    if rule == "mean":
        return np.asarray(mean)
    along = x @ head.parameters.basis
    spread = np.einsum("nk,kl,nl->n", along, population.covariance, along)
    return np.asarray(mean + ndtri(quantile) * np.sqrt(spread))
