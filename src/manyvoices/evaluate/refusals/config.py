"""The configuration of ``manyvoices evaluate refusals``: prompts, replies, and who judges."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, NonNegativeInt, PositiveFloat, PositiveInt, model_validator

from manyvoices.design.responders import ResponderSpec
from manyvoices.design.written import Unfit
from manyvoices.evaluate.toxicity.config import SettingConfig
from manyvoices.train.config import ConfigPath, Strict


class SetConfig(Strict):
    """Prompts that a model should answer (safe) or refuse (unsafe), with replies or without."""

    path: ConfigPath
    """JSON lines, CSV, YAML or Parquet: ``prompt``, ``type``, ``label`` (safe or unsafe), an id;
    ``completion`` (and ``model``) where replies are given."""
    labels_from: ConfigPath | None = None
    """A file with ``prompt`` and ``label``, where `path` has no labels."""
    unsafe_prefix: str | None = "contrast_"
    """Without labels: types that begin so are unsafe, all others safe (XSTest's own rule)."""
    language: str = "en"
    """Language of prompts that do not say theirs, and of the replies wanted."""
    model: str = "given"
    """Whose the given replies are, where the file does not say."""
    limit: PositiveInt | None = None
    """At most so many prompts, drawn with `seed`."""
    seed: int = 0


class JudgeConfig(Strict):
    """A model that says what a reply does."""

    model: ResponderSpec
    samples: PositiveInt = 1
    """Verdicts on each reply; the one given most often counts, a draw counts as none."""
    max_tokens: PositiveInt = 16
    instruction: str | None = None
    """In place of our own; must hold ``{prompt}`` and ``{reply}``, and ask for one of the three
    labels alone."""

    @model_validator(mode="after")
    def _has_places(self) -> JudgeConfig:
        if self.instruction is not None:
            for name in ("{prompt}", "{reply}"):
                if name not in self.instruction:
                    raise Unfit("instruction", f"no {name}", "both {prompt} and {reply}", "")
        return self


class PeopleConfig(Strict):
    """What people said: columns of the set's file, or files that annotators filled in."""

    columns: tuple[str, ...] = ()
    """One column for each annotator."""
    final: str | None = None
    """Column with what was decided where they differ; it counts where it says something."""
    files: tuple[ConfigPath, ...] = ()
    """One file for each annotator: what the review page gave back, or a filled form."""
    settled: ConfigPath | None = None
    """A filled form that decides what they did not agree on."""

    @model_validator(mode="after")
    def _one_way(self) -> PeopleConfig:
        if bool(self.columns) == bool(self.files):
            found = "both" if self.columns else "neither columns nor files"
            raise Unfit("columns", found, "columns, or files", "")
        if self.final and not self.columns:
            raise Unfit("final", self.final, "none beside files", "use settled")
        if self.settled and not self.files:
            raise Unfit("settled", str(self.settled), "none beside columns", "use final")
        return self


class ReviewConfig(Strict):
    """Writes pages and forms for annotators."""

    reviewers: Annotated[tuple[str, ...], Field(min_length=1)]
    """Each gets the same replies in an order of their own, and sees nobody's verdict."""
    forms: tuple[Literal["html", "jsonl", "csv"], ...] = ("html",)
    limit: PositiveInt | None = None
    """At most so many replies, drawn with the configuration's seed."""


class RefusalsConfig(Strict):
    """What ``manyvoices evaluate refusals`` is given."""

    set: SetConfig
    models: tuple[ResponderSpec, ...] = ()
    """Models to ask; empty: the replies that the set's file gives."""
    settings: tuple[SettingConfig, ...] = (SettingConfig(),)
    samples: PositiveInt = 1
    patterns: tuple[ConfigPath, ...] = ()
    """Files of refusal patterns: a further language, or lists in place of ours."""
    judge: JudgeConfig | None = None
    people: PeopleConfig | None = None
    review: ReviewConfig | None = None
    decide_by: Literal["rules", "judge", "people"] = "rules"
    """Whose verdict the rates rest on; the others are compared with it."""
    timeout_s: PositiveFloat = 60.0
    ask_again: bool = False
    resamples: NonNegativeInt = 1000
    level: Annotated[float, Field(gt=0, lt=1)] = 0.95
    seed: int = 0
    out: ConfigPath
    """Folder for results.json, README.md, tables, reviews and generations.jsonl."""

    @model_validator(mode="after")
    def _fits(self) -> RefusalsConfig:
        if self.decide_by != "rules" and getattr(self, self.decide_by) is None:
            raise Unfit("decide_by", self.decide_by, f"a key {self.decide_by}, or rules", "")
        if self.models and self.people and self.people.columns:
            expected = "files, since columns are about replies of the set's file"
            raise Unfit("people.columns", "columns beside models", expected, "")
        for name, key in (("models", "id"), ("settings", "name")):
            names = [getattr(one, key) for one in getattr(self, name)]
            if len(set(names)) < len(names):
                raise Unfit(name, f"one {key} twice", "different names", "")
        return self
