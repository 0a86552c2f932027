"""A project in memory: it hands out tasks and stores what comes of them, as the server does."""

from __future__ import annotations

import random
from dataclasses import dataclass

from manyvoices.design.trees.acceptance import Review, decide
from manyvoices.design.trees.crowds import Person
from manyvoices.design.trees.facts import ACTIVE, MessageFacts, TaskKind, TreeFacts
from manyvoices.design.trees.lottery import room_for_prompts
from manyvoices.design.trees.planted_forest import Forest
from manyvoices.design.trees.planted_trees import GrowingTree, Planted
from manyvoices.design.trees.policy import TreePolicy
from manyvoices.design.trees.urgency import offered_kinds, order_of_kinds
from manyvoices.schema import Role, TreeState

_SPEAKER = {TaskKind.ASSISTANT_REPLY: "assistant", TaskKind.PROMPTER_REPLY: "prompter"}
_PROMPT_STATES = (TreeState.INITIAL_PROMPT_REVIEW, TreeState.PROMPT_LOTTERY_WAITING)


@dataclass(frozen=True, slots=True)
class Work:
    """A task in somebody's hands."""

    kind: TaskKind
    tree: str = ""
    """Empty for a new prompt, and for an order of prompts."""
    message: str = ""
    prompts: tuple[str, ...] = ()
    """Trees whose prompts are to be put in order."""


