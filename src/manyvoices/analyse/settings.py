"""What an analyst may choose for a whole report; part of the command that remakes it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from manyvoices.analyse.battles import TIE_THRESHOLD
from manyvoices.analyse.groups import MIN_GROUP
from manyvoices.analyse.resampling import Resampling

Tick = Callable[[str], None]


def _quiet(step: str) -> None:
    """Nobody watches."""
    del step


@dataclass(frozen=True, slots=True)
class Settings:
    """Choices that the numbers of a report depend on, and where long work is kept."""

    resampling: Resampling = field(default_factory=Resampling)
    tie_threshold: int = TIE_THRESHOLD
    min_group: int = MIN_GROUP
    """Groups with fewer people are not shown apart."""
    embedder: str = "lsa"
    """``lsa``, or the folder of a sentence-transformers model."""
    stability_seeds: int = 3
    """How many further seeds a clustering is repeated with (PRISM's facts advise ten)."""
    compare: Path | None = None
    """Another release, or a leaderboard's battles, to compare with."""
    references: tuple[Path, ...] = ()
    """Files with shares of populations that the people are held against: PRISM's two census files,
    a joint table, or margins (see `manyvoices.analyse.people.reference`)."""
    cache: Path | None = None
    """Folder for embeddings and other long work, by hash of what they were made of; None = no."""
    tick: Tick = field(default=_quiet, compare=False)
    """Is told what is about to be computed."""
