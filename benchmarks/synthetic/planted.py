"""A synthetic PRISM in which one knows what there is to find.

People, ids, types and numbers of answers are those of `benchmarks.synthetic_prism`. Opening prompts
are about a topic, drawn for each conversation with chances that depend on the person's group; the
score of an answer is, before it is rounded and kept within 1 to 100,

    base + shift[person] + spread[person] * (quality[model] + group_model[group of person, model]
        + points_per_100_chars * (characters of the answer - 565) / 100 + noise)

where noise ~ N(0, noise_sd), shift ~ N(0, shift_sd), and spread is log-normal with mean 1. Scores
stay away from the ends (with the default sizes about 1 in 170 is cut), so every term can be
found again by least squares, and ranks by the sums of quality and group_model.
"""

from __future__ import annotations

import math
import random
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from benchmarks.synthetic import wording
from benchmarks.synthetic.conversations import Conversations
from benchmarks.synthetic.golden import Golden

MEAN_CHARS = 565
"""Of an answer, as published."""

TOPICS: Mapping[str, tuple[str, ...]] = {
    "garden": tuple("roses soil compost seeds tulips pruning greenhouse weeds lawn bulbs".split()),
    "football": tuple("goalkeeper striker league penalty referee midfield derby offside".split()),
    "cooking": tuple("oven recipe garlic saucepan flour simmer dough roasted butter".split()),
    "astronomy": tuple("telescope galaxy comet orbit nebula planets eclipse supernova".split()),
    "election": tuple("ballot senator candidate parliament turnout campaign voters party".split()),
    "medicine": tuple("vaccine surgeon diagnosis antibiotics symptoms clinic dosage fever".split()),
}
"""Topic -> words that only its prompts have."""

_FRAMES = (
    "Tell me about {} and {} with {}.",
    "What do you know of {}, {} or {}?",
    "How does {} change {} and {}?",
    "I keep thinking of {} and {}, also {}.",
)


@dataclass(frozen=True, slots=True)
class Effect:
    """What is different for one group."""

    column: str
    """Of the survey, flattened: ``gender``, ``age``, ``ethnicity_simplified``."""
    level: str
    what: str
    """The topic, or the model."""
    size: float
    """Factor on the topic's odds against all others; points on the model's score."""


@dataclass(frozen=True)
class Planted:
    """What is planted. Every default can be found again in a tenth of the release."""

    topics: Mapping[str, tuple[str, ...]] = field(default_factory=lambda: dict(TOPICS))
    topic_shares: Mapping[str, float] = field(default_factory=dict)
    """Topic -> share among people without an effect; those not named share the rest equally."""
    topic_effects: tuple[Effect, ...] = (Effect("gender", "Female", "garden", 4.0),)
    qualities: Mapping[str, float] = field(
        default_factory=lambda: {
            "gpt-4": 16.0,
            "zephyr-7b-beta": 8.0,
            "flan-t5-xxl": -16.0,
            "command-light": -8.0,
        }
    )
    """Short name of a model -> points; 0 where not named."""
    group_models: tuple[Effect, ...] = (Effect("gender", "Female", "claude-2", 14.0),)
    shift_sd: float = 8.0
    """Points between people's mean scores."""
    spread_sd: float = 0.25
    """Standard deviation of people's spreads, whose mean is 1."""
    noise_sd: float = 10.0
    points_per_100_chars: float = 1.0
    base: float = 52.0

    def shares(self, person: Mapping[str, Any]) -> dict[str, float]:
        """Topic -> chance for this person (a row of the survey, or a flattened one)."""
        rest = [topic for topic in self.topics if topic not in self.topic_shares]
        left = (1 - sum(self.topic_shares.values())) / len(rest) if rest else 0.0
        weights = {topic: self.topic_shares.get(topic, left) for topic in self.topics}
        for effect in self.topic_effects:
            if value_of(person, effect.column) == effect.level:
                share = weights[effect.what] / sum(weights.values())
                odds = effect.size * share / (1 - share)
                others = sum(weights.values()) - weights[effect.what]
                weights[effect.what] = odds * others
        total = sum(weights.values())
        return {topic: weight / total for topic, weight in weights.items()}

    def liking(self, person: Mapping[str, Any], model: str) -> float:
        """Points of a model with this person, without habits, length and noise."""
        name = model.rsplit("/", 1)[-1]
        return self.qualities.get(name, 0.0) + sum(
            effect.size
            for effect in self.group_models
            if effect.what == name and value_of(person, effect.column) == effect.level
        )

    def habits(self, user: str, seed: int) -> tuple[float, float]:
        """(shift, spread) of one person."""
        rng = random.Random(f"{seed}-{user}-habits")
        width = math.sqrt(math.log(1 + self.spread_sd**2))
        return rng.gauss(0, self.shift_sd), rng.lognormvariate(-(width**2) / 2, width)


def value_of(person: Mapping[str, Any], column: str) -> Any:
    """A column of the survey, nested or flattened."""
    if column in person:
        return person[column]
    outer, _, inner = column.partition("_")
    return person[outer][inner] if isinstance(person.get(outer), Mapping) else None


class PlantedConversations(Conversations):
    """Makes the conversations of a plan."""

    def __init__(
        self, golden: Golden, seed: int, plan: Planted, people: Mapping[str, Mapping[str, Any]]
    ) -> None:
        super().__init__(golden, seed)
        self._plan, self._people, self._user = plan, people, ""
        _check(plan, self._models, people)

    def make(self, conversation: str, user: str, n: int, kind: str) -> dict[str, Any]:
        """One conversation of `user`."""
        self._user = user
        return super().make(conversation, user, n, kind)

    def _prompt(self, turn: int, kind: str, rng: random.Random) -> dict[str, Any]:
        if turn:
            return super()._prompt(turn, kind, rng)
        shares = self._plan.shares(self._people[self._user])
        topic = rng.choices(list(shares), list(shares.values()))[0]
        words = self._plan.topics[topic]
        frames = (rng.choice(_FRAMES).format(*rng.sample(words, 3)) for _ in range(3))
        return {"turn": turn, "role": "user", "content": " ".join(frames)}

    def _answer(
        self, turn: int, place: int, model: str, lean: float, rng: random.Random
    ) -> dict[str, Any]:
        plan, person = self._plan, self._people[self._user]
        answer = super()._answer(turn, place, model, lean, rng)
        content = wording.text(rng, wording.length(rng, MEAN_CHARS, 388, 40, 4630))
        shift, spread = plan.habits(self._user, self._seed)
        more = plan.points_per_100_chars * (len(content) - MEAN_CHARS) / 100
        liked = plan.liking(person, model) + more + rng.gauss(0, plan.noise_sd)
        score = plan.base + shift + spread * liked
        return answer | {"content": content, "score": int(min(max(round(score), 1), 100))}


def _check(plan: Planted, models: list[str], people: Mapping[str, Mapping[str, Any]]) -> None:
    short = {model.rsplit("/", 1)[-1] for model in models}
    for name in (*plan.qualities, *(effect.what for effect in plan.group_models)):
        if name not in short:
            raise ValueError(f"no model is called {name!r}; there are {', '.join(sorted(short))}")
    for effect in (*plan.topic_effects, *plan.group_models):
        if not any(value_of(row, effect.column) == effect.level for row in people.values()):
            raise ValueError(f"nobody has {effect.level!r} in {effect.column!r}")
    for effect in plan.topic_effects:
        if effect.what not in plan.topics:
            raise ValueError(f"there is no topic {effect.what!r}")
