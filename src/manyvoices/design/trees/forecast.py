"""What a simulated crowd's work comes to, compared with what is known to be so."""

from __future__ import annotations

import itertools
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from manyvoices.design.trees.crowds import Crowd
from manyvoices.design.trees.facts import ACTIVE, TaskKind
from manyvoices.design.trees.needs import needs
from manyvoices.design.trees.planted_forest import Forest
from manyvoices.design.trees.planted_trees import GrowingTree
from manyvoices.design.trees.policy import TreePolicy
from manyvoices.schema import TreeState

_PROMPT_STATES = (TreeState.INITIAL_PROMPT_REVIEW, TreeState.PROMPT_LOTTERY_WAITING)


@dataclass(slots=True)
class Tally:
    """What was counted while it ran."""

    tasks: Counter[TaskKind] = field(default_factory=Counter)
    people: set[int] = field(default_factory=set)
    n_labels_right: int = 0
    n_skipped: int = 0
    n_dropped: int = 0
    n_nothing: int = 0
    """How often somebody looked and there was no task for them."""
    work_s: dict[TaskKind, float] = field(default_factory=lambda: defaultdict(float))
    """Kind -> seconds of work."""
    seconds: float = 0.0
    """From the start to the last task."""

    @property
    def n_tasks(self) -> int:
        return self.tasks.total()


