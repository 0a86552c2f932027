"""Which accepted prompt becomes a tree next, and whether more prompts are wanted at all.

As in OpenAssistant, an author is drawn first and then one of their prompts, so that somebody who
writes many prompts does not crowd out the others; the weight is 1 + how often their replies were
ranked first lately. The draw belongs to the sweeper: reading a page never starts a tree.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass

from manyvoices.design.trees.policy import TreePolicy


@dataclass(frozen=True, slots=True)
class Waiting:
    """An accepted prompt that waits."""

    tree: str
    author: str
    author_wins: int = 0
    """How often the author's replies were ranked first in the last 30 days."""
    score: float = 0.5
    """Where people put the prompt among others that wait: 1 = first, 0 = last (`place_score`)."""


def trees_to_start(n_active: int, policy: TreePolicy) -> int:
    """How many trees may be started now."""
    return max(0, policy.max_active_trees - n_active)


def n_from_backlog(n_ended: int, policy: TreePolicy, rng: random.Random) -> int:
    """Imported trees to take from the backlog, where so many trees have come to their end."""
    return sum(rng.random() < policy.p_activate_backlog_tree for _ in range(n_ended))


def place_score(shares: Sequence[float]) -> float:
    """What several orders say of one prompt: 0 to 1, 0.5 where there are none.

    Args:
        shares: By order in which it was placed, the share of the other placed prompts that stand
            below it, ties half. One order at 0.5 is added, so that a single one decides little.
    """
    return (sum(shares) + 0.5) / (len(shares) + 1)


def standing(groups: Sequence[Sequence[str]]) -> dict[str, tuple[int, float]]:
    """Of each that stands in one order, best first: its place (0 = best), and the share of the
    others below it, ties half."""
    n = sum(map(len, groups))
    found, above = {}, 0
    for place, group in enumerate(groups):
        below = n - above - len(group)
        share = (below + (len(group) - 1) / 2) / (n - 1)
        found.update(dict.fromkeys(group, (place, share)))
        above += len(group)
    return found


def draw_prompt(
    waiting: Sequence[Waiting], rng: random.Random, *, pull: float = 1.0
) -> Waiting | None:
    """One of those that wait; None where none does.

    Args:
        pull: How much likelier a prompt of score 1 is than one of 0.5, of another author or of the
            same; 1 = scores do not matter.
    """
    if not waiting:
        return None
    by_author: dict[str, list[Waiting]] = {}
    for prompt in sorted(waiting, key=lambda one: one.tree):
        by_author.setdefault(prompt.author, []).append(prompt)
    authors = sorted(by_author)
    weights = [_author_weight(by_author[name], pull) for name in authors]
    own = by_author[rng.choices(authors, weights)[0]]
    if pull == 1.0:
        return rng.choice(own)
    return rng.choices(own, [_weight(prompt, pull) for prompt in own])[0]


def _weight(prompt: Waiting, pull: float) -> float:
    return float(pull ** (2 * prompt.score - 1))


def _author_weight(prompts: Sequence[Waiting], pull: float) -> float:
    """An author counts by the mean of their prompts: writing more of them wins nothing."""
    mean = sum(_weight(prompt, pull) for prompt in prompts) / len(prompts)
    return (1 + prompts[0].author_wins) * mean


def seats_for_prompt_rankings(
    n_rankings: Sequence[int], *, n_leased: int, policy: TreePolicy
) -> int:
    """Tasks of putting prompts in order that can be handed out.

    Args:
        n_rankings: By prompt that waits, in how many orders it was placed.
    """
    size, wanted = policy.prompt_ranking_size, policy.num_prompt_rankings
    lacking = sum(max(0, wanted - n) for n in n_rankings)
    if len(n_rankings) < 2 or not lacking:
        return 0
    return max(0, -(-lacking // min(size, len(n_rankings))) - n_leased)


def room_for_prompts(
    *, n_under_review: int, n_waiting: int, n_leased: int, policy: TreePolicy
) -> int:
    """New prompts that people may begin now."""
    if not policy.accepts_initial_prompts:
        return 0
    review = policy.max_initial_prompt_review - n_under_review
    lottery = policy.max_prompt_lottery_waiting - n_waiting - n_under_review
    return max(0, min(review, lottery) - n_leased)
