"""The configuration of ``manyvoices evaluate reward``: which model, on which data, how sure."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, NonNegativeInt, PositiveInt, model_validator

from manyvoices.design.written import Unfit
from manyvoices.train.config import ConfigPath, DataConfig, Strict
from manyvoices.train.config_reward import PackingConfig


class RewardFolder(Strict):
    """A trained reward model."""

    path: ConfigPath
    """The folder ``model`` of a run of ``manyvoices train reward``."""
    format: Literal["oasst", "chatml"] = "oasst"
    """As it was trained."""
    dtype: Literal["float32", "bfloat16"] = "float32"
    max_length: PositiveInt = 2048
    """Tokens per thread; what is longer is cut as in training, and counted."""


class OverOptimisationConfig(Strict):
    """What picking the best of more and more outputs does to what is really wanted."""

    gold: RewardFolder
    """A model that is believed more than the one evaluated: larger, or of other people."""
    outputs: Annotated[tuple[ConfigPath, ...], Field(min_length=1)]
    """Sampling reports (``manyvoices evaluate sampling``, or OASST's); the outputs of one prompt in
    all of them are drawn from."""


class RewardEvaluationConfig(Strict):
    """What ``manyvoices evaluate reward`` is given."""

    model: RewardFolder
    data: Annotated[dict[str, DataConfig], Field(min_length=1)]
    """Name -> data set, as in training: the same ``data`` holds out the same trees."""
    part: Literal["test", "all"] = "test"
    """What each data set's split holds out, or all of it."""
    batch_size: PositiveInt = 4
    """Trees (``packing.mode: rows``: groups) per forward pass."""
    packing: PackingConfig = PackingConfig()
    best_of: Annotated[int, Field(ge=2)] = 4
    """Best-of-n is computed for n = 2 to this, where groups are large enough."""
    by: tuple[str, ...] = ()
    """Properties to report by beside data set and language: the rater's survey answers, ..."""
    cluster: Literal["tree", "rater"] = "tree"
    """What is drawn for the intervals: trees, or people (groups without a rater by tree)."""
    resamples: NonNegativeInt = 1000
    level: Annotated[float, Field(gt=0, lt=1)] = 0.95
    seed: int = 0
    over_optimisation: OverOptimisationConfig | None = None
    """None: no curve is drawn."""
    out: ConfigPath
    """Folder for results.json, README.md, groups.jsonl and data.json."""

    @model_validator(mode="after")
    def _held_out(self) -> RewardEvaluationConfig:
        if self.part == "test":
            for name, data in self.data.items():
                if data.split.share == 0:
                    found = f"test, while data.{name}.split.share is 0 and holds nothing out"
                    raise Unfit("part", found, "part: all, or a share above 0", "")
        return self
