"""The trees of a simulation under the server's rules: states, needs, merged rankings, the lottery.

Whoever changes a tree calls `Forest.refresh`, as the server does; there is nothing else to sweep,
since no lease ends by itself here.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from manyvoices.design.trees.facts import TaskKind, TreeFacts
from manyvoices.design.trees.lifecycle import advance
from manyvoices.design.trees.lottery import trees_to_start
from manyvoices.design.trees.needs import needs
from manyvoices.design.trees.planted_prompts import PromptPool
from manyvoices.design.trees.planted_trees import GrowingTree, Planted
from manyvoices.design.trees.policy import TreePolicy
from manyvoices.design.trees.urgency import due_at
from manyvoices.schema import TreeState

Merge = Callable[[Sequence[Sequence[str]], Sequence[str]], list[list[str]]]
"""(rankings, replies) -> replies in groups, best first: how a consensus is made."""

START = datetime(2026, 1, 1, tzinfo=UTC)


class Forest:
    """All trees of a simulation."""

    def __init__(self, policy: TreePolicy, n_trees: int, merge: Merge, rng: random.Random) -> None:
        self._policy, self._n_trees, self._merge, self._rng = policy, n_trees, merge, rng
        self.trees: dict[str, GrowingTree] = {}
        self.states: Counter[TreeState] = Counter()
        """State -> trees in it."""
        self.needs: dict[TaskKind, dict[tuple[str, str], datetime]] = {k: {} for k in TaskKind}
        """Kind -> (tree, message) -> when it is due."""
        self.pool = PromptPool(policy, rng)
        self.now = 0.0
        """Second of the simulation; whoever runs it sets it."""

    @property
    def n_done(self) -> int:
        """Trees that are ready for export."""
        return self.states[TreeState.READY_FOR_EXPORT]

    def plant(self, key: str, facts: TreeFacts, planted: Planted) -> GrowingTree:
        """Put a new tree in its place; it has its prompt alone."""
        tree = self.trees[key] = GrowingTree(facts, {facts.prompt.id: planted})
        self.states[facts.state] += 1
        return tree

    def refresh(self, key: str) -> None:
        """Let the rules act on one tree, and note what it needs."""
        tree = self.trees[key]
        self._advance(tree)
        if tree.facts.state is TreeState.READY_FOR_SCORING:
            self._score(tree)
            self._advance(tree)
        if tree.facts.state is TreeState.PROMPT_LOTTERY_WAITING:
            self.pool.waiting.setdefault(key, tree)
        self._store_needs(key, tree)
        self._start_trees()

    def _advance(self, tree: GrowingTree) -> None:
        for step in advance(tree.facts, self._policy):
            self._move(tree, step.after)

    def _move(self, tree: GrowingTree, state: TreeState) -> None:
        self.states[tree.facts.state] -= 1
        self.states[state] += 1
        tree.facts = replace(tree.facts, state=state)

    def _score(self, tree: GrowingTree) -> None:
        for parent, orders in tree.rankings.items():
            live = sorted(tree.live_replies(parent))
            ballots = [[key for key in order if key in live] for order in orders]
            ballots = [ballot for ballot in ballots if len(ballot) > 1]
            if not ballots:
                continue
            groups = tree.merged[parent] = self._merge(ballots, live)
            for key in groups[0]:
                self.pool.note_win(tree.planted[key].author, tree.planted[key].written_at)
        tree.facts = replace(tree.facts, is_scored=True)

    def _store_needs(self, key: str, tree: GrowingTree) -> None:
        wanted = {(need.kind, need.message): need for need in needs(tree.facts, self._policy)}
        for kind, message in tree.due.keys() - wanted.keys():
            del tree.due[kind, message], self.needs[kind][key, message]
        clock = START + timedelta(seconds=self.now)
        for place, need in wanted.items():
            if place not in tree.due:
                moment = due_at(need, tree.facts, self._policy, now=clock, rng=self._rng)
                tree.due[place] = self.needs[need.kind][key, need.message] = moment

    def _start_trees(self) -> None:
        """Draw prompts that wait, while there is room and trees are wanted."""
        n_active = self.states[TreeState.GROWING] + self.states[TreeState.RANKING]
        n_begun = n_active + self.states[TreeState.READY_FOR_SCORING]
        wanted = self._n_trees - self.n_done - n_begun
        for _ in range(min(trees_to_start(n_active, self._policy), wanted)):
            tree = self.pool.draw(self.now)
            if tree is None:
                return
            self._move(tree, TreeState.GROWING)
            self._advance(tree)
            self._store_needs(tree.facts.prompt.id.partition(".")[0], tree)
