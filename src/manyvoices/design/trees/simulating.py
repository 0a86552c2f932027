"""What a project would cost and yield: bots of known reliability grow trees by our own rules.

No database and no texts: `advance`, `needs`, `decide`, `order_of_kinds` and `due_at` are those that
the server runs, so a forecast changes when a rule or a policy does. Since it is known which message
is spam and how good each is, the decisions and orders that come out can be compared with the truth.
"""

from __future__ import annotations

import heapq
import itertools
import random
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

from manyvoices.design.trees.acceptance import Review, decide
from manyvoices.design.trees.crowds import Crowd, Person
from manyvoices.design.trees.facts import ACTIVE, MessageFacts, TaskKind, TreeFacts
from manyvoices.design.trees.forecast import Forecast, Tally, forecast_of
from manyvoices.design.trees.lifecycle import advance
from manyvoices.design.trees.lottery import room_for_prompts, trees_to_start
from manyvoices.design.trees.needs import needs
from manyvoices.design.trees.policy import TreePolicy
from manyvoices.design.trees.urgency import due_at, order_of_kinds
from manyvoices.schema import Role, TreeState

Merge = Callable[[Sequence[Sequence[str]], Sequence[str]], list[list[str]]]
"""(rankings, replies) -> replies in groups, best first: how a consensus is made."""

START = datetime(2026, 1, 1, tzinfo=UTC)
DAY = 86_400.0
TRY_AGAIN_S = 600.0
"""Somebody for whom there is no task looks again after so long, while they stay."""
IDLE_DAYS = 3
"""A simulation ends where nothing was done for so many days: nobody is left who may."""
_KINDS = tuple(
    kind
    for kind in TaskKind
    if kind not in (TaskKind.RANK_INITIAL_PROMPTS, TaskKind.PROMPT_WITH_ANSWER)
)
"""Both others are off by default, and change no count of a forecast but their own."""
_SPEAKER = {TaskKind.ASSISTANT_REPLY: "assistant", TaskKind.PROMPTER_REPLY: "prompter"}


@dataclass(slots=True)
class Planted:
    """What is true of a message."""

    author: int
    is_good: bool
    quality: float


@dataclass(slots=True)
class GrowingTree:
    """One tree of the simulation."""

    facts: TreeFacts
    planted: dict[str, Planted]
    reviews: dict[str, list[Review]] = field(default_factory=dict)
    rankings: dict[str, list[list[str]]] = field(default_factory=dict)
    merged: dict[str, list[list[str]]] = field(default_factory=dict)
    due: dict[tuple[TaskKind, str], datetime] = field(default_factory=dict)

    def change(self, message: str, **fields: object) -> None:
        """Put other facts of a message in place."""
        messages = tuple(
            replace(m, **fields) if m.id == message else m  # type: ignore[arg-type]
            for m in self.facts.messages
        )
        self.facts = replace(self.facts, messages=messages)

    def lease(self, kind: TaskKind, message: str, n: int) -> None:
        """Count a task into, or out of, somebody's hands."""
        leased = dict(self.facts.leased)
        leased[kind, message] = leased.get((kind, message), 0) + n
        self.facts = replace(self.facts, leased={key: n for key, n in leased.items() if n})

    def above(self, message: str | None) -> list[MessageFacts]:
        """A message and all that it answers."""
        found = []
        while message is not None:
            found.append(self.facts.by_id[message])
            message = found[-1].parent
        return found


def simulate(
    policy: TreePolicy,
    crowd: Crowd,
    *,
    n_trees: int,
    merge: Merge,
    seed: int = 0,
    max_days: float = 365.0,
    progress: Callable[[int], None] | None = None,
) -> Forecast:
    """Let a crowd grow trees until `n_trees` are ready, and say what came of it.

    Args:
        merge: How rankings become an order (ranked pairs, where the server is simulated).
        max_days: The simulation ends then at the latest.
        progress: Called with the number of finished trees.
    """
    world = _World(policy, crowd, n_trees, merge, random.Random(seed), progress)
    world.run(max_days)
    return forecast_of(policy, crowd, n_trees, seed, world.tally, list(world.trees.values()))


