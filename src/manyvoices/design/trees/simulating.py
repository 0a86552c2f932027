"""What a project would cost and yield: bots of known reliability grow trees by our own rules.

No database and no texts: `advance`, `needs`, `decide`, `draw_prompt`, `order_of_kinds` and `due_at`
are those that the server runs, so a forecast changes when a rule or a policy does. Since it is
known which message is spam and how good each is, the decisions and orders that come out can be
compared with the truth.
"""

from __future__ import annotations

import heapq
import itertools
import math
import random
from collections.abc import Callable

from manyvoices.design.trees.crowds import Crowd, Person
from manyvoices.design.trees.forecast import Forecast, Tally, forecast_of
from manyvoices.design.trees.planted_forest import Forest, Merge
from manyvoices.design.trees.planted_project import Project, Work
from manyvoices.design.trees.policy import TreePolicy

DAY = 86_400.0
SKIP_S = 15.0
"""How long it takes to pass a task over."""
TRY_AGAIN_S = 600.0
"""Somebody for whom there is no task looks again after so long, while they stay."""
IDLE_DAYS = 3
"""A simulation ends where nothing was done for so many days: nobody is left who may."""


def simulate(
    policy: TreePolicy,
    crowd: Crowd,
    *,
    n_trees: int,
    merge: Merge,
    prompts_per_tree: float = 1.0,
    seed: int = 0,
    max_days: float = 365.0,
    progress: Callable[[int], None] | None = None,
) -> Forecast:
    """Let a crowd grow trees until `n_trees` are ready, and say what came of it.

    Args:
        merge: How rankings become an order (ranked pairs, where the server is simulated).
        prompts_per_tree: Prompts written for each tree, those that are rejected not counted; 1 or
            more. Above 1 the lottery has a choice, and what it does not draw is left.
        max_days: The simulation ends then at the latest.
        progress: Called with the number of finished trees.

    Raises:
        ValueError: There would be fewer prompts than trees.
    """
    if prompts_per_tree < 1:
        raise ValueError(f"{prompts_per_tree:g} prompts for each tree: at least one is needed")
    rng = random.Random(seed)
    forest = Forest(policy, n_trees, merge, rng)
    project = Project(policy, forest, math.ceil(n_trees * prompts_per_tree), rng)
    days = _Days(crowd, forest, project, policy.lease_s, rng)
    days.run(n_trees, max_days * DAY, progress)
    return forecast_of(policy, crowd, n_trees, seed, days.tally, forest)


class _Days:
    """People come, look for a task, do it or not, and go, in the order of time."""

    def __init__(
        self, crowd: Crowd, forest: Forest, project: Project, lease_s: float, rng: random.Random
    ) -> None:
        self._forest, self._project, self._lease_s, self._rng = forest, project, lease_s, rng
        self.tally = Tally()
        self._events: list[tuple[float, int, Callable[[], None]]] = []
        self._serial = itertools.count()
        for person in crowd.people(rng):
            self._in(person.comes_at, lambda person=person: self._come(person))  # type: ignore[misc]

    def run(self, n_trees: int, until: float, progress: Callable[[int], None] | None) -> None:
        """Let things happen until all trees are done, or nothing is."""
        last_work = 0.0
        n_done = 0
        while self._events and n_done < n_trees:
            moment, _, action = heapq.heappop(self._events)
            if moment > min(until, last_work + IDLE_DAYS * DAY):
                break
            self._forest.now = moment
            before = self.tally.n_tasks
            action()
            if self.tally.n_tasks > before:
                last_work = moment
            if self._forest.n_done > n_done:
                n_done = self._forest.n_done
                if progress is not None:
                    progress(n_done)
        self.tally.seconds = last_work

    def _in(self, seconds: float, action: Callable[[], None]) -> None:
        heapq.heappush(self._events, (self._forest.now + seconds, next(self._serial), action))

    def _come(self, person: Person) -> None:
        end = self._forest.now + person.stays_s * self._rng.lognormvariate(0, 0.3)
        self._in(DAY * self._rng.uniform(0.9, 1.1), lambda: self._come(person))
        self._look(person, end)

    def _look(self, person: Person, end: float) -> None:
        """Take a task, if there is one and there is time."""
        if self._forest.now >= end:
            return
        work = self._project.hand_out(person)
        if work is None:
            self.tally.n_nothing += 1
            self._in(TRY_AGAIN_S, lambda: self._look(person, end))
            return
        self.tally.people.add(person.index)
        if self._rng.random() < person.manner.p_drop:
            self.tally.n_dropped += 1
            self._in(self._lease_s, lambda: self._project.expire(person, work))
            return
        if self._rng.random() < person.manner.p_skip:
            self.tally.n_skipped += 1
            self._in(SKIP_S, lambda: self._skip(person, end, work))
            return
        seconds = person.seconds_for(work.kind, self._rng)
        self.tally.work_s[work.kind] += seconds
        self._in(seconds, lambda: self._send(person, end, work))

    def _skip(self, person: Person, end: float, work: Work) -> None:
        self._project.skip(work)
        self._look(person, end)

    def _send(self, person: Person, end: float, work: Work) -> None:
        self.tally.tasks[work.kind] += 1
        self.tally.n_labels_right += self._project.send(person, work) is True
        self._look(person, end)
