"""The configuration of a run against a reward: ``manyvoices train ppo CONFIG.yaml``.

The defaults are the preset of the OpenAssistant paper's run (Open-Assistant, ``ppo_config`` at
commit f1e6ed9, facts in the project's notes 1.5): learning rate 1e-6 held constant, betas .9 and
.95, KL .1 with target 6 and horizon 10,000, gamma 1, lambda .95, both clips .4, value loss counted
once, 4 epochs, scores within 4, 16 replies per round of up to 512 tokens, top-p .7, temperature 1.

Counts: a *round* writes `rollouts` replies and then updates the weights `ppo_epochs` times per
mini-batch; a mini-batch is ``batch_size * accumulate`` replies of every process. ``max_steps``,
``save_every`` and ``eval_every`` count updates of the weights, as for every other kind of run; what
falls within a round happens at its end.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import (
    Field,
    NonNegativeFloat,
    NonNegativeInt,
    PositiveFloat,
    PositiveInt,
    model_validator,
)

from manyvoices.design.written import Unfit
from manyvoices.train.config import ConfigPath, OptimConfig, RunConfig, Strict

Part = Annotated[float, Field(ge=0, le=1)]


class PpoOptimConfig(OptimConfig):
    """AdamW as in the paper's run: the rate stays where it is."""

    lr: PositiveFloat = 1e-6
    schedule: Literal["constant", "linear", "cosine"] = "constant"
    batch_size: PositiveInt = 1


class KlConfig(Strict):
    """How the policy is held to the model that it started from."""

    coef: NonNegativeFloat = 0.1
    """What multiplies the KL in the reward, at the start."""
    target: PositiveFloat | None = 6.0
    """KL per reply, in nats, that the coefficient is adapted to; None: it stays as it is."""
    horizon: PositiveInt = 10_000
    """Replies over which the coefficient adapts."""
    estimator: Literal["k1", "k3"] = "k1"
    stop: PositiveFloat | None = None
    """The run stops with an error where the mean KL per reply is further from 0 than this. None:
    ten times the target, or 100 without one."""

    @property
    def limit(self) -> float:
        """`stop`, with its default filled in."""
        return self.stop or (10.0 * self.target if self.target else 100.0)


class ServerConfig(Strict):
    """A server that speaks OpenAI's completions and holds the policy, in place of our own loop."""

    url: Annotated[str, Field(pattern=r"^https?://[^\s]+$")]
    """Up to and with ``/v1``."""
    model: str
    key_env: str | None = None
    """Environment variable that holds the key, if one is asked for."""
    timeout_s: PositiveFloat = 120.0
    parallel: PositiveInt = 16
    """Requests under way at once."""
    lora_name: str | None = None
    """vLLM: after every round the adapters are saved and loaded into the server under this name
    (``POST /v1/load_lora_adapter``). None: the server keeps the weights that it has, and replies
    come from a policy that is older with every round."""


class GenerateConfig(Strict):
    """How replies are drawn."""

    max_new_tokens: PositiveInt = 512
    top_p: Annotated[float, Field(gt=0, le=1)] = 0.7
    temperature: PositiveFloat = 1.0
    """The policy that is trained is the one at this temperature; top-p is not part of it."""
    batch_size: PositiveInt | None = None
    """Replies that are written side by side; None: ``optim.batch_size``."""
    server: ServerConfig | None = None


class RewardSource(Strict):
    """What replies are paid by: exactly one of `model`, `function` and `builtin`."""

    model: ConfigPath | None = None
    """Folder of a reward model, ours or any that ``AutoModelForSequenceClassification`` loads."""
    function: Annotated[str, Field(pattern=r"^[\w.]+:\w+$")] | None = None
    """``package.module:name``. It is imported and called: the file has the run's own rights, so
    name only code that you would run yourself."""
    builtin: Literal["length", "tokens", "share"] | None = None
    """``length``: characters; ``tokens``: the policy's tokens; ``share``: the share of the reply's
    characters that ``arguments.text`` makes up."""
    arguments: dict[str, Any] = {}
    """Handed to the function by name."""
    groups: Literal["mean", "min", "quantile"] = "mean"
    """Where the reward gives a score per group of people: what the reply is paid."""
    quantile: Part = 0.25
    """``groups: quantile``: which; 0 is the least content group."""
    scale: PositiveFloat = 1.0
    """Multiplies scores before they are clipped."""
    dtype: Literal["float32", "bfloat16"] = "float32"
    """Of the reward model."""

    @model_validator(mode="after")
    def _one(self) -> RewardSource:
        given = [n for n in ("model", "function", "builtin") if getattr(self, n) is not None]
        if len(given) != 1:
            found = " and ".join(given) or "none of model, function and builtin"
            raise Unfit(given[-1] if given else "model", found, "exactly one of them", "")
        if self.builtin == "share" and not isinstance(self.arguments.get("text"), str):
            raise Unfit("arguments", "no text", "arguments: {text: ...} for builtin: share", "")
        return self