class Project:
    """What is asked of people for the trees of a forest, and what they give."""

    def __init__(
        self, policy: TreePolicy, forest: Forest, n_prompts: int, rng: random.Random
    ) -> None:
        self._policy, self._forest, self._n_prompts, self._rng = policy, forest, n_prompts, rng
        self._kinds = offered_kinds(tuple(TaskKind), policy)
        self._n_writing_prompts = 0

    # --- handing out

    def hand_out(self, person: Person) -> Work | None:
        """A task for somebody, now in their hands; None where there is none for them."""
        for kind in order_of_kinds(self._kinds, self._policy.weights, self._rng):
            work = self._of_kind(kind, person)
            if work is not None:
                return work
        return None

    def _of_kind(self, kind: TaskKind, person: Person) -> Work | None:
        if kind.is_prompt:
            if not self._may_begin(person):
                return None
            self._n_writing_prompts += 1
            return Work(kind)
        if kind is TaskKind.RANK_INITIAL_PROMPTS:
            prompts = self._forest.pool.to_rank(person)
            return Work(kind, prompts=prompts) if prompts else None
        own = ((due, at) for at, due in self._forest.needs[kind].items())
        for _due, (key, message) in sorted(own):
            if self._may(person, kind, self._forest.trees[key], message):
                person.seen.add((kind, message))
                self._forest.trees[key].lease(kind, message, 1)
                self._forest.refresh(key)
                return Work(kind, key, message)
        return None

    def _may_begin(self, person: Person) -> bool:
        """Whether prompts are wanted: the policy has room, and so has the simulation."""
        states = self._forest.states
        n_open = sum(states[state] for state in (*ACTIVE, TreeState.PROMPT_LOTTERY_WAITING))
        wanted = self._n_prompts - self._forest.n_done - n_open - self._n_writing_prompts
        room = room_for_prompts(
            n_under_review=states[TreeState.INITIAL_PROMPT_REVIEW],
            n_waiting=states[TreeState.PROMPT_LOTTERY_WAITING],
            n_leased=self._n_writing_prompts,
            policy=self._policy,
        )
        most = self._policy.max_waiting_prompts_per_person
        return wanted > 0 and room > 0 and self._n_open_prompts(person) < most

    def _n_open_prompts(self, person: Person) -> int:
        return sum(
            tree.facts.state in _PROMPT_STATES and tree.prompt.author == person.index
            for tree in self._forest.trees.values()
        )

    def _may(self, person: Person, kind: TaskKind, tree: GrowingTree, message: str) -> bool:
        """The rules of the hand-out: not one's own, not twice, not both sides."""
        if (kind, message) in person.seen:
            return False
        planted = tree.planted
        if kind.is_label:
            return planted[message].author != person.index
        if any(planted[r.id].author == person.index for r in tree.facts.replies[message]):
            return False
        if not kind.is_reply or self._policy.same_person_both_sides:
            return True
        side = _SPEAKER[kind]
        others = (m for m in tree.above(message) if m.role != side)
        return all(planted[m.id].author != person.index for m in others)

    # --- what becomes of a task

    def expire(self, person: Person, work: Work) -> None:
        """Its lease ran out: it may be offered to the same person again."""
        subjects = work.prompts or (work.message,)
        person.seen -= {(work.kind, subject) for subject in subjects}
        self._give_back(work)

    def skip(self, work: Work) -> None:
        """They passed it over."""
        if work.kind.is_reply:
            tree = self._forest.trees[work.tree]
            n_skips = tree.facts.by_id[work.message].n_reply_skips + 1
            tree.change(work.message, n_reply_skips=n_skips)
        self._give_back(work)

    def _give_back(self, work: Work) -> None:
        if work.kind.is_prompt:
            self._n_writing_prompts -= 1
        elif work.prompts:
            self._forest.pool.give_back()
        else:
            self._forest.trees[work.tree].lease(work.kind, work.message, -1)
            self._forest.refresh(work.tree)

    def send(self, person: Person, work: Work) -> bool | None:
        """They did it. Of a review: whether it was right about spam; None for any other task."""
        is_right = None
        if work.kind.is_prompt:
            self._n_writing_prompts -= 1
            self._begin(person, with_answer=work.kind is TaskKind.PROMPT_WITH_ANSWER)
        elif work.prompts:
            self._forest.pool.give_back()
            qualities = {key: self._forest.trees[key].prompt.quality for key in work.prompts}
            self._forest.pool.place(person.order(qualities, self._rng))
        else:
            tree = self._forest.trees[work.tree]
            tree.lease(work.kind, work.message, -1)
            if work.kind.is_label:
                is_right = self._review(person, tree, work.message)
            elif work.kind.is_rank:
                self._rank(person, tree, work.message)
            else:
                self._reply(person, tree, work.message)
            self._forest.refresh(work.tree)
        return is_right

    def _begin(self, person: Person, *, with_answer: bool) -> None:
        key = f"t{len(self._forest.trees)}"
        wanted = self._policy.reviews_for(is_prompt=True)
        prompt = MessageFacts(f"{key}.0", None, "prompter", reviews_wanted=wanted)
        goal = self._policy.goal_tree_size
        if self._policy.random_goal_tree_size:
            goal = self._rng.randint(self._policy.min_goal_tree_size, goal)
        facts = TreeFacts(TreeState.INITIAL_PROMPT_REVIEW, goal, (prompt,))
        planted = Planted(person.index, *person.writes(self._rng), self._forest.now)
        tree = self._forest.plant(key, facts, planted)
        if with_answer:
            self._reply(person, tree, prompt.id, is_reference=True)
        self._forest.refresh(key)

    def _reply(
        self, person: Person, tree: GrowingTree, parent: str, *, is_reference: bool = False
    ) -> None:
        facts = tree.facts
        name = f"{facts.prompt.id.partition('.')[0]}.{len(facts.messages)}"
        role: Role = "assistant" if facts.by_id[parent].role == "prompter" else "prompter"
        wanted = self._policy.reviews_for(is_prompt=False)
        tree.add(
            MessageFacts(name, parent, role, reviews_wanted=wanted),
            Planted(person.index, *person.writes(self._rng), self._forest.now, is_reference),
        )

    def _review(self, person: Person, tree: GrowingTree, message: str) -> bool:
        is_good = tree.planted[message].is_good
        says_spam = person.says_spam(is_good, self._rng)
        own = tree.reviews.setdefault(message, [])
        decides = self._policy.acceptance_against
        worst = "spam" if "spam" in decides else next(iter(decides))
        own.append(Review(dict.fromkeys(decides, 0.0) | {worst: float(says_spam)}))
        is_prompt = tree.facts.by_id[message].parent is None
        decision = decide(own, self._policy, is_prompt=is_prompt)
        tree.change(
            message,
            accepted=decision.accepted,
            n_reviews=len(own),
            reviews_wanted=decision.reviews_wanted,
        )
        return says_spam != is_good

    def _rank(self, person: Person, tree: GrowingTree, message: str) -> None:
        qualities = {key: tree.planted[key].quality for key in tree.live_replies(message)}
        order = person.order(qualities, self._rng)
        tree.rankings.setdefault(message, []).append(order)
        tree.change(message, n_rankings=tree.facts.by_id[message].n_rankings + 1)
