"""The configuration of ``manyvoices evaluate plan``."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, NonNegativeFloat, PositiveInt, model_validator

from manyvoices.design.written import Unfit
from manyvoices.evaluate.preference.rules import Rules
from manyvoices.train.config import ConfigPath, Strict

Share = Annotated[float, Field(ge=0, lt=1)]
Size = Annotated[int, Field(ge=2)]
EXCLUSIONS = (
    "Votes that the study set aside by its own rules (too fast, too many, one-sided) are left out; "
    "the results are shown with them too.",
    "Comparisons in which a side gave no answer, and “cannot judge”, are counted in columns of "
    "their own and are in no rate.",
    "People who withdraw are left out with all they said.",
)


class Expected(Strict):
    """What is expected of people, prompts and models; a pilot or an earlier study says."""

    rater_sd: NonNegativeFloat = 0.5
    """Standard deviation between people of the log odds of the pair."""
    prompt_sd: NonNegativeFloat = 0.5
    """The same between prompts."""
    ties: Share = 0.15
    """Share of ties between equals."""
    all_bad: Share = 0.0
    cannot_judge: Share = 0.0
    failed: Share = 0.0
    """Chance that a model gives no answer to a prompt."""
    set_aside: Share = 0.0
    """Share of people whose votes are set aside."""
    position: float = 0.0
    """Log odds for the answer shown first."""


class Design(Strict):
    """One size of a study."""

    raters: Size
    prompts: Size
    per_rater: PositiveInt

    @model_validator(mode="after")
    def _each_prompt_once(self) -> Design:
        if self.per_rater > self.prompts:
            found = f"{self.per_rater} of {self.prompts} prompts"
            raise Unfit("per_rater", found, "at most the number of prompts", "")
        return self


class Cost(Strict):
    """What a study costs."""

    per_verdict: NonNegativeFloat = 0.0
    per_person: NonNegativeFloat = 0.0
    currency: Annotated[str, Field(pattern=r"^[A-Z]{3}$")] = "USD"


class Stop(Strict):
    """When no more people are asked."""

    text: Annotated[str, Field(min_length=1)] = (
        "When the planned number of people have finished; nobody looks at the results before."
    )
    most: PositiveInt | None = None
    """People at most, where the study may end anywhere up to it (an anytime-valid test)."""


class PlanConfig(Strict):
    """What ``manyvoices evaluate plan`` is given."""

    title: Annotated[str, Field(min_length=1)]
    model: str
    baseline: str
    win_rate: Annotated[float, Field(gt=0, lt=1)] = 0.55
    """The win rate that the study should tell from one half."""
    half_width: Annotated[float, Field(gt=0, lt=0.5)] | None = None
    """Or the wanted half width of the interval, as a share (0.03 = 3 points)."""
    power: Annotated[float, Field(gt=0, lt=1)] = 0.8
    expected: Expected = Expected()
    prompts: Annotated[tuple[Size, ...], Field(min_length=1)] = (22, 50, 100, 200)
    per_rater: Annotated[tuple[PositiveInt, ...], Field(min_length=1)] = (10, 20)
    also: tuple[Design, ...] = ()
    """Sizes that are simulated beside those that reach the goal."""
    chosen: Design | None = None
    """The size that is preregistered; None = the cheapest that reaches the goal."""
    cost: Cost = Cost()
    hypotheses: tuple[str, ...] = ()
    """None = one that follows from the rest."""
    by: tuple[str, ...] = ()
    """Groups by which results are planned."""
    stopping: Stop = Stop()
    exclusions: tuple[str, ...] = EXCLUSIONS
    least_raters: PositiveInt = 5
    rules: Rules = Rules()
    date: str | None = None
    notes: str | None = None
    simulations: Annotated[int, Field(ge=50)] = 400
    seed: int = 0
    out: ConfigPath
    """Folder for results.json, README.md, preregistration.json and preregistration.md."""

    @model_validator(mode="after")
    def _can_be_told(self) -> PlanConfig:
        if self.half_width is None and self.win_rate == 0.5:
            hint = "half_width: 0.03 plans for an interval that narrow"
            raise Unfit("win_rate", "0.5, which nothing tells from 0.5", "another rate", hint)
        if self.model == self.baseline:
            raise Unfit("baseline", self.baseline, "another model than model", "")
        return self