class _World:
    """Everything that is there at one moment, and what happens next."""

    def __init__(
        self,
        policy: TreePolicy,
        crowd: Crowd,
        n_trees: int,
        merge: Merge,
        rng: random.Random,
        progress: Callable[[int], None] | None,
    ) -> None:
        self.policy, self._n_trees, self._merge, self._rng = policy, n_trees, merge, rng
        self._progress = progress
        self.trees: dict[str, GrowingTree] = {}
        self.tally = Tally()
        self._states: Counter[TreeState] = Counter()
        self._n_writing_prompts = 0
        self._now = 0.0
        self._events: list[tuple[float, int, Callable[[], None]]] = []
        self._serial = itertools.count()
        self._needs: dict[TaskKind, dict[tuple[str, str], datetime]] = {k: {} for k in TaskKind}
        for person in crowd.people(rng):
            self._at(person.comes_at, lambda person=person: self._come(person))  # type: ignore[misc]

    def run(self, max_days: float) -> None:
        """Let things happen until all trees are done."""
        last_work = 0.0
        while self._events and self._n_done() < self._n_trees:
            moment, _, action = heapq.heappop(self._events)
            if moment > max_days * DAY or moment > last_work + IDLE_DAYS * DAY:
                break
            self._now = moment
            before = self.tally.n_tasks
            action()
            if self.tally.n_tasks > before:
                last_work = self._now
        self.tally.seconds = last_work

    def _n_done(self) -> int:
        return self._states[TreeState.READY_FOR_EXPORT]

    def _at(self, moment: float, action: Callable[[], None]) -> None:
        heapq.heappush(self._events, (moment, next(self._serial), action))

    @property
    def _clock(self) -> datetime:
        return START + timedelta(seconds=self._now)

    # --- people

    def _come(self, person: Person) -> None:
        end = self._now + person.stays_s * self._rng.lognormvariate(0, 0.3)
        self._at(self._now + DAY * self._rng.uniform(0.9, 1.1), lambda: self._come(person))
        self._look(person, end)

    def _look(self, person: Person, end: float) -> None:
        """Take a task, if there is one and there is time."""
        if self._now >= end:
            return
        found = self._hand_out(person)
        if found is None:
            self.tally.n_nothing += 1
            self._at(self._now + TRY_AGAIN_S, lambda: self._look(person, end))
            return
        kind, key, message = found
        self.tally.people.add(person.index)
        if self._rng.random() < person.manner.p_drop:
            self.tally.n_dropped += 1
            lease_s = self.policy.lease_s
            self._at(self._now + lease_s, lambda: self._give_back(kind, key, message))
            return
        if self._rng.random() < person.manner.p_skip:
            self.tally.n_skipped += 1
            self._at(self._now + 15, lambda: self._skip(person, end, kind, key, message))
            return
        seconds = person.seconds_for(kind, self._rng)
        person.worked_s += seconds
        self.tally.work_s += seconds
        self._at(self._now + seconds, lambda: self._send(person, end, kind, key, message))

    def _hand_out(self, person: Person) -> tuple[TaskKind, str, str] | None:
        for kind in order_of_kinds(_KINDS, self.policy.weights, self._rng):
            if kind is TaskKind.INITIAL_PROMPT:
                if self._room_for_prompts():
                    self._n_writing_prompts += 1
                    return kind, "", ""
                continue
            own = ((due, at) for at, due in self._needs[kind].items())
            for _due, (key, message) in sorted(own):
                if self._may(person, kind, self.trees[key], message):
                    person.seen.add((kind, message))
                    self.trees[key].lease(kind, message, 1)
                    self._refresh(key)
                    return kind, key, message
        return None

    def _room_for_prompts(self) -> bool:
        n_open = sum(self._states[state] for state in (*ACTIVE, TreeState.PROMPT_LOTTERY_WAITING))
        wanted = self._n_trees - self._n_done() - n_open - self._n_writing_prompts
        room = room_for_prompts(
            n_under_review=self._states[TreeState.INITIAL_PROMPT_REVIEW],
            n_waiting=self._states[TreeState.PROMPT_LOTTERY_WAITING],
            n_leased=self._n_writing_prompts,
            policy=self.policy,
        )
        return wanted > 0 and room > 0

    def _may(self, person: Person, kind: TaskKind, tree: GrowingTree, message: str) -> bool:
        """The rules of the hand-out: not one's own, not twice, not both sides."""
        if (kind, message) in person.seen:
            return False
        planted = tree.planted
        if kind.is_label:
            return planted[message].author != person.index
        if any(planted[r.id].author == person.index for r in tree.facts.replies[message]):
            return False
        if not kind.is_reply or self.policy.same_person_both_sides:
            return True
        side = _SPEAKER[kind]
        others = (m for m in tree.above(message) if m.role != side)
        return all(planted[m.id].author != person.index for m in others)

    # --- what they do

    def _give_back(self, kind: TaskKind, key: str, message: str) -> None:
        if kind is TaskKind.INITIAL_PROMPT:
            self._n_writing_prompts -= 1
            return
        self.trees[key].lease(kind, message, -1)
        self._refresh(key)

    def _skip(self, person: Person, end: float, kind: TaskKind, key: str, message: str) -> None:
        if kind.is_reply:
            tree = self.trees[key]
            tree.change(message, n_reply_skips=tree.facts.by_id[message].n_reply_skips + 1)
        self._give_back(kind, key, message)
        self._look(person, end)

    def _send(self, person: Person, end: float, kind: TaskKind, key: str, message: str) -> None:
        self.tally.tasks[kind] += 1
        if kind is TaskKind.INITIAL_PROMPT:
            self._n_writing_prompts -= 1
            self._begin(person)
        else:
            tree = self.trees[key]
            tree.lease(kind, message, -1)
            if kind.is_label:
                self._review(person, tree, message)
            elif kind.is_rank:
                self._rank(person, tree, message)
            else:
                self._reply(person, tree, message)
            self._refresh(key)
        self._look(person, end)

    def _begin(self, person: Person) -> None:
        key = f"t{len(self.trees)}"
        prompt = MessageFacts(
            f"{key}.0", None, "prompter", reviews_wanted=self.policy.reviews_for(is_prompt=True)
        )
        goal = self.policy.goal_tree_size
        if self.policy.random_goal_tree_size:
            goal = self._rng.randint(self.policy.min_goal_tree_size, goal)
        facts = TreeFacts(TreeState.INITIAL_PROMPT_REVIEW, goal, (prompt,))
        planted = Planted(person.index, *person.writes(self._rng))
        self.trees[key] = GrowingTree(facts, {prompt.id: planted})
        self._states[facts.state] += 1
        self._refresh(key)

    def _reply(self, person: Person, tree: GrowingTree, parent: str) -> None:
        facts = tree.facts
        name = f"{facts.prompt.id.partition('.')[0]}.{len(facts.messages)}"
        role: Role = "assistant" if facts.by_id[parent].role == "prompter" else "prompter"
        wanted = self.policy.reviews_for(is_prompt=False)
        new = MessageFacts(name, parent, role, reviews_wanted=wanted)
        tree.planted[name] = Planted(person.index, *person.writes(self._rng))
        tree.facts = replace(facts, messages=(*facts.messages, new), is_scored=False)

    def _review(self, person: Person, tree: GrowingTree, message: str) -> None:
        is_good = tree.planted[message].is_good
        says_spam = person.says_spam(is_good, self._rng)
        self.tally.n_labels_right += says_spam != is_good
        own = tree.reviews.setdefault(message, [])
        own.append(Review({"spam": float(says_spam), "lang_mismatch": 0.0}))
        is_prompt = tree.facts.by_id[message].parent is None
        decision = decide(own, self.policy, is_prompt=is_prompt)
        tree.change(
            message,
            accepted=decision.accepted,
            n_reviews=len(own),
            reviews_wanted=decision.reviews_wanted,
        )

    def _rank(self, person: Person, tree: GrowingTree, message: str) -> None:
        live = [reply.id for reply in tree.facts.replies[message] if reply.is_live]
        order = person.order({key: tree.planted[key].quality for key in live}, self._rng)
        tree.rankings.setdefault(message, []).append(order)
        tree.change(message, n_rankings=tree.facts.by_id[message].n_rankings + 1)

    # --- what the sweeper does

    def _refresh(self, key: str) -> None:
        """Let the rules act on one tree, and note what it needs."""
        tree = self.trees[key]
        self._advance(tree)
        if tree.facts.state is TreeState.READY_FOR_SCORING:
            self._score(tree)
            self._advance(tree)
        self._store_needs(key, tree)
        self._start_trees()

    def _advance(self, tree: GrowingTree) -> None:
        for step in advance(tree.facts, self.policy):
            self._move(tree, step.after)

    def _move(self, tree: GrowingTree, state: TreeState) -> None:
        self._states[tree.facts.state] -= 1
        self._states[state] += 1
        tree.facts = replace(tree.facts, state=state)
        if state is TreeState.READY_FOR_EXPORT and self._progress is not None:
            self._progress(self._n_done())

    def _score(self, tree: GrowingTree) -> None:
        for parent, orders in tree.rankings.items():
            live = sorted(r.id for r in tree.facts.replies[parent] if r.is_live)
            ballots = [[key for key in order if key in live] for order in orders]
            ballots = [ballot for ballot in ballots if len(ballot) > 1]
            if ballots:
                tree.merged[parent] = self._merge(ballots, live)
        tree.facts = replace(tree.facts, is_scored=True)

    def _store_needs(self, key: str, tree: GrowingTree) -> None:
        wanted = {(need.kind, need.message): need for need in needs(tree.facts, self.policy)}
        for kind, message in tree.due.keys() - wanted.keys():
            del tree.due[kind, message], self._needs[kind][key, message]
        for place, need in wanted.items():
            if place not in tree.due:
                moment = due_at(need, tree.facts, self.policy, now=self._clock, rng=self._rng)
                tree.due[place] = self._needs[need.kind][key, need.message] = moment

    def _start_trees(self) -> None:
        """Draw prompts that wait. Nobody has a name that counts here, so the oldest is drawn."""
        if not self._states[TreeState.PROMPT_LOTTERY_WAITING]:
            return
        n_active = self._states[TreeState.GROWING] + self._states[TreeState.RANKING]
        room = trees_to_start(n_active, self.policy)
        for key, tree in self.trees.items():
            if room <= 0:
                return
            if tree.facts.state is TreeState.PROMPT_LOTTERY_WAITING:
                room -= 1
                self._move(tree, TreeState.GROWING)
                self._advance(tree)
                self._store_needs(key, tree)
