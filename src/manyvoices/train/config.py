"""The configuration of a run: one YAML file, checked whole before anything is read or trained.

Every kind of run has its own class on top of `RunConfig` (``config_sft.py`` and so on). Keys that
nobody knows are faults: a misspelt ``weight_decay`` would otherwise train another model than the
one that was meant. Relative paths count from the folder of the file.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal, TypeAlias, TypeVar

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    NonNegativeFloat,
    NonNegativeInt,
    PositiveFloat,
    PositiveInt,
    ValidationError,
    ValidationInfo,
    model_validator,
)

from manyvoices.design.sources import Loc, Source, parse_yaml, path_text
from manyvoices.design.wording import put_in_words, repeats_others
from manyvoices.design.written import Unfit, found_text
from manyvoices.schema.errors import Fault
from manyvoices.train.errors import ConfigError

C = TypeVar("C", bound=BaseModel)


def _from_folder(path: Path, info: ValidationInfo) -> Path:
    folder = (info.context or {}).get("folder")
    path = path.expanduser()
    return path if folder is None or path.is_absolute() else Path(folder) / path


ConfigPath: TypeAlias = Annotated[Path, AfterValidator(_from_folder)]
"""A path; in a configuration file it counts from the folder of that file."""

Share: TypeAlias = Annotated[float, Field(ge=0.0, lt=1.0)]


class Strict(BaseModel):
    """Base of all parts: unknown keys are faults, and what was read does not change."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class SplitConfig(Strict):
    """What is held out for evaluation."""

    by: Literal["tree", "rater"] = "tree"
    """``tree``: whole trees (equal opening messages stay together). ``rater``: whole people, so
    that evaluation is on people whom the model never saw."""
    share: Share = 0.1
    """Share of the units that is held out; 0 holds nothing out."""
    seed: int = 0
    shared_prompts: Literal["drop", "keep"] = "drop"
    """By rater: trees for training whose opening message also stands in the held-out part."""


class FilterConfig(Strict):
    """What may be trained on. Every message that falls is counted in the manifest."""

    min_quality: Annotated[float, Field(ge=0, le=1)] | None = None
    """Replies below are left out, and what hangs below them; None asks for nothing. Messages
    without the label stay."""
    quality_label: str = "quality"
    """Which label `min_quality` is about."""
    consent: tuple[str, ...] = ("text",)
    """Permissions that the consent text of a release must give (``allows`` in its study):
    ``text`` by default, and words of the study's own such as ``training``. Empty asks nothing."""
    unstated: Literal["allow", "refuse"] = "allow"
    """What to do with data that say nothing of consent: PRISM's and OASST's own files, pairs."""
    withdrawals: tuple[ConfigPath, ...] = ()
    """Later releases (their folders): whom their manifests name as withdrawn from a release that is
    read here is left out of it."""
    allow_simulated: bool = False
    """Whether bots' rows of a rehearsal may be trained on; otherwise they are left out."""
    synthetic: bool = False
    """Whether trees may hold messages that a model wrote (OASST's ``synthetic``)."""
    unreviewed: bool = False
    """Whether messages of trees that nobody decided on (neither accepted nor rejected) may stay."""
    deduplicate: Literal["tree", "prompt", "none"] = "tree"
    """``tree``: of trees that are equal in every text, order and rater the first stays.
    ``prompt``: of trees with equal opening messages the first stays."""


class DataSource(Strict):
    """One data set, and how much of it an epoch takes."""

    path: ConfigPath
    """A release folder, or a file in any form that ``manyvoices validate`` knows."""
    format: str | None = None
    """Name of the form; None: it is told from the content."""
    fraction: Annotated[float, Field(gt=0, le=1)] | None = None
    """Share of its examples that a pass takes, drawn anew for each; None: all."""
    size: PositiveInt | None = None
    """Or their number; never more than there are."""

    @model_validator(mode="after")
    def _one_of_two(self) -> DataSource:
        if self.fraction is not None and self.size is not None:
            raise Unfit("size", "size beside fraction", "one of them", "")
        return self


class DataConfig(DataSource):
    """What is read, and what of it is used."""

    more: tuple[DataSource, ...] = ()
    """Further data sets that are mixed in."""
    languages: tuple[str, ...] = ()
    """Only these (``en`` takes ``en-GB`` too); empty: all."""
    top_k: PositiveInt | None = None
    """SFT: of ranked replies only those with rank below; None: all. 1 is OASST's "top1"."""
    lottery: bool = False
    """Prompts: also those whose trees still wait to grow (``prompt_lottery_waiting``)."""
    individual: bool = False
    """Rankings: single people's instead of the merged one, where both exist."""
    split: SplitConfig = SplitConfig()
    filters: FilterConfig = FilterConfig()
    max_examples: PositiveInt | None = None
    """At most so many trees (conversations, pairs of a file), drawn with `seed`; None: all."""
    seed: int = 0


class TinyConfig(Strict):
    """A random model, built on the spot: for tests, rehearsals and benchmarks."""

    family: Literal["llama", "neox"] = "llama"
    hidden: PositiveInt = 64
    layers: PositiveInt = 2
    heads: PositiveInt = 4
    vocab: Annotated[int, Field(ge=272)] = 2048
    seed: int = 0


