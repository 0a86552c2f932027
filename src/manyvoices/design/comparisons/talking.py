"""The talk of an arena: what follows from what was written, answered and judged so far.

Sides are shown together or not at all: which of them was quicker, or failed, is never to be seen
beside the other's answer. So an exchange to which one side gave nothing can be asked again as a
whole, or left out; it is never judged.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class SidesState(StrEnum):
    """How far the answers to one message are."""

    WAITING = "waiting"
    COMPLETE = "complete"
    """Every side answered: it may be read."""
    FAILED = "failed"
    """One side at least gave nothing: nothing of it is shown."""


class TalkStep(StrEnum):
    """What an arena's comparison needs next."""

    OPENING = "opening"
    """The first message."""
    WAITING = "waiting"
    FAILED = "failed"
    """Ask again, or leave the comparison out."""
    TALK = "talk"
    """Write on, or judge, as far as `may_write` and `may_judge` allow."""
    OVER = "over"
    """Judged, or left out."""


@dataclass(frozen=True, slots=True)
class Talk:
    """What is stored of one comparison of an arena."""

    n_messages: int
    sides: SidesState | None
    """Of the last message; None before the first."""
    over: bool = False
    """It has a verdict, be it ``failed``."""


def talk_step(talk: Talk) -> TalkStep:
    """What comes next."""
    if talk.over:
        return TalkStep.OVER
    if talk.sides is None:
        return TalkStep.OPENING
    return {
        SidesState.WAITING: TalkStep.WAITING,
        SidesState.FAILED: TalkStep.FAILED,
        SidesState.COMPLETE: TalkStep.TALK,
    }[talk.sides]


def may_judge(talk: Talk, turns: tuple[int, int]) -> bool:
    """Whether a verdict is taken now: every side has answered at least `turns[0]` messages."""
    return talk_step(talk) is TalkStep.TALK and talk.n_messages >= turns[0]


def may_write(talk: Talk, turns: tuple[int, int]) -> bool:
    """Whether one more message is taken now, of `turns[1]` at most."""
    if talk_step(talk) is TalkStep.OPENING:
        return True
    return talk_step(talk) is TalkStep.TALK and talk.n_messages < turns[1]
