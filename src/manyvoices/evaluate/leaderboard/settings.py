"""What a leaderboard is made with."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass
from typing import Any, Literal

METHODS = ("bradley_terry", "rank_centrality", "win_rate")
"""What a board can be made with; the first is the default."""
AUTOMATIC = ("language", "category", "topic", "conversation_type", "pool")
"""Fields that get boards of their own where they are known and nobody names any."""


@dataclass(frozen=True, slots=True)
class Settings:
    """The numbers depend on all of these and on the data."""

    method: str = "bradley_terry"
    by: tuple[str, ...] | None = None
    """Fields that get boards of their own; None: those of `AUTOMATIC` that are known."""
    least_people: int = 10
    """Groups of fewer people are folded together, or left out."""
    resamples: int = 1000
    level: float = 0.95
    seed: int = 0
    tie_threshold: float = 5.0
    """Of rated answers: scores no further apart are a tie."""
    both_bad: Literal["tie", "drop"] = "tie"
    simulated: bool = False
    """Whether bots' verdicts count."""
    style: bool = True
    """Whether length and layout are controlled for, where the data hold the texts."""
    anchor: str | None = None
    """The model that stands at 1000; None: the mean of all."""

    def __post_init__(self) -> None:
        if self.method not in METHODS:
            raise ValueError(f"method is one of {', '.join(METHODS)}, found {self.method!r}")
        if self.anchor is not None and self.method == "win_rate":
            raise ValueError("anchor fixes the zero of a log scale, which win_rate is not")

    @property
    def scale(self) -> str:
        """``elo``, or ``natural`` for a share of wins."""
        return "natural" if self.method == "win_rate" else "elo"

    def plain(self) -> dict[str, Any]:
        """For JSON."""
        found = asdict(self)
        return found | {"by": None if self.by is None else list(self.by), "scale": self.scale}

    @property
    def digest(self) -> str:
        """Short hash: two runs with the same one asked the same question."""
        text = json.dumps(self.plain(), sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()[:12]
