"""The configuration of preference training: ``manyvoices train dpo|kto CONFIG.yaml``."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, NonNegativeFloat, NonNegativeInt, PositiveFloat, model_validator

from manyvoices.design.written import Unfit
from manyvoices.train.config import RunConfig, Strict


class LabelsConfig(Strict):
    """Which replies are called desirable, which undesirable, and which neither."""

    by: Literal["rank", "score"] = "rank"
    """``rank``: by the place in the group, from 0 (best) to 1 (worst). ``score``: by the raters'
    own scale; groups without scores are left out."""
    threshold: float = 0.5
    """rank: places before it are desirable, those after it undesirable. score: the other way
    round, higher scores are better."""
    band: NonNegativeFloat = 0.0
    """Replies this near to the threshold get no label; on it exactly, none ever does."""


class PreferenceConfig(RunConfig):
    """What both ways of training on preferences without a reward model have."""

    beta: PositiveFloat = 0.1
    """How much staying near the reference counts."""
    min_prompt: NonNegativeInt = 256
    """Tokens of the prompt that stay (its end) where a pair is longer than ``optim.max_length``;
    at most half of that length."""
    merge: bool = False
    """LoRA: save the model with the adapters merged in, instead of the adapters alone."""

    @model_validator(mode="after")
    def _merges(self) -> PreferenceConfig:
        if self.merge and self.model.lora is None:
            raise Unfit("merge", "merge without model.lora", "merge only where model.lora is", "")
        return self


class DpoConfig(PreferenceConfig):
    """A run of ``manyvoices train dpo``: on pairs, by TRL's DPOTrainer."""

    kind: Literal["dpo"] = "dpo"
    loss: Literal["sigmoid", "sigmoid_norm", "hinge", "ipo", "robust", "apo_zero", "apo_down"] = (
        "sigmoid"
    )
    """TRL's name of the loss. ``robust`` takes `smoothing`."""
    min_margin: NonNegativeFloat = 0.0
    """Pairs whose margin (difference of scores, else of ranks) is smaller are left out."""
    margins: Literal["ignore", "offset", "weight"] = "ignore"
    """``offset``: the chosen reply's reward must lead by ``margin_scale * margin`` (ODPO).
    ``weight``: a pair counts in proportion to its margin."""
    margin_scale: PositiveFloat = 1.0
    average: Literal["pair", "group"] = "pair"
    """``group``: a pair counts 1 / (pairs of its group), so that every group counts the same."""
    smoothing: Annotated[float, Field(ge=0, lt=0.5)] = 0.0
    """Probability that a preference is the wrong way round: cDPO, or TRL's unbiased form where
    ``loss: robust``."""
    smooth_by: Literal["constant", "disagreement"] = "constant"
    """``disagreement``: instead of `smoothing` the share of people who preferred the other reply,
    where at least two ordered both."""

    @property
    def own_loss(self) -> bool:
        """Whether pairs differ in more than their texts, which TRL's losses cannot use."""
        return (
            self.margins != "ignore"
            or self.average == "group"
            or self.smooth_by == "disagreement"
            or (self.smoothing > 0 and self.loss != "robust")
        )

    @model_validator(mode="after")
    def _fits(self) -> DpoConfig:
        if self.own_loss and self.loss != "sigmoid":
            raise Unfit("loss", self.loss, "sigmoid with margins, average or smoothing", "")
        return self


class KtoConfig(PreferenceConfig):
    """A run of ``manyvoices train kto``: on single replies, by TRL's KTOTrainer."""

    kind: Literal["kto"] = "kto"
    labels: LabelsConfig = LabelsConfig()
    balance: bool = True
    """Weigh the rarer label up until both count the same."""

    @model_validator(mode="after")
    def _fits(self) -> KtoConfig:
        if self.optim.batch_size < 2:
            raise Unfit(
                "optim",
                f"batch_size {self.optim.batch_size}",
                "batch_size of at least 2: KTO estimates a divergence from the batch's replies",
                "",
            )
        return self
