"""Who answers an opening: drawn at random, or steered by a batch of what is worth asking.

The default is `dialogue.draw_responders` and nothing else, so that every recorded seed gives the
same models again. With a batch, a share of openings is still drawn at random (the exploration
floor), so that no model starves; of the rest each goes to an ask that this person may answer.
"""

from __future__ import annotations

import random
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Annotated, Literal, Self

from pydantic import Field, StrictFloat, StrictInt, model_validator

from manyvoices.design.comparisons.assigning import fits
from manyvoices.design.comparisons.batch import Ask
from manyvoices.design.dialogue import draw_responders
from manyvoices.design.written import Unfit, Written

RANDOM, EXPLORATION = "random", "exploration"


class OpeningAssignment(Written):
    """Which models answer an opening."""

    policy: Literal["random", "batch"] = "random"
    """``random``: every model is equally likely; ``batch``: what `batch` asks for, first."""
    batch: tuple[Ask, ...] = ()
    """What ``manyvoices evaluate next`` wrote into ``next_batch.jsonl``, or the name of that file.
    Here `Ask.category` is a type of conversation, `Ask.language` the person's, and `Ask.n` counts
    openings."""
    exploration: Annotated[StrictFloat | StrictInt, Field(ge=0, le=1)] = 0.2
    """Share of openings that are drawn at random whatever the batch says."""

    @model_validator(mode="after")
    def _has_a_batch(self) -> Self:
        if self.policy == "batch" and not self.batch:
            raise Unfit("batch", "none", "batch: next_batch.jsonl, as the policy is batch")
        return self


@dataclass(frozen=True, slots=True)
class Opener:
    """What the draw knows of who opens a conversation."""

    language: str
    conversation_type: str
    answers: Mapping[str, Collection[str]] = field(default_factory=dict)
    """Survey question -> what they answered."""


@dataclass(frozen=True, slots=True)
class Drawn:
    """Who answers."""

    models: tuple[str, ...]
    """By position."""
    because: str | None
    """``exploration``, ``random`` (nothing in the batch is left for this person), or the reason of
    the batch; None where no batch is in force."""
    ask: int | None = None
    """Index in the batch of what asked for it."""


def draw_opening(
    pool: Sequence[str],
    k: int,
    rng: random.Random,
    *,
    assignment: OpeningAssignment | None = None,
    opener: Opener | None = None,
    asked: Mapping[int, int] | None = None,
) -> Drawn:
    """Draw `k` different responders of `pool` for an opening.

    `asked`: index in the batch -> openings that came of it so far. An ask with fewer models than
    places is filled up at random, one with more gives `k` of them; positions are always drawn.
    Without a batch this is `draw_responders`, bit for bit. Raises ValueError as that does.
    """
    if assignment is None or assignment.policy == "random" or opener is None:
        return Drawn(draw_responders(pool, k, rng), None)
    if rng.random() < assignment.exploration:
        return Drawn(draw_responders(pool, k, rng), EXPLORATION)
    index = _next_ask(assignment.batch, opener, asked or {}, set(pool), rng)
    if index is None:
        return Drawn(draw_responders(pool, k, rng), RANDOM)
    ask = assignment.batch[index]
    return Drawn(_around(ask.models, pool, k, rng), ask.reason, index)


def answers_opening(ask: Ask, opener: Opener) -> bool:
    """Whether an opening of this person would answer `ask`. A prompt of a set never stands in an
    opening, since people write there."""
    return (
        ask.prompt is None
        and ask.category in (None, opener.conversation_type)
        and ask.language in (None, opener.language)
        and fits(ask.group, opener.answers)
    )


def _next_ask(
    batch: Sequence[Ask],
    opener: Opener,
    asked: Mapping[int, int],
    pool: Collection[str],
    rng: random.Random,
) -> int | None:
    """One of the asks that are still open, drawn by how many openings each still wants."""
    left = {
        index: ask.n - asked.get(index, 0)
        for index, ask in enumerate(batch)
        if ask.n > asked.get(index, 0)
        and answers_opening(ask, opener)
        and set(ask.models) <= set(pool)
    }
    return rng.choices(list(left), list(left.values()))[0] if left else None


def _around(
    wanted: Sequence[str], pool: Sequence[str], k: int, rng: random.Random
) -> tuple[str, ...]:
    """The wanted models with others drawn beside them, in drawn positions."""
    chosen = list(dict.fromkeys(wanted))
    chosen = rng.sample(chosen, k) if len(chosen) > k else chosen
    others = [name for name in dict.fromkeys(pool) if name not in chosen]
    missing = k - len(chosen)
    if missing > len(others):
        raise ValueError(f"cannot draw {k} different responders from {len(set(pool))}")
    filled = chosen + (rng.sample(others, missing) if missing else [])
    return tuple(rng.sample(filled, len(filled)))