@dataclass(frozen=True, slots=True)
class Forecast:
    """What a project is likely to cost and to yield. Shares are None where nothing was counted."""

    n_people: int
    n_trees_wanted: int
    seed: int
    n_exported: int
    n_aborted: int
    n_halted: int
    n_unfinished: int
    """Wanted trees that had begun, as a prompt at least, and were not finished."""
    n_prompts_left: int
    """Prompts beyond those: under review, or accepted and never drawn."""
    n_stranded: int
    """Trees in which something is to be done and nothing is offered: a fault of the rules."""
    waiting_for: dict[str, int]
    """Task kind -> seats open at the end, which nobody in the crowd could take, or did in time."""
    tasks: dict[str, int]
    """Task kind -> how many were done."""
    hours: dict[str, float]
    """Task kind -> hours of work."""
    n_skipped: int
    n_dropped: int
    n_nothing: int
    n_messages: int
    """Of exported trees, those that were accepted."""
    n_references: int
    """Of these, answers by the authors of the prompts."""
    n_people_seen: int
    hours_of_work: float
    hours_per_tree: float | None
    days: float
    hours_per_person: float | None
    label_accuracy: float | None
    """Single reviews that were right about spam."""
    acceptance_accuracy: float | None
    """Decided messages that were decided rightly."""
    spam_accepted: float | None
    """Of messages that were spam."""
    good_rejected: float | None
    """Of messages that were not."""
    reviews_per_decision: float | None
    right_per_100_reviews: float | None
    """Right decisions bought with a hundred reviews."""
    ranking_tau: float | None
    """Kendall's tau-b of merged orders with true quality, mean over sets; a tie counts nothing."""
    best_found: float | None
    """Sets whose best reply stands first, alone or tied."""
    n_sets: int
    better_prompts_drawn: float | None
    """Mean share of the prompts waiting at a draw that were worse than the one drawn: about 0.5
    where prompts are drawn blindly, 1 where it is always the best."""

    def people_for(self, days: float) -> int | None:
        """People who would do it in so many days, were work shared out evenly; None if unknown."""
        if not self.n_exported or not self.days or not days:
            return None
        hours = self.hours_of_work / self.n_exported * self.n_trees_wanted
        a_day = self.hours_of_work / self.n_people / self.days
        return max(1, -(-int(hours / (a_day * days) * 1000) // 1000))


def forecast_of(
    policy: TreePolicy, crowd: Crowd, n_trees: int, seed: int, tally: Tally, forest: Forest
) -> Forecast:
    """The forecast of a simulation that has run."""
    trees = list(forest.trees.values())
    return Forecast(
        n_people=crowd.n_people,
        n_trees_wanted=n_trees,
        seed=seed,
        n_skipped=tally.n_skipped,
        n_dropped=tally.n_dropped,
        n_nothing=tally.n_nothing,
        **_ends(forest.states, n_trees),
        **_waiting(trees, policy),
        **_work(tally, forest.n_done),
        **_contents(trees),
        **_decisions(trees, tally),
        **_orders(trees),
        better_prompts_drawn=_mean(forest.pool.draws),
    )


def _ends(states: Mapping[TreeState, int], n_trees: int) -> dict[str, Any]:
    """Where the trees are at the end."""
    n_prompts = sum(states[state] for state in _PROMPT_STATES)
    n_begun = sum(states[state] for state in ACTIVE if state not in _PROMPT_STATES)
    n_exported = states[TreeState.READY_FOR_EXPORT]
    n_to_become = min(n_prompts, max(0, n_trees - n_exported - n_begun))
    return {
        "n_exported": n_exported,
        "n_aborted": states[TreeState.ABORTED_LOW_GRADE],
        "n_halted": states[TreeState.HALTED_BY_MODERATOR],
        "n_unfinished": n_begun + n_to_become,
        "n_prompts_left": n_prompts - n_to_become,
    }


def _waiting(trees: Sequence[GrowingTree], policy: TreePolicy) -> dict[str, Any]:
    """What is still to be done."""
    open_ = [tree for tree in trees if tree.facts.state in ACTIVE]
    seats: Counter[str] = Counter()
    for tree in open_:
        for need in needs(tree.facts, policy):
            seats[need.kind.value] += need.seats
    return {
        "n_stranded": sum(not tree.facts.leased and not tree.due for tree in open_),
        "waiting_for": dict(sorted(seats.items())),
    }


def _work(tally: Tally, n_exported: int) -> dict[str, Any]:
    """What it cost."""
    hours = sum(tally.work_s.values()) / 3600
    return {
        "tasks": {kind.value: tally.tasks[kind] for kind in TaskKind if tally.tasks[kind]},
        "hours": {kind.value: s / 3600 for kind in TaskKind if (s := tally.work_s[kind])},
        "n_people_seen": len(tally.people),
        "hours_of_work": hours,
        "hours_per_tree": _share(hours, n_exported),
        "days": tally.seconds / 86_400,
        "hours_per_person": _share(hours, len(tally.people)),
    }


def _contents(trees: Iterable[GrowingTree]) -> dict[str, Any]:
    """What the exported trees hold."""
    ready = [tree for tree in trees if tree.facts.state is TreeState.READY_FOR_EXPORT]
    return {
        "n_messages": sum(tree.facts.n_accepted for tree in ready),
        "n_references": sum(
            tree.planted[key].is_reference for tree in ready for key in tree.facts.reachable
        ),
    }


def _decisions(trees: Iterable[GrowingTree], tally: Tally) -> dict[str, Any]:
    """How right the reviews and what came of them were."""
    decided = list(_decided(trees))
    n_reviews = sum(n for _good, _accepted, n in decided)
    n_right = sum(good == accepted for good, accepted, _n in decided)
    n_labels = sum(n for kind, n in tally.tasks.items() if kind.is_label)
    return {
        "label_accuracy": _share(tally.n_labels_right, n_labels),
        "acceptance_accuracy": _share(n_right, len(decided)),
        "spam_accepted": _mean(accepted for good, accepted, _n in decided if not good),
        "good_rejected": _mean(not accepted for good, accepted, _n in decided if good),
        "reviews_per_decision": _share(n_reviews, len(decided)),
        "right_per_100_reviews": _share(100 * n_right, n_reviews),
    }


def _orders(trees: Iterable[GrowingTree]) -> dict[str, Any]:
    """How near the merged rankings are to the truth."""
    sets = list(_sets(trees))
    return {
        "ranking_tau": _mean(tau_b(groups, quality) for groups, quality in sets),
        "best_found": _mean(max(q, key=lambda key: q[key]) in groups[0] for groups, q in sets),
        "n_sets": len(sets),
    }


def _decided(trees: Iterable[GrowingTree]) -> Iterable[tuple[bool, bool, int]]:
    """(is good, was accepted, reviews) of each message that was decided."""
    for tree in trees:
        for message in tree.facts.messages:
            if message.accepted is not None:
                yield tree.planted[message.id].is_good, message.accepted, message.n_reviews


def _sets(trees: Iterable[GrowingTree]) -> Iterable[tuple[list[list[str]], dict[str, float]]]:
    """(merged groups, true qualities) of each set of replies."""
    for tree in trees:
        if tree.facts.state is TreeState.READY_FOR_EXPORT:
            for groups in tree.merged.values():
                yield groups, {k: tree.planted[k].quality for group in groups for k in group}


def tau_b(groups: Sequence[Sequence[str]], quality: dict[str, float]) -> float:
    """Kendall's tau-b between an order in groups, best first, and numbers, the more the better;
    0 where either of them ties everything."""
    place = {key: i for i, group in enumerate(groups) for key in group}
    agree = disagree = n_ordered = n_apart = 0
    for a, b in itertools.combinations(place, 2):
        ordered, apart = place[a] != place[b], quality[a] != quality[b]
        n_ordered += ordered
        n_apart += apart
        if ordered and apart:
            same = (place[a] < place[b]) == (quality[a] > quality[b])
            agree += same
            disagree += not same
    if not n_ordered or not n_apart:
        return 0.0
    return float((agree - disagree) / (n_ordered * n_apart) ** 0.5)


def _share(part: float, whole: float) -> float | None:
    return part / whole if whole else None


def _mean(values: Iterable[float]) -> float | None:
    found = list(values)
    return sum(found) / len(found) if found else None