class LoraConfig(Strict):
    """Low-rank adapters in place of training all weights (peft)."""

    r: PositiveInt = 16
    alpha: PositiveFloat = 32.0
    dropout: Share = 0.05
    targets: str | tuple[str, ...] = "all-linear"
    """Names of modules, or ``all-linear``."""


class ModelConfig(Strict):
    """The model that a run starts from: exactly one of `path`, `hub` and `tiny`."""

    path: ConfigPath | None = None
    """Folder of a model that transformers loads."""
    hub: str | None = None
    """Name on the Hugging Face hub, where the machine may download."""
    tiny: TinyConfig | None = None
    format: Literal["oasst", "chatml"] = "oasst"
    dtype: Literal["float32", "bfloat16"] = "float32"
    activation_checkpointing: bool = False
    attention: Literal["sdpa", "eager", "flex_attention"] | None = None
    """Implementation of attention in transformers; None: what the trainer chooses."""
    lora: LoraConfig | None = None

    @model_validator(mode="after")
    def _one_source(self) -> ModelConfig:
        given = [name for name in ("path", "hub", "tiny") if getattr(self, name) is not None]
        if len(given) != 1:
            found = " and ".join(given) or "none of path, hub and tiny"
            raise Unfit(given[-1] if given else "path", found, "exactly one of them", "")
        return self


class OptimConfig(Strict):
    """AdamW and what surrounds it."""

    lr: PositiveFloat = 1e-5
    betas: tuple[Share, Share] = (0.9, 0.95)
    eps: PositiveFloat = 1e-8
    weight_decay: NonNegativeFloat = 0.0
    clip: PositiveFloat | None = 1.0
    """Largest norm of the gradient; None does not clip."""
    schedule: Literal["constant", "linear", "cosine"] = "cosine"
    warmup_steps: NonNegativeInt = 0
    epochs: PositiveFloat | None = None
    """Passes over the data; or `max_steps`. Without both: one epoch."""
    max_steps: PositiveInt | None = None
    """Updates of the weights."""
    batch_size: PositiveInt = 4
    """Examples per process and forward pass."""
    accumulate: PositiveInt = 1
    """Forward passes per update."""
    max_length: PositiveInt = 2048
    """Tokens per row; what is longer is cut or split, and counted."""

    @model_validator(mode="after")
    def _one_length(self) -> OptimConfig:
        if self.epochs is not None and self.max_steps is not None:
            raise Unfit("max_steps", "max_steps beside epochs", "one of them", "")
        return self


class RunConfig(Strict):
    """What every kind of run has."""

    data: DataConfig
    model: ModelConfig
    optim: OptimConfig = OptimConfig()
    out: ConfigPath
    """Folder for checkpoints, metrics and the model."""
    seed: int = 0
    save_every: PositiveInt | None = None
    """Updates between checkpoints; None: only at the end."""
    eval_every: PositiveInt | None = None
    """Updates between evaluations; None: only at the end."""
    keep: PositiveInt = 2
    """How many checkpoints stay."""
    shard: bool = False
    """Under torchrun: each process holds a share of the weights (FSDP2), not all of them."""
    log: tuple[Literal["tensorboard", "wandb"], ...] = ()
    """Where metrics go beside ``metrics.jsonl``."""


def read_config(path: Path | str, kind: type[C]) -> C:
    """Read a configuration of a run.

    Raises:
        ConfigError: With every fault found, each with file, line and field.
        OSError: The file cannot be read.
    """
    path = Path(path)
    source = parse_yaml(path.read_text(encoding="utf-8-sig"), str(path))
    if not source.faults and not isinstance(source.data, dict):
        source.fault(1, (), found_text(source.data), "a mapping (data: ..., model: ..., out: ...)")
    config = _validated(source, kind, path.parent) if isinstance(source.data, dict) else None
    if source.faults or config is None:
        unique = dict.fromkeys(source.faults)
        raise ConfigError(sorted(unique, key=lambda fault: fault.line or 0))
    return config


def _validated(source: Source, kind: type[C], folder: Path) -> C | None:
    try:
        return kind.model_validate(source.data, context={"folder": folder})
    except ValidationError as error:
        for detail in error.errors():
            if not repeats_others(detail):
                source.faults.append(_fault(source, *put_in_words(detail, kind)))
        return None


def _fault(source: Source, loc: Loc, found: str, expected: str, hint: str) -> Fault:
    """The finding at the nearest place that stands in the file; a missing key is still named."""
    real: Loc = ()
    for part in loc:
        if (*real, part) in source.lines:
            real = (*real, part)
    missing = loc[-1:] if expected.startswith("the key") and loc[-1:] != real[-1:] else ()
    where = path_text((*real, *missing))
    return Fault(source.file, source.lines.get(real), where, found, expected, hint)


def as_plain(config: BaseModel) -> dict[str, Any]:
    """The configuration as JSON can hold it: what the manifest and the model card keep."""
    return config.model_dump(mode="json")
