"""The configuration of ``manyvoices evaluate export``: what becomes tasks, for which harness."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, PositiveInt, StringConstraints, model_validator

from manyvoices.design.written import Unfit
from manyvoices.evaluate.refusals.config import SetConfig
from manyvoices.evaluate.sampling.config import PromptsConfig
from manyvoices.evaluate.stances.config import OWN, InstrumentPlace
from manyvoices.evaluate.stances.instrument import Language
from manyvoices.evaluate.toxicity.config import PromptsConfig as ToxicPromptsConfig
from manyvoices.train.config import ConfigPath, DataConfig, Strict

Harness = Literal["lm_eval", "inspect"]


class StancesSource(Strict):
    """An instrument, as forced choice."""

    instrument: InstrumentPlace = OWN
    languages: Annotated[tuple[Language, ...], Field(min_length=1)] = ("en",)
    paraphrases: PositiveInt | None = None
    framings: tuple[str, ...] = ("plain",)
    orders: Literal["reversal", "rotation", "both", "fixed"] = "reversal"
    cells: PositiveInt | None = None
    """Forms of an item at most; see ``manyvoices evaluate stances``."""
    seed: int = 0


class PairsSource(Strict):
    """Pairs of replies of which people preferred one."""

    data: DataConfig
    part: Literal["train", "test", "all"] = "all"
    """Which side of ``data.split``; ``test`` is what training with the same ``data`` held out."""
    most: PositiveInt | None = None
    """At most so many pairs, drawn with `seed`."""
    seed: int = 0

    @model_validator(mode="after")
    def _held_out(self) -> PairsSource:
        if self.part == "test" and self.data.split.share == 0:
            found = "test, while data.split.share is 0 and holds nothing out"
            raise Unfit("part", found, "part: all, or a share above 0", "")
        return self


class ExportConfig(Strict):
    """What ``manyvoices evaluate export`` is given; at least one source."""

    name: Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,39}$")]
    """Of the group of tasks; every task's name begins with it."""
    harnesses: Annotated[tuple[Harness, ...], Field(min_length=1)] = ("lm_eval", "inspect")
    stances: StancesSource | None = None
    refusals: SetConfig | None = None
    toxicity: ToxicPromptsConfig | None = None
    prompts: PromptsConfig | None = None
    """Prompts of a preference study: answers are collected, and people judge them."""
    pairs: PairsSource | None = None
    max_tokens: PositiveInt = 256
    out: ConfigPath
    """Folder for ``lm_eval/NAME`` and ``inspect/NAME``."""

    @model_validator(mode="after")
    def _has_source(self) -> ExportConfig:
        if not any((self.stances, self.refusals, self.toxicity, self.prompts, self.pairs)):
            wanted = "at least one of stances, refusals, toxicity, prompts, pairs"
            raise Unfit("name", "nothing to export", wanted, "")
        return self
