"""The configuration of ``manyvoices train reward``: what is compared, how it is packed, judged."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import (
    Field,
    NonNegativeFloat,
    NonNegativeInt,
    PositiveFloat,
    PositiveInt,
    model_validator,
)

from manyvoices.design.written import Unfit
from manyvoices.train.config import ConfigPath, RunConfig, Strict


class LossConfig(Strict):
    """How far the scores are from what people said."""

    kind: Literal["pairs", "listwise"] = "pairs"
    """``pairs``: logistic over all pairs of a group. ``listwise``: Plackett-Luce."""
    average: Literal["group", "pair"] = "group"
    """``group``: the mean over a group's pairs, then over groups, as OASST. ``pair``: every pair
    counts the same, so that large groups count more, as TRL."""
    ties: Literal["leave", "half", "absolute"] = "leave"
    """Tied pairs: left out; counted as half a win for each side; or pulled together by the
    distance of their scores. Listwise treats ties by itself (`losses.plackett_luce`)."""
    tie_scale: NonNegativeFloat = 1.0
    """Factor of the distance of tied scores where ``ties: absolute``."""
    margin_scale: NonNegativeFloat = 0.0
    """What one point of the raters' scale demands of the difference of scores; 0: no margins."""
    margin_by: Literal["scores", "ranks"] = "scores"
    """``scores``: groups without the raters' scores have no margins. ``ranks``: distance of places
    less one, so that neighbours have none."""
    margin_cap: PositiveFloat | None = None
    """Largest margin, after scaling."""
    regularise: NonNegativeFloat = 0.001
    """Factor beta of ``beta / 2 * (p^2 + n^2)`` per pair, which keeps scores near 0; OASST's."""

    @model_validator(mode="after")
    def _fits(self) -> LossConfig:
        if self.kind == "listwise":
            if self.margin_scale:
                raise Unfit("margin_scale", "margins with kind: listwise", "kind: pairs", "")
            if self.ties != "leave":
                raise Unfit("ties", "ties with kind: listwise", "kind: pairs", "")
        return self


class PackingConfig(Strict):
    """How replies become forward passes."""

    mode: Literal["tree", "rows"] = "tree"
    """``tree``: every message once, with a mask of ancestors. ``rows``: one padded row per reply
    with its own copy of what it answers (OASST's collation); for models that cannot pack."""
    max_tokens: PositiveInt = 8192
    """Most tokens in a pack; a larger tree is divided into packs that repeat what they share."""
    attention: Literal["auto", "segments", "dense", "flex"] = "auto"
    """``segments``: stretch by stretch, each with its path (any device); ``dense``: one mask of
    n x n; ``flex``: block mask, on GPU. ``auto``: flex on GPU, segments elsewhere."""
    min_prefix: NonNegativeInt = 256
    """Tokens of the prefix that a reply too long for the model leaves standing."""


class EvaluationConfig(Strict):
    """How the model is judged on what was held out."""

    cluster: Literal["tree", "rater"] = "tree"
    """What is drawn for the intervals: trees, or people (groups without a rater by tree)."""
    resamples: NonNegativeInt = 1000
    level: Annotated[float, Field(gt=0, lt=1)] = 0.95
    by: tuple[str, ...] = ()
    """Names of the groups' properties to report by (survey answers, kinds of conversation),
    beside the language."""
    train_groups: NonNegativeInt = 0
    """How many groups of the training side are judged too, at the end; 0: none."""


class RewardConfig(RunConfig):
    """A run of ``manyvoices train reward``."""

    loss: LossConfig = LossConfig()
    packing: PackingConfig = PackingConfig()
    evaluation: EvaluationConfig = EvaluationConfig()
    head_bias: bool = False
    """Whether the head has a constant; only where the model's class can keep it."""
    freeze_embeddings: bool = False
    """Whether the words' vectors stay as they are: little data teaches a large vocabulary which
    words stood in which reply sooner than it teaches what people prefer."""
    max_replies: Annotated[int, Field(ge=2)] | None = None
    """Only the best so many of a group (OASST: 5); None: all."""
    rater_weights: ConfigPath | None = None
    """JSON file ``{"rater": weight}``: how much each person's orders count; others count 1."""
