"""Which task is handed out first: chance weighted by need, and nobody waits for ever.

Each need gets a moment at which it is "due", drawn once: its beginning plus an exponential time
that is the shorter the more it is wanted. Handing out the earliest due one is a weighted draw among
needs of one age, prefers old ones without a rule for them, and is one step in an index.
"""

from __future__ import annotations

import random
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from manyvoices.design.trees.facts import TaskKind, TreeFacts
from manyvoices.design.trees.needs import Need
from manyvoices.design.trees.policy import TaskWeights, TreePolicy

SPAN_S = 3600.0
"""Mean time by which chance may put a need of weight 1 before another, seconds."""
NEARLY_FINISHED = 3.0
"""How much more a tree is wanted that lacks little, against one that has just begun."""


def due_at(
    need: Need, tree: TreeFacts, policy: TreePolicy, *, now: datetime, rng: random.Random
) -> datetime:
    """When a need that arises `now` is due."""
    return now + timedelta(seconds=SPAN_S * rng.expovariate(_weight(need, tree, policy)))


def _weight(need: Need, tree: TreeFacts, policy: TreePolicy) -> float:
    done = min(tree.n_accepted / max(tree.goal_size, 1), 1.0)
    weight = 1.0 + (NEARLY_FINISHED - 1.0) * done
    if need.is_lonely and policy.p_lonely_child_extension < 1:
        weight /= 1 - policy.p_lonely_child_extension
    elif need.is_lonely:
        weight *= 1000
    return weight


def offered_kinds(kinds: Sequence[TaskKind], policy: TreePolicy) -> tuple[TaskKind, ...]:
    """Those of `kinds` that the policy has work of at all."""
    closed = set()
    if not policy.accepts_reference_answers:
        closed.add(TaskKind.PROMPT_WITH_ANSWER)
    if not policy.num_prompt_rankings:
        closed.add(TaskKind.RANK_INITIAL_PROMPTS)
    return tuple(kind for kind in kinds if kind not in closed)


def order_of_kinds(
    kinds: Iterable[TaskKind], weights: TaskWeights, rng: random.Random
) -> tuple[TaskKind, ...]:
    """The kinds in a drawn order: the first is what OpenAssistant's weights would draw, the rest
    is for where there is no task of that kind. Kinds of weight 0 are left out."""
    clocks = {kind: weight_of(kind, weights) for kind in kinds}
    drawn = {kind: rng.expovariate(weight) for kind, weight in clocks.items() if weight > 0}
    return tuple(sorted(drawn, key=lambda kind: drawn[kind]))


def weight_of(kind: TaskKind, weights: TaskWeights) -> float:
    """How often a kind is drawn, against the others."""
    if kind is TaskKind.RANK_INITIAL_PROMPTS:
        return weights.prompt_ranking
    if kind is TaskKind.PROMPT_WITH_ANSWER:
        return weights.prompt_with_answer
    if kind.is_rank:
        return weights.ranking
    if kind is TaskKind.LABEL_INITIAL_PROMPT:
        return weights.label_prompt
    if kind.is_label:
        return weights.label_reply
    return weights.reply if kind.is_reply else weights.initial_prompt
