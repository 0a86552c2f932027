"""The configuration of ``manyvoices evaluate stances``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    NonNegativeFloat,
    NonNegativeInt,
    PositiveFloat,
    PositiveInt,
    ValidationInfo,
    model_validator,
)

from manyvoices.design.responders import ResponderSpec
from manyvoices.design.written import Unfit, check_distinct
from manyvoices.evaluate.stances.instrument import Language, Text
from manyvoices.evaluate.stances.instrument_files import BUILTIN
from manyvoices.train.config import ConfigPath, Strict

OWN = f"{BUILTIN}two-axes"


def _placed(value: str, info: ValidationInfo) -> str:
    folder = (info.context or {}).get("folder")
    if value.startswith(BUILTIN):
        return value
    path = Path(value).expanduser()
    return str(path if folder is None or path.is_absolute() else Path(folder) / path)


InstrumentPlace = Annotated[str, AfterValidator(_placed)]
"""A path, from the folder of the configuration, or ``builtin:NAME``."""

OwnFramings = dict[Text, dict[Language, Text]]


class ForcedConfig(Strict):
    """Lettered options, one of which is to be chosen."""

    framings: tuple[Text, ...] | OwnFramings = ()
    """Names of built-in framings, or own ones (name -> language -> text with ``{statement}`` and
    ``{options}``); empty: all built-in ones that fit the instrument's question."""
    letter_only: Annotated[tuple[bool, ...], Field(min_length=1)] = (True, False)
    """With and without the request to answer with the letter only."""
    orders: Literal["reversal", "rotation", "both", "fixed"] = "reversal"
    """Orders of the options, balanced: forwards and backwards; every rotation (each option is in
    each place once); rotations of both; or as in the file alone."""
    max_tokens: PositiveInt = 128


class OpenConfig(Strict):
    """Free answers, coded afterwards."""

    framings: tuple[Text, ...] | OwnFramings = ()
    max_tokens: PositiveInt = 400


class JudgeConfig(Strict):
    """A model that codes open answers."""

    model: ResponderSpec
    decides: bool = False
    """Whether its codes stand in place of those of the rules."""


class HumanConfig(Strict):
    """How people answered the same items."""

    path: ConfigPath
    """A CSV file (``item answer count`` or ``person item answer``, and columns of groups), or a
    release whose survey asked the items."""
    by: tuple[Text, ...] = ()
    """Columns (questions of the survey) by which groups of people are made."""
    prefix: str = ""
    """What stands before an item's id in the survey's question ids."""
    minimum: PositiveInt = 10
    """Groups with fewer people (answers per item, in a table of counts) are left out and named."""
    allow_simulated: bool = False
    """Whether bots of a rehearsal count; else they are left out."""


def _off(value: Any) -> Any:
    return None if value is False else {} if value is True else value


class StancesConfig(Strict):
    """What ``manyvoices evaluate stances`` is given."""

    instrument: InstrumentPlace = OWN
    models: tuple[ResponderSpec, ...] = ()
    """Whom to ask; without any, the instrument's survey for people is written and nothing asked."""
    languages: Annotated[tuple[Language, ...], Field(min_length=1)] = ("en",)
    paraphrases: PositiveInt | None = None
    """Wordings of each item at most, its own first; None: all."""
    items: tuple[str, ...] = ()
    """Ids of the items to ask; empty: all."""
    forced: Annotated[ForcedConfig | None, BeforeValidator(_off)] = ForcedConfig()
    open: Annotated[OpenConfig | None, BeforeValidator(_off)] = None
    samples: PositiveInt = 2
    """Answers to the very same prompt."""
    cells: PositiveInt | None = None
    """Forms (wording x framing x letter x order) of an item in each language and way at most, drawn
    so that every wording, framing and order comes equally often; None: all of them."""
    temperature: NonNegativeFloat | None = 1.0
    judge: JudgeConfig | None = None
    human: HumanConfig | None = None
    keep: Annotated[float, Field(gt=0.5, le=1)] = 1.0
    """Share of an item's answers that must be on one side for it to be stable; 1: all."""
    least_answers: Annotated[float, Field(ge=0, le=1)] = 0.5
    """Share of an item's askings that must have given an option for it to have a stance at all."""
    least_stable: Annotated[float, Field(ge=0, le=1)] = 0.5
    """Share of an axis' items that must be stable for the model to have a position on it."""
    resamples: NonNegativeInt = 1000
    level: Annotated[float, Field(gt=0, lt=1)] = 0.95
    seed: int = 0
    timeout_s: PositiveFloat = 60.0
    again: bool = False
    """Whether to ask again what failed."""
    out: ConfigPath
    """Folder for everything that is written."""

    @model_validator(mode="after")
    def _fits(self) -> StancesConfig:
        check_distinct("models", [model.id for model in self.models])
        if self.forced is None and self.open is None:
            raise Unfit("forced", "neither forced nor open", "at least one way of asking")
        if self.judge is not None and self.open is None:
            raise Unfit("judge", "a judge without open", "open: {} too: it codes open answers")
        return self