class CriticConfig(Strict):
    """What foresees the score."""

    body: Literal["shared", "own"] = "shared"
    """``shared``: a head on the policy's own layers, as in the paper's run. ``own``: layers of its
    own, which cost the memory of a second model and leave the policy's alone."""
    path: ConfigPath | None = None
    """``own``: folder whose layers it starts from (a reward model's, say); None: the policy's."""

    @model_validator(mode="after")
    def _fits(self) -> CriticConfig:
        if self.path is not None and self.body == "shared":
            raise Unfit("path", "path with body: shared", "body: own for other layers", "")
        return self


class SamplesConfig(Strict):
    """Replies that are kept to be looked at: ``samples.jsonl``."""

    every: NonNegativeInt = 10
    """Rounds between them; 0 keeps none."""
    number: PositiveInt = 4


class PpoConfig(RunConfig):
    """A run of ``manyvoices train ppo``."""

    optim: PpoOptimConfig = PpoOptimConfig()
    algorithm: Literal["ppo", "grpo", "rloo"] = "ppo"
    """``ppo`` is our own loop; the others are TRL's, with the same reward."""
    reward: RewardSource
    critic: CriticConfig = CriticConfig()
    kl: KlConfig = KlConfig()
    generate: GenerateConfig = GenerateConfig()
    samples: SamplesConfig = SamplesConfig()
    eval_prompts: PositiveInt = 32
    """Of the held-out prompts, how many are answered at an evaluation."""
    rollouts: PositiveInt = 16
    """Replies per round, of all processes together."""
    ppo_epochs: PositiveInt = 4
    gamma: Part = 1.0
    lam: Part = 0.95
    clip: PositiveFloat = 0.4
    """The new policy's probability of a token counts as at most 1 + clip times the old one's."""
    value_clip: PositiveFloat | None = 0.4
    value_coef: NonNegativeFloat = 1.0
    entropy_coef: NonNegativeFloat = 0.0
    score_clip: PositiveFloat | None = 4.0
    """Scores are cut to within this of 0; None leaves them."""
    no_end_penalty: NonNegativeFloat | None = None
    """Taken off the score of a reply that did not end within ``max_new_tokens``."""
    whiten_rewards: bool = False
    """Divide rewards per token by their spread in the round."""
    whiten_advantages: bool = True
    score_place: Literal["end_token", "after_end"] = "end_token"
    """``after_end`` does as TRL's PPO did, for comparison."""
    group_size: Annotated[int, Field(ge=2)] = 4
    """grpo and rloo: replies per prompt that are held against each other."""

    @model_validator(mode="after")
    def _fits(self) -> PpoConfig:
        if self.algorithm != "ppo" and self.generate.server is not None:
            raise Unfit("generate", "a server", "algorithm: ppo where a server writes", "")
        if self.algorithm != "ppo" and self.shard:
            raise Unfit("shard", f"shard with algorithm: {self.algorithm}", "algorithm: ppo", "")
        if self.algorithm != "ppo" and self.rollouts % self.group_size:
            found = f"{self.rollouts} replies in groups of {self.group_size}"
            raise Unfit("rollouts", found, "a multiple of group_size", "")
        server = self.generate.server
        if server is not None and server.lora_name and self.model.lora is None:
            raise Unfit("generate", "server.lora_name", "model.lora, whose adapters are sent", "")
        if server is not None and server.lora_name and self.shard:
            raise Unfit("shard", "shard with server.lora_name", "whole weights to send", "")
        if self.optim.max_length <= self.generate.max_new_tokens:
            found = f"max_length {self.optim.max_length}"
            expected = f"more than generate.max_new_tokens ({self.generate.max_new_tokens})"
            raise Unfit("optim", found, f"{expected}, so that prompts have room", "")
        return self
