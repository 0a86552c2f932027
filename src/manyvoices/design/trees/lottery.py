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


def trees_to_start(n_active: int, policy: TreePolicy) -> int:
    """How many trees may be started now."""
    return max(0, policy.max_active_trees - n_active)


def n_from_backlog(n_ended: int, policy: TreePolicy, rng: random.Random) -> int:
    """Imported trees to take from the backlog, where so many trees have come to their end."""
    return sum(rng.random() < policy.p_activate_backlog_tree for _ in range(n_ended))


def draw_prompt(waiting: Sequence[Waiting], rng: random.Random) -> Waiting | None:
    """One of those that wait; None where none does."""
    if not waiting:
        return None
    authors = sorted({prompt.author for prompt in waiting})
    wins = {prompt.author: prompt.author_wins for prompt in waiting}
    author = rng.choices(authors, [1 + wins[name] for name in authors])[0]
    own = sorted((p for p in waiting if p.author == author), key=lambda prompt: prompt.tree)
    return rng.choice(own)


def room_for_prompts(
    *, n_under_review: int, n_waiting: int, n_leased: int, policy: TreePolicy
) -> int:
    """New prompts that people may begin now."""
    if not policy.accepts_initial_prompts:
        return 0
    review = policy.max_initial_prompt_review - n_under_review
    lottery = policy.max_prompt_lottery_waiting - n_waiting - n_under_review
    return max(0, min(review, lottery) - n_leased)
