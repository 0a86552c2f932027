"""Random trees of ranked replies, for the tests of the reward model."""

from __future__ import annotations

import random
from typing import Any

from manyvoices.train.reward.lengths import TokenGroup, tokenise
from manyvoices.train.views import ReplyGroup, Turn


def words(rng: random.Random, n: int) -> str:
    return "".join(rng.choice("abcdefgh ") for _ in range(n))


def forest(seed: int, n_trees: int = 3, n_groups: int = 5) -> list[ReplyGroup]:
    """Groups of 2 to 4 replies at random places of random trees, some of them tied."""
    rng = random.Random(seed)
    found = []
    for number in range(n_trees):
        paths = [(Turn("prompter", words(rng, rng.randint(1, 20))),)]
        for _ in range(rng.randint(1, n_groups)):
            prefix = rng.choice(paths)
            replies = tuple({words(rng, rng.randint(1, 30)) for _ in range(rng.randint(2, 4))})
            if len(replies) < 2:
                continue
            ranks = sorted(rng.randint(0, 2) for _ in replies)
            ranks = [sorted(set(ranks)).index(rank) for rank in ranks]
            scores = tuple(float(100 - 10 * rank) for rank in ranks)
            found.append(
                ReplyGroup(
                    prefix, replies, tuple(ranks), scores, f"tree {number}", "en",
                    rater=f"person {rng.randint(0, 3)}",
                )
            )  # fmt: skip
            for reply in replies[: rng.randint(0, 2)]:
                question = Turn("prompter", words(rng, rng.randint(1, 12)))
                paths.append((*prefix, Turn("assistant", reply), question))
    return found


def tokens(
    groups: list[ReplyGroup], tokenizer: Any, format: Any, **limits: Any
) -> tuple[TokenGroup, ...]:
    limits = {"max_length": 100_000} | limits
    return tokenise(groups, lambda turn: format.encode([turn], tokenizer).ids, **limits)[0]
