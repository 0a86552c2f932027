"""One line of the table of analysis benchmarks, and how the seconds in it are measured."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Row:
    """Ours against a peer that answers the same question. Seconds are of CPU, not of the wall."""

    what: str
    """The task, its size and the peer."""
    ours_s: float
    peer_s: float
    """NaN: there is no peer, or it was left out; `what` says why."""
    ratio: float
    """What the aim is about: seconds of the peer over ours, unless `what` says otherwise."""
    aim: str
    """``>= 30``, ``<= 1.5``; empty where there is none."""
    same: bool
    """Whether both gave the same answer, by the measure named in `what`."""


def cpu(function: Callable[[], Any]) -> tuple[float, Any]:
    """CPU seconds of this process for one call, and what the call returned."""
    begin = time.process_time()
    found = function()
    return time.process_time() - begin, found


def in_turns(
    ours: Callable[[], Any], peer: Callable[[], Any], *, repeats: int = 3
) -> tuple[float, float, Any, Any]:
    """Median CPU seconds of both, measured by turns, and what each returned last."""
    mine, theirs = [], []
    for _ in range(repeats):
        seconds, our_answer = cpu(ours)
        mine.append(seconds)
        seconds, their_answer = cpu(peer)
        theirs.append(seconds)
    middle = repeats // 2
    return sorted(mine)[middle], sorted(theirs)[middle], our_answer, their_answer
