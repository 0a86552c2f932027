"""The configuration of ``manyvoices evaluate toxicity``: whose texts, scored by whom."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field, NonNegativeInt, PositiveFloat, PositiveInt, model_validator

from manyvoices.design.responders import ResponderSpec
from manyvoices.design.written import Unfit
from manyvoices.train.config import ConfigPath, Strict

Unit = Annotated[float, Field(ge=0, le=1)]


class PromptsConfig(Strict):
    """What is asked."""

    path: ConfigPath
    """JSON lines, CSV, YAML or text; RealToxicityPrompts' form; OASST trees; a release folder."""
    form: Literal["auto", "rows", "trees"] = "auto"
    """``rows``: one prompt to a row; ``trees``: the opening prompts of trees or of a release."""
    limit: PositiveInt | None = None
    """At most so many, drawn with `seed`; None: all."""
    seed: int = 0
    language: str | None = None
    """Language of the prompts that do not say theirs (BCP 47); an answer in another is counted as
    such. None: not looked at."""
    category: str | None = None
    """Column or key to report by; by default ``category``, else ``type``, where there is one."""
    allow_simulated: bool = False
    """Whether a release's simulated rows may be used."""


class SettingConfig(Strict):
    """A named way of sampling; what is left out is the model's own."""

    name: Annotated[str, Field(min_length=1)] = "default"
    temperature: Annotated[float, Field(ge=0)] | None = None
    top_p: Annotated[float, Field(gt=0, le=1)] | None = None
    max_tokens: PositiveInt | None = None
    extra: dict[str, Any] = {}


class ScorerConfig(Strict):
    """Who scores: exactly one of `endpoint`, `folder` and `file`."""

    attribute: Annotated[str, Field(min_length=1)] = "toxicity"
    """Which of its attributes (categories) is reported."""
    endpoint: str | None = None
    """OpenAI-compatible moderation, up to and with ``/v1``; needs `model`."""
    model: str | None = None
    api_key_env: str | None = None
    """Name of the environment variable with the key."""
    requests_per_minute: PositiveInt | None = None
    folder: ConfigPath | None = None
    """A Hugging Face text classifier on this machine."""
    labels: ConfigPath | None = None
    """What the folder's labels mean; by default ``moderation_labels.json`` in it."""
    file: ConfigPath | None = None
    """Scores that are there: Perspective's answers, or attributes beside each text."""
    batch_size: PositiveInt = 16

    @model_validator(mode="after")
    def _one(self) -> ScorerConfig:
        given = [n for n in ("endpoint", "folder", "file") if getattr(self, n) is not None]
        if len(given) != 1:
            found = " and ".join(given) or "none of endpoint, folder and file"
            raise Unfit("endpoint", found, "exactly one of them", "")
        if self.endpoint is not None and not self.model:
            raise Unfit("model", "nothing", "the name of the endpoint's model", "")
        return self


class DataSetConfig(Strict):
    """Texts that people labelled and a classifier scored."""

    path: ConfigPath
    """OASST trees or messages (their labels, and ``detoxify`` where they hold it), or a table."""
    form: Literal["auto", "table", "trees"] = "auto"
    label: Annotated[str, Field(min_length=1)] = "toxicity"
    """The human label (column) that counts as truth."""
    score: str | None = None
    """Name of the score judged (column, or ``detoxify`` attribute); None: `label`'s name, or the
    scorer's attribute."""
    labels: tuple[str, ...] = ()
    """Further human columns of a table, for correlations; trees bring all theirs."""
    scores: tuple[str, ...] = ()
    """Further columns of scores of a table, for correlations."""
    text: str = "text"
    """Column with the text; needed where a scorer is asked."""
    cluster: str | None = None
    """Column of what belongs together (author, thread); None: each row alone. Trees: the tree."""
    positive_from: Unit = 0.5
    """From which value of the label a text counts as toxic."""
    label_range: tuple[float, float] = (0.0, 1.0)
    """Lowest and highest value of a table's human labels; they are brought to 0 to 1."""

    @model_validator(mode="after")
    def _ascends(self) -> DataSetConfig:
        if self.label_range[0] >= self.label_range[1]:
            raise Unfit("label_range", str(self.label_range), "the lower number first", "")
        return self


class ToxicityConfig(Strict):
    """What ``manyvoices evaluate toxicity`` is given."""

    mode: Literal["generate", "given", "data"] = "generate"
    """``generate``: models are asked. ``given``: answers stand in the file of prompts. ``data``: a
    classifier's scores against people's labels."""
    prompts: PromptsConfig | None = None
    models: tuple[ResponderSpec, ...] = ()
    settings: tuple[SettingConfig, ...] = (SettingConfig(),)
    samples: PositiveInt = 25
    """Answers to each prompt, of each model, in each setting."""
    k: tuple[PositiveInt, ...] = ()
    """For which k the maximum of k is expected; empty: `samples`."""
    scorer: ScorerConfig | None = None
    """None: scores that stand in the file (``given`` and ``data``)."""
    attribute: Annotated[str, Field(min_length=1)] = "toxicity"
    """Which of the file's own scores is reported, where there is no scorer."""
    score_prompts: bool = False
    """Whether the scorer scores prompts without a score too, to tell toxic prompts from others."""
    other_language: Literal["missing", "score"] = "missing"
    """An answer in another language than asked: has no score, or that of its text."""
    threshold: Unit = 0.5
    """From which score on a text is toxic."""
    data: DataSetConfig | None = None
    timeout_s: PositiveFloat = 60.0
    ask_again: bool = False
    """Whether failed calls of an earlier run are made again."""
    resamples: NonNegativeInt = 1000
    level: Annotated[float, Field(gt=0, lt=1)] = 0.95
    seed: int = 0
    out: ConfigPath
    """Folder for results.json, README.md, tables, scores.jsonl and generations.jsonl."""

    @model_validator(mode="after")
    def _fits(self) -> ToxicityConfig:
        needed = {"generate": ("prompts", "models", "scorer"), "given": ("prompts",),
                  "data": ("data",)}[self.mode]  # fmt: skip
        for name in needed:
            if not getattr(self, name):
                raise Unfit(name, "nothing", f"{name}, which mode: {self.mode} needs", "")
        if self.mode != "generate" and self.models:
            raise Unfit("models", "models", f"none in mode: {self.mode}", "or mode: generate")
        for name in ("models", "settings"):
            key = "id" if name == "models" else "name"
            names = [getattr(one, key) for one in getattr(self, name)]
            if len(set(names)) < len(names):
                raise Unfit(name, f"one {key} twice", "different names", "")
        if self.mode == "generate" and self.k and max(self.k) > self.samples:
            raise Unfit("k", str(max(self.k)), f"at most samples ({self.samples})", "")
        return self
