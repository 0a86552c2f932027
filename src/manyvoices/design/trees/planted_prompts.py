"""The lottery of a simulation: prompts that wait, the orders people put them in, and the draws."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass, field

from manyvoices.design.trees.crowds import Person
from manyvoices.design.trees.facts import TaskKind
from manyvoices.design.trees.lottery import (
    Waiting,
    draw_prompt,
    place_score,
    seats_for_prompt_rankings,
    standing,
)
from manyvoices.design.trees.planted_trees import GrowingTree
from manyvoices.design.trees.policy import TreePolicy

WINS_SINCE_S = 30 * 86_400.0
"""How long a reply that was ranked first counts for its author in the draw."""
_KIND = TaskKind.RANK_INITIAL_PROMPTS


@dataclass(slots=True)
class PromptPool:
    """Accepted prompts that wait to be drawn."""

    policy: TreePolicy
    rng: random.Random
    waiting: dict[str, GrowingTree] = field(default_factory=dict)
    """Tree -> it, in the order in which they came."""
    draws: list[float] = field(default_factory=list)
    """At each draw among two or more: the share of the other prompts that are worse than the one
    drawn, equals half."""
    _shares: dict[str, list[float]] = field(default_factory=dict)
    _n_leased: int = 0
    _wins: list[tuple[int, float]] = field(default_factory=list)

    def to_rank(self, person: Person) -> tuple[str, ...] | None:
        """Trees whose prompts somebody is to put in order, now in their hands: those placed least
        often; None where fewer than two are left for them, or none of these lacks a place."""
        if not self._seats():
            return None
        keys = [key for key in self.waiting if self._may(person, key)]
        self.rng.shuffle(keys)
        keys.sort(key=self._n_placed)
        if len(keys) < 2 or self._n_placed(keys[0]) >= self.policy.num_prompt_rankings:
            return None
        self._n_leased += 1
        drawn = tuple(keys[: self.policy.prompt_ranking_size])
        person.seen |= {(_KIND, key) for key in drawn}
        return drawn

    def give_back(self) -> None:
        """An order of prompts is in nobody's hands any more, sent or not."""
        self._n_leased -= 1

    def place(self, order: Sequence[str]) -> None:
        """Somebody's order of prompts, best first."""
        for key, (_place, share) in standing([[key] for key in order]).items():
            self._shares.setdefault(key, []).append(share)

    def note_win(self, author: int, written_at: float) -> None:
        """A reply of somebody's was ranked first."""
        self._wins.append((author, written_at))

    def draw(self, now: float) -> GrowingTree | None:
        """Take one out by the lottery; None where none waits."""
        drawn = draw_prompt(
            [self._ticket(key, now) for key in self.waiting],
            self.rng,
            pull=self.policy.prompt_ranking_pull,
        )
        if drawn is None:
            return None
        tree = self.waiting.pop(drawn.tree)
        if self.waiting:
            own, others = tree.prompt.quality, [t.prompt.quality for t in self.waiting.values()]
            worse = sum((other < own) + (other == own) / 2 for other in others)
            self.draws.append(worse / len(others))
        return tree

    def _seats(self) -> int:
        if not self.policy.num_prompt_rankings:
            return 0
        counts = [self._n_placed(key) for key in self.waiting]
        return seats_for_prompt_rankings(counts, n_leased=self._n_leased, policy=self.policy)

    def _may(self, person: Person, key: str) -> bool:
        return self.waiting[key].prompt.author != person.index and (_KIND, key) not in person.seen

    def _n_placed(self, key: str) -> int:
        return len(self._shares.get(key, ()))

    def _ticket(self, key: str, now: float) -> Waiting:
        author = self.waiting[key].prompt.author
        wins = sum(who == author and at > now - WINS_SINCE_S for who, at in self._wins)
        return Waiting(key, str(author), wins, place_score(self._shares.get(key, ())))
