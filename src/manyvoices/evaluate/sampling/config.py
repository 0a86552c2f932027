"""The configuration of ``manyvoices evaluate sampling``: what is asked of whom, sampled how."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any

from pydantic import (
    AfterValidator,
    Field,
    NonNegativeInt,
    PositiveFloat,
    PositiveInt,
    ValidationInfo,
    model_validator,
)

from manyvoices.design.responders import ResponderSpec
from manyvoices.design.written import Unfit
from manyvoices.evaluate.config_reward import RewardFolder
from manyvoices.evaluate.generating import Setting
from manyvoices.evaluate.toxicity.config import ScorerConfig
from manyvoices.llm.providers.local import ALLOWED_EXTRA
from manyvoices.train.config import ConfigPath, Strict


def _from_folder(spec: ResponderSpec, info: ValidationInfo) -> ResponderSpec:
    """A model's own paths count from the folder of the file, as all others do; and the folder of a
    run of ``manyvoices train`` means the model in it."""
    base = Path((info.context or {}).get("folder", "."))
    found: dict[str, Any] = {
        name: str(base / Path(value).expanduser())
        for name in ("folder", "cassette", "record")
        if (value := getattr(spec, name)) is not None
    }
    if "folder" in found:
        inner = Path(found["folder"]) / "model"
        if not (inner.parent / "config.json").exists() and (inner / "config.json").exists():
            found["folder"] = str(inner)
    return spec.model_copy(update=found)


Model = Annotated[ResponderSpec, AfterValidator(_from_folder)]


class PromptsConfig(Strict):
    """Where the prompts are."""

    path: ConfigPath
    """Texts or objects (.jsonl, .json, .txt), a release, trees, a study.yaml, or a report."""
    language: str | None = None
    """Of prompts that name none; None: nobody asks in which language an answer is."""
    most: PositiveInt | None = None
    """At most so many, drawn with `seed`; None: all."""
    seed: int = 0
    allow_simulated: bool = False
    """Of a release: whether bots' prompts may be asked."""


class Sampling(Strict):
    """One named way of sampling."""

    name: Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,59}$")]
    temperature: Annotated[float, Field(ge=0, le=5)] | None = None
    """0 takes the likeliest word each time; None: as the model's own entry says."""
    top_p: Annotated[float, Field(gt=0, le=1)] | None = None
    max_tokens: PositiveInt | None = None
    extra: Mapping[str, Any] = Field(default_factory=dict)
    """Further parameters, as the endpoint names them (``top_k``, ``repetition_penalty``, ...)."""
    samples: PositiveInt | None = None
    """Outputs for each prompt; None: `samples` of the run, and 1 at temperature 0."""

    def setting(self) -> Setting:
        """As `generate` is told."""
        return Setting(self.name, self.temperature, self.top_p, self.max_tokens, dict(self.extra))

    def params(self, model: ResponderSpec) -> dict[str, Any]:
        """As OASST's reports name them: what is in force for `model`."""
        temperature = model.temperature if self.temperature is None else self.temperature
        named = {
            "max_new_tokens": self.max_tokens or model.max_tokens,
            "do_sample": temperature is None or temperature > 0,
            "temperature": temperature,
            "top_p": model.top_p if self.top_p is None else self.top_p,
            **model.extra,
            **self.extra,
        }
        return {name: value for name, value in named.items() if value is not None}


class StudyOutputs(Strict):
    """What goes into ``outputs.jsonl``: one text of each model and prompt."""

    sampling: str | Mapping[str, str] | None = None
    """Name of the sampling, or model -> name; None: each model's first."""
    sample: NonNegativeInt = 0
    """Which of its outputs."""


PLAIN = (
    Sampling(name="sampled", temperature=1.0, top_p=0.95),
    Sampling(name="greedy", temperature=0),
)


class SamplingConfig(Strict):
    """What ``manyvoices evaluate sampling`` is given: models to ask, reports to read, or both."""

    prompts: PromptsConfig | None = None
    models: tuple[Model, ...] = ()
    """As in a study's models.yaml; paths count from the folder of this file."""
    samplings: tuple[Sampling, ...] = PLAIN
    samples: PositiveInt = 2
    """Outputs for each prompt and sampling."""
    reports: tuple[ConfigPath, ...] = ()
    """Sampling reports that are there already, OASST's too: compared with the rest."""
    timeout_s: PositiveFloat = 60.0
    """For each call."""
    again: bool = False
    """Whether calls that failed before are made once more."""
    study: StudyOutputs = StudyOutputs()
    reward: RewardFolder | None = None
    """A reward model by which every output is scored."""
    toxicity: ScorerConfig | None = None
    """Who says how toxic every output is; see ``manyvoices evaluate toxicity``."""
    resamples: PositiveInt = 1000
    """Resamples of prompts for the intervals."""
    level: Annotated[float, Field(gt=0, lt=1)] = 0.95
    seed: int = 0
    out: ConfigPath
    """Folder for reports/, prompts.jsonl, outputs.jsonl, results.json, README.md, index.html."""

    def n_samples(self, sampling: Sampling) -> int:
        """Outputs for each prompt."""
        if sampling.samples is not None:
            return sampling.samples
        return 1 if sampling.temperature == 0 else self.samples

    @model_validator(mode="after")
    def _fits(self) -> SamplingConfig:
        for problem in self._problems():
            raise problem
        return self

    def _lost(self) -> Iterator[Unfit]:
        """A report must not name a parameter that never reached the model."""
        local = any(model.provider == "local" for model in self.models)
        for sampling in self.samplings if local else ():
            unknown = [name for name in sampling.extra if name not in ALLOWED_EXTRA]
            if unknown:
                found = f"{unknown[0]} in {sampling.name}, which a local model is not given"
                yield Unfit("samplings", found, f"of {', '.join(ALLOWED_EXTRA)}", "")

    def _problems(self) -> Iterator[Unfit]:
        if not self.models and not self.reports:
            yield Unfit("models", "none", "models to ask, or reports to read", "")
        if self.models and self.prompts is None:
            yield Unfit("prompts", "none", "prompts that the models are asked", "")
        if self.models and not self.samplings:
            yield Unfit("samplings", "none", "at least one", "")
        for name, ids in (
            ("models", [model.id for model in self.models]),
            ("samplings", [sampling.name for sampling in self.samplings]),
        ):
            again = [one for one, n in Counter(ids).items() if n > 1]
            if again:
                yield Unfit(name, f"{again[0]} twice", "each once", "")
        yield from self._lost()
        same = Counter(repr(s.model_dump(exclude={"name"})) for s in self.samplings)
        if any(n > 1 for n in same.values()):
            yield Unfit("samplings", "two with equal parameters", "each of its own kind", "")
