"""The configuration of supervised fine-tuning: ``manyvoices train sft CONFIG.yaml``."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, NonNegativeInt, PositiveFloat, PositiveInt, model_validator

from manyvoices.design.written import Unfit
from manyvoices.train.config import RunConfig, Strict
from manyvoices.train.lengths import TooLong


class SamplesConfig(Strict):
    """Replies that are written at the end, to be looked at: ``samples.jsonl``."""

    prompts: NonNegativeInt = 4
    """How many conversations, drawn from the held-out side; 0 writes no file."""
    max_new_tokens: PositiveInt = 128
    temperature: Annotated[float, Field(ge=0)] = 1.0
    """0 takes the likeliest token each time."""
    top_p: Annotated[float, Field(gt=0, le=1)] = 0.9
    seed: int = 0


class SftConfig(RunConfig):
    """Supervised fine-tuning on the assistant's turns."""

    trainer: Literal["trl", "tree"] = "trl"
    """``trl``: TRL's SFTTrainer on every path from a root to a last reply; a turn that several
    paths share is trained once in each. ``tree``: every message once in one forward pass per
    tree, so every turn is trained once."""
    packing: bool = False
    """trl: several threads in a row, none of which sees another."""
    overlong: TooLong = "split"
    """trl: what happens to threads longer than ``optim.max_length``: ``split`` trains every token
    once, ``right`` and ``left`` cut off that side, ``window`` takes a random part (drawn once).
    Trees always ``split``."""
    row_tokens: PositiveInt | None = None
    """tree: most tokens of a forward pass; larger trees are split. None: 4 * max_length."""
    weigh: Literal["none", "rank"] = "none"
    """tree: what a reply counts beside its siblings. ``rank``: `rank_decay` to the power of its
    rank (0 is best), so better replies count more; replies that nobody ranked count 1."""
    rank_decay: Annotated[PositiveFloat, Field(le=1)] = 0.5
    merge: bool = False
    """LoRA: save the model with the adapters merged in, instead of the adapters alone."""
    samples: SamplesConfig = SamplesConfig()

    @model_validator(mode="after")
    def _fits(self) -> SftConfig:
        if self.trainer == "tree" and self.packing:
            raise Unfit("packing", "packing with trainer: tree", "trainer: trl for packing", "")
        if self.trainer == "trl" and self.weigh != "none":
            raise Unfit("weigh", "weigh with trainer: trl", "trainer: tree, which weighs turns", "")
        if self.merge and self.model.lora is None:
            raise Unfit("merge", "merge without model.lora", "merge only where model.lora is", "")
        return self
