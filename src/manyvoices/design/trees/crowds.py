"""Bots of known reliability: what a simulated crowd writes, how it reviews, ranks and gives up.

The figures are assumptions to be changed, not findings; only what follows from them is computed.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, field

from manyvoices.design.trees.facts import TaskKind

SECONDS = {"write": 240.0, "label": 45.0, "rank": 120.0}
"""Median time that one task takes, seconds; "write" is for each text."""


@dataclass(frozen=True, slots=True)
class Manner:
    """How one sort of person works."""

    p_right: float
    """A review of "is this spam?" says what is so."""
    p_good: float
    """What they write is no spam."""
    quality: float
    """Mean quality of what they write that is no spam; 0 to 1, standard deviation 0.15."""
    ranking_noise: float
    """Standard deviation of the error with which they see a reply's quality."""
    p_skip: float = 0.02
    p_drop: float = 0.03
    """They close the page, and the task comes back when its lease runs out."""
    haste: float = 1.0
    """Factor of the time that a task takes."""


HONEST = Manner(p_right=0.95, p_good=0.98, quality=0.65, ranking_noise=0.1)
CARELESS = Manner(
    p_right=0.75, p_good=0.85, quality=0.45, ranking_noise=0.4, p_skip=0.1, p_drop=0.1, haste=0.5
)
SPAMMING = Manner(p_right=0.5, p_good=0.1, quality=0.3, ranking_noise=5.0, p_drop=0.05, haste=0.2)


@dataclass(frozen=True, slots=True)
class Crowd:
    """Who comes, and for how long."""

    n_people: int
    careless: float = 0.15
    """Share of people."""
    spamming: float = 0.05
    minutes_a_day: float = 20.0
    """Median; half of the people stay longer."""
    honest_manner: Manner = HONEST
    careless_manner: Manner = CARELESS
    spamming_manner: Manner = SPAMMING

    def __post_init__(self) -> None:
        if self.n_people < 1:
            raise ValueError("a crowd has one person at least")
        if min(self.careless, self.spamming) < 0 or self.careless + self.spamming > 1:
            raise ValueError("shares of a crowd lie between 0 and 1, and sum to 1 at most")

    def people(self, rng: random.Random) -> list[Person]:
        """The people, in a drawn order, each sort as often as its share says (rounded)."""
        n_careless = round(self.careless * self.n_people)
        n_spamming = min(round(self.spamming * self.n_people), self.n_people - n_careless)
        n_honest = self.n_people - n_careless - n_spamming
        manners = (
            [self.honest_manner] * n_honest
            + [self.careless_manner] * n_careless
            + [self.spamming_manner] * n_spamming
        )
        rng.shuffle(manners)
        return [
            Person(
                index=i,
                manner=manner,
                comes_at=rng.uniform(0, 86_400),
                stays_s=60 * self.minutes_a_day * rng.lognormvariate(0, 0.5),
            )
            for i, manner in enumerate(manners)
        ]


@dataclass(slots=True)
class Person:
    """Somebody in the crowd."""

    index: int
    manner: Manner
    comes_at: float
    """Second of the day."""
    stays_s: float
    """A day."""
    seen: set[tuple[TaskKind, str]] = field(default_factory=set)
    """Tasks that they hold, did or passed over: none is offered twice."""

    def seconds_for(self, kind: TaskKind, rng: random.Random) -> float:
        """How long they work on one task."""
        sort = "label" if kind.is_label else "rank" if kind.is_rank else "write"
        n_texts = 2 if kind is TaskKind.PROMPT_WITH_ANSWER else 1
        return n_texts * SECONDS[sort] * self.manner.haste * rng.lognormvariate(0, 0.4)

    def writes(self, rng: random.Random) -> tuple[bool, float]:
        """(whether it is no spam, its quality) of a text of theirs."""
        if rng.random() >= self.manner.p_good:
            return False, max(0.0, min(1.0, rng.gauss(0.05, 0.05)))
        return True, max(0.0, min(1.0, rng.gauss(self.manner.quality, 0.15)))

    def says_spam(self, is_good: bool, rng: random.Random) -> bool:
        """Their review of a message."""
        is_right = rng.random() < self.manner.p_right
        return is_good != is_right

    def order(self, qualities: dict[str, float], rng: random.Random) -> list[str]:
        """Replies, or prompts, as they would rank them, best first."""
        seen = {key: q + rng.gauss(0, self.manner.ranking_noise) for key, q in qualities.items()}
        return sorted(seen, key=lambda key: -seen[key])
