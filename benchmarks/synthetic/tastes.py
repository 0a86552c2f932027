"""People with planted tastes: what a personal head has to find, and in which directions.

A reply's features are drawn from N(0, I_d). A person's utility of it is

    x . (shared * b + taste * V w),   w = sqrt(s) A z + sqrt(1 - s) e,   e ~ N(0, I),

with b a unit vector, V (d, k) orthonormal, z the one-hot survey and A z of variance 1 over people,
so that the survey explains a share s of what people differ in. What a person says is utility plus
Gumbel noise, as a score from 1 to 100: Plackett-Luce, with the ties that rounding makes.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from manyvoices.train.views import ReplyGroup, Turn

FloatArray = NDArray[np.float64]

QUESTIONS: Mapping[str, int] = {
    "age": 5,
    "education": 4,
    "ethnicity": 4,
    "gender": 3,
    "politics": 5,
    "region": 6,
    "religion": 4,
}
"""Question -> how many answers it has."""


@dataclass(frozen=True, slots=True, eq=False)
class Tastes:
    """What was planted, and what people said."""

    groups: tuple[ReplyGroup, ...]
    survey: Mapping[str, Mapping[str, str]]
    features: Mapping[str, FloatArray]
    """Reply -> (d,)."""
    shared: FloatArray
    """(d,) in the scale of utilities."""
    directions: FloatArray
    """(d, k), orthonormal."""
    weights: Mapping[str, FloatArray]
    """Person -> (k,)."""
    taste: float
    """What multiplies directions in utilities."""

    def utility(self, person: str, replies: list[str]) -> FloatArray:
        """(n,) true utilities of replies to a person, without what they waver."""
        likes = self.shared + self.taste * self.directions @ self.weights[person]
        return np.asarray(self.stacked(replies) @ likes)

    def stacked(self, replies: list[str]) -> FloatArray:
        """(n, d) features."""
        return np.stack([self.features[reply] for reply in replies])


def planted_tastes(
    n_people: int = 120,
    *,
    d: int = 8,
    k: int = 2,
    shared: float = 1.0,
    taste: float = 1.2,
    survey_share: float = 0.5,
    conversations: tuple[int, int] = (6, 6),
    continuations: float = 0.0,
    questions: Mapping[str, int] = QUESTIONS,
    seed: int = 0,
) -> Tastes:
    """Conversations of four replies each, and pairs that go on from them.

    Args:
        conversations: Fewest and most of a person.
        continuations: Mean number of further turns of two replies, Poisson.
    """
    rng = np.random.default_rng(seed)
    directions = np.linalg.qr(rng.normal(size=(d, k)))[0]
    b = rng.normal(size=d)
    b *= shared / np.linalg.norm(b)
    people = [f"u{number:05}" for number in range(n_people)]
    survey, expected = _survey(people, k, questions, rng)
    own = rng.normal(size=(n_people, k))
    weights = np.sqrt(survey_share) * expected + np.sqrt(1 - survey_share) * own
    groups: list[ReplyGroup] = []
    features: dict[str, FloatArray] = {}
    for person, w in zip(people, weights, strict=True):
        likes = b + taste * directions @ w
        for talk in range(int(rng.integers(conversations[0], conversations[1] + 1))):
            sizes = [4] + [2] * int(rng.poisson(continuations))
            groups += _talk(person, talk, sizes, likes, features, rng)
    of_people = dict(zip(people, weights, strict=True))
    return Tastes(tuple(groups), survey, features, b, directions, of_people, taste)


def _survey(
    people: list[str], k: int, questions: Mapping[str, int], rng: np.random.Generator
) -> tuple[dict[str, dict[str, str]], FloatArray]:
    """(answers, (n_people, k) what they say of weights: mean 0, variance 1)."""
    answers: dict[str, dict[str, str]] = {person: {} for person in people}
    total = np.zeros((len(people), k))
    for question, n_levels in questions.items():
        given = rng.integers(n_levels, size=len(people))
        total += rng.normal(size=(n_levels, k))[given]
        for person, level in zip(people, given.tolist(), strict=True):
            answers[person][question] = f"{question} {level}"
    spread = total.std(axis=0)
    return answers, (total - total.mean(axis=0)) / np.where(spread > 0, spread, 1.0)


def _talk(
    person: str,
    talk: int,
    sizes: list[int],
    likes: FloatArray,
    features: dict[str, FloatArray],
    rng: np.random.Generator,
) -> list[ReplyGroup]:
    turns: tuple[Turn, ...] = ()
    found = []
    for number, size in enumerate(sizes):
        name = f"{person}-{talk}-{number}"
        turns = (*turns, Turn("prompter", f"message {name}"))
        replies = [f"reply {name}-{i}" for i in range(size)]
        x = rng.normal(size=(size, len(likes)))
        features |= dict(zip(replies, x, strict=True))
        scores = np.clip(np.round(50 + 12 * (x @ likes + rng.gumbel(size=size))), 1, 100)
        order = np.argsort(-scores, kind="stable")
        levels = sorted(set(scores.tolist()), reverse=True)
        found.append(
            ReplyGroup(
                prefix=turns,
                replies=tuple(replies[i] for i in order),
                ranks=tuple(levels.index(scores[i]) for i in order),
                scores=tuple(float(scores[i]) for i in order),
                tree_id=f"{person}-{talk}",
                language="en",
                rater=person,
            )
        )
        turns = (*turns, Turn("assistant", replies[int(order[0])]))
    return found
