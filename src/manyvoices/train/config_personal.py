"""The configuration of ``manyvoices train personal``: heads on frozen features that
know the rater.

Of `RunConfig`, ``optim`` has no learning rate to give here: heads are found by L-BFGS to the
maximum. Only its ``batch_size`` and ``max_length`` count, for features that a decoder gives.
"""

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
from manyvoices.train.config import (
    DataConfig,
    ModelConfig,
    OptimConfig,
    RunConfig,
    Share,
    SplitConfig,
    Strict,
)

_COUNTED = frozenset({"batch_size", "max_length"})


class RaterSplit(SplitConfig):
    """People are held out: how well a head does for people it never saw is the question."""

    by: Literal["rater"] = "rater"
    share: Share = 0.2
    shared_prompts: Literal["drop", "keep"] = "keep"
    """Several people's judgements of one message are what a personal head lives on."""


class PersonalData(DataConfig):
    """What is read; rankings are always single people's."""

    split: RaterSplit = RaterSplit()


class FeatureModel(ModelConfig):
    """Where features come from: exactly one of `embedder`, `path`, `hub` and `tiny`."""

    embedder: str | None = None
    """``words`` (hashed words; built in), ``lsa`` (built in; knows only the texts of this run, so
    that no reward for new replies can be made of it), or the folder of a sentence-transformers
    model."""

    @model_validator(mode="after")
    def _one_source(self) -> FeatureModel:
        names = ("embedder", "path", "hub", "tiny")
        given = [name for name in names if getattr(self, name) is not None]
        if len(given) != 1:
            found = " and ".join(given) or "none of embedder, path, hub and tiny"
            raise Unfit(given[-1] if given else "embedder", found, "exactly one of them", "")
        return self


class FeatureConfig(Strict):
    """What of a reply the heads see."""

    style: bool = True
    """Also length, lists, line breaks, refusals and the like (`manyvoices.llm.features`)."""
    interactions: bool = True
    """Embedders: also reply times message, entry by entry. A decoder has read the message."""
    components: PositiveInt | None = 64
    """Principal directions that are kept; None: all."""
    prompt_components: PositiveInt = 16
    """The same of the messages, for where people disagree."""


class HeadConfig(Strict):
    """How the heads are fitted."""

    likelihood: Literal["plackett_luce", "pairs"] = "plackett_luce"
    margin_scale: NonNegativeFloat = 0.0
    """``pairs``: what one point of the raters' scale demands of the difference of utilities."""
    directions: tuple[PositiveInt, ...] = (1, 2, 3, 4, 6)
    """Numbers to choose from, the shared direction included; 1 is the pooled head."""
    l2: tuple[PositiveFloat, ...] = (1.0, 3.0, 10.0, 30.0, 100.0, 300.0, 1000.0)
    """Precisions of the shared head's prior, to choose from."""
    basis_l2: PositiveFloat = 100.0
    """Precision of the prior of the directions in which people differ."""
    survey_l2: tuple[PositiveFloat, ...] = (2.0, 5.0, 20.0, 80.0)
    """Shrinkage of the survey's effects, in people, to choose from."""
    folds: Annotated[int, Field(ge=2)] = 5
    """Of people, for choosing."""

    @model_validator(mode="after")
    def _margins_need_pairs(self) -> HeadConfig:
        if self.margin_scale and self.likelihood != "pairs":
            found = f"margin_scale beside likelihood: {self.likelihood}"
            raise Unfit("margin_scale", found, "likelihood: pairs", "")
        return self


class SurveyConfig(Strict):
    """What the heads may know of a person before they judged anything."""

    questions: tuple[str, ...] | None = None
    """Of the survey; None: all that tell groups apart. ``[]``: nothing."""
    groups: tuple[str, ...] = ()
    """Questions by which accuracy is reported and fair rewards can be made."""
    min_people: Annotated[int, Field(ge=2)] = 10
    """Answers that fewer people gave are neither learnt from nor reported by."""


class PersonalEvaluation(Strict):
    """How the heads are judged."""

    held_out: Annotated[float, Field(gt=0, lt=1)] = 0.34
    """Share of each person's conversations that is predicted."""
    shots: tuple[NonNegativeInt, ...] = (0, 2, 4, 8, 16)
    """Pairs that are known of a person whom the heads never saw; 0: only the survey."""
    draws: PositiveInt = 4
    """How often these pairs are drawn."""
    resamples: NonNegativeInt = 1000
    level: Annotated[float, Field(gt=0, lt=1)] = 0.95


class DisagreementConfig(Strict):
    """The mean-and-variance head, which needs no raters' names."""

    l2: PositiveFloat = 10.0
    l2_sd: PositiveFloat = 100.0
    """Precision of the prior of what the spread depends on."""
    top: PositiveInt | None = None
    """How many messages ``disagreement.jsonl`` names, the most disputed first; None: all."""


class PersonalConfig(RunConfig):
    """A run of ``manyvoices train personal``."""

    data: PersonalData
    model: FeatureModel = FeatureModel(embedder="words")
    features: FeatureConfig = FeatureConfig()
    heads: HeadConfig = HeadConfig()
    survey: SurveyConfig = SurveyConfig()
    evaluation: PersonalEvaluation = PersonalEvaluation()
    disagreement: DisagreementConfig = DisagreementConfig()
    store_people: bool = False
    """Whether the weights of the people trained on are kept (``people.npz``), under the release's
    pseudonyms. They are personal data: they say what somebody likes."""

    @model_validator(mode="after")
    def _no_learning_rate(self) -> PersonalConfig:
        usual = OptimConfig()
        unused = sorted(
            name
            for name in OptimConfig.model_fields
            if name not in _COUNTED and getattr(self.optim, name) != getattr(usual, name)
        )
        if unused:
            raise Unfit(
                "optim",
                f"optim with {', '.join(unused)}",
                "only batch_size and max_length: heads are fitted by L-BFGS, see heads",
                "",
            )
        return self
