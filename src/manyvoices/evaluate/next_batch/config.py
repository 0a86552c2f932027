"""The configuration of ``manyvoices evaluate next``: what is known, what can be asked, and how many
verdicts each reason gets."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, NonNegativeFloat, PositiveFloat, PositiveInt, model_validator

from manyvoices.design.written import Unfit
from manyvoices.train.config import ConfigPath, Strict

Share = Annotated[float, Field(ge=0, le=1)]
Level = Annotated[float, Field(gt=0, lt=1)]


class Shares(Strict):
    """How the budget is shared; only their proportions count. What one reason has no use for goes
    to the others."""

    uncertainty: NonNegativeFloat = 4.0
    disagreement: NonNegativeFloat = 2.0
    coverage: NonNegativeFloat = 2.0
    failures: NonNegativeFloat = 1.0
    exploration: NonNegativeFloat = 1.0

    @model_validator(mode="after")
    def _asks_something(self) -> Shares:
        if not any(self.model_dump().values()):
            raise Unfit("uncertainty", "nothing but 0", "at least one share above 0")
        return self


class Uncertainty(Strict):
    """Which pairs of models tell most about what is not sure yet."""

    focus: Literal["lead", "order", "scores"] = "lead"
    """``lead``: who is first; ``order``: every place; ``scores``: every strength alike."""
    l2: PositiveFloat = 1.0
    """Prior precision of the strengths, for models of which little is known."""


class Disagreement(Strict):
    """Where groups of people, or people on one prompt, differ more than chance."""

    by: tuple[str, ...] | None = None
    """Survey questions whose answers make groups; None = every question of one choice."""
    alpha: Level = 0.05
    """False discovery rate at which a difference is asked about (Benjamini-Hochberg)."""
    permutations: PositiveInt = 999
    least: PositiveInt = 5
    """People of a group, and verdicts on a prompt, below which nothing is tested."""
    most: PositiveInt = 20
    """Differences that are asked about at most, the surest first."""


class Coverage(Strict):
    """What was asked too seldom."""

    per_pair: PositiveInt | None = None
    """Verdicts wanted of each two models in each category (in each language where the stage has
    several); None = as many as the middle one has."""
    groups: dict[str, dict[str, NonNegativeFloat]] = Field(default_factory=dict)
    """Survey question -> answer -> its wanted share of the people."""
    census: ConfigPath | None = None
    """A CSV of a population over survey questions, the last column ``count`` or ``share``."""


class Failures(Strict):
    """Models and prompts that gave nothing to judge."""

    above: Share = 0.05
    """Asked again, or flagged, where the share of failures is surely (95 %) above this."""
    again: PositiveInt = 10
    """Asks for each such model or prompt at most. Stored outputs that are not there cannot be
    asked: they are flagged."""


class Others(Strict):
    """Results of other evaluations, where they are there."""

    reward: ConfigPath | None = None
    """``groups.jsonl`` of ``manyvoices evaluate reward``: where the reward model is wrong, or
    cannot tell."""
    preference: ConfigPath | None = None
    """``results.json`` of ``manyvoices evaluate preference``: what its intervals leave open."""
    personal: ConfigPath | None = None
    """``disagreement.jsonl`` of ``manyvoices train personal``: messages on which people differ."""


class NextConfig(Strict):
    """What ``manyvoices evaluate next`` is given."""

    data: ConfigPath
    """A release, its ``native/comparisons.jsonl`` alone, or a file of battles."""
    study: ConfigPath | None = None
    """The study that will be asked; None = the one that the release carries."""
    stage: str | None = None
    """Id of its stage; None = the only one of comparisons, or else of conversations."""
    read: tuple[Literal["comparisons", "openings"], ...] | None = None
    """Which verdicts count: comparisons, scores of openings; None = those of the stage's kind where
    there are any, else all."""
    n: PositiveInt = 200
    """How many verdicts to ask for (openings, where the stage is of conversations)."""
    shares: Shares = Shares()
    uncertainty: Uncertainty = Uncertainty()
    disagreement: Disagreement = Disagreement()
    coverage: Coverage = Coverage()
    failures: Failures = Failures()
    others: Others = Others()
    tie_threshold: NonNegativeFloat = 5.0
    """Openings: scores no further apart than this are a tie."""
    simulated: bool = False
    """Whether a rehearsal's bots count; else they are left out and counted."""
    quarantined: bool = False
    """Whether votes that were set aside count."""
    resamples: PositiveInt = 500
    """Of people, for the intervals that say what is known now."""
    level: Level = 0.95
    seed: int = 0
    out: ConfigPath
    """Folder for next_batch.jsonl, README.md and results.json."""
