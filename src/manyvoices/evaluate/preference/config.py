"""The configuration of ``manyvoices evaluate preference``."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, PositiveInt, model_validator

from manyvoices.design.responders import ResponderSpec
from manyvoices.design.written import Unfit
from manyvoices.evaluate.preference.rules import Rules
from manyvoices.train.config import ConfigPath, Strict

Name = Annotated[str, Field(min_length=1, max_length=60)]


class JudgeConfig(Strict):
    """A judging model: its verdicts in a file, or a model that is asked for them."""

    name: Name
    path: ConfigPath | None = None
    """A file of battles: an arena's rows or native ones, on the items that people judged."""
    ask: ResponderSpec | None = None
    """Asked about every item of the release that holds texts, in both orders."""
    prompt: ConfigPath | None = None
    """With `ask`: a text with the places {prompt}, {first} and {second} in place of ours."""
    timeout_s: Annotated[float, Field(gt=0)] = 120.0
    family: tuple[str, ...] = ()
    """Models of the judge's own house: does it favour them?"""

    @model_validator(mode="after")
    def _one_source(self) -> JudgeConfig:
        if (self.path is None) is (self.ask is None):
            found = "neither path nor ask" if self.path is None else "path beside ask"
            raise Unfit("path", found, "path: its verdicts, or ask: the model", "")
        if self.prompt is not None and self.ask is None:
            raise Unfit("prompt", "a prompt without ask", "none: nobody is asked", "")
        return self


class PreferenceConfig(Strict):
    """What ``manyvoices evaluate preference`` is given."""

    data: ConfigPath
    """A release with ``native/comparisons.jsonl``, such a file alone, or a file of battles."""
    baseline: str | None = None
    """Every other model against this one; None = all pairs."""
    models: tuple[str, ...] = ()
    """Only these; empty = all."""
    by: tuple[str, ...] = ()
    """Rates within groups: questions of the survey, or fields of a battle. Category, language and
    pool are looked at wherever they are known."""
    least_raters: PositiveInt = 5
    """Groups and categories with fewer people are counted and shown without an interval."""
    simulated: bool = False
    """Whether a rehearsal's bots count; else they are left out and counted."""
    judges: tuple[JudgeConfig, ...] = ()
    rules: Rules = Rules()
    preregistration: ConfigPath | None = None
    """``preregistration.json`` of ``manyvoices evaluate plan``: the results say where the
    analysis differs from it."""
    out: ConfigPath
    """Folder for results.json, README.md, numbers/ (CSV and Parquet), index.html, tables/ and
    figures/."""

    @model_validator(mode="after")
    def _fits(self) -> PreferenceConfig:
        if self.baseline is not None and self.models and self.baseline not in self.models:
            found = f"{self.baseline}, which models leaves out"
            raise Unfit("baseline", found, "one of models, or models: left out", "")
        names = [judge.name for judge in self.judges]
        if again := next((name for name in names if names.count(name) > 1), None):
            raise Unfit("judges", f"the name {again} twice", "each judge's name once", "")
        return self
