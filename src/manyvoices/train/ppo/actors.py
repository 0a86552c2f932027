"""The models of PPO: the policy that acts, the critic that foresees, the reference that holds.

`ActorCritic` is one module, so that one optimizer, one checkpoint and one sharding see both. All
forward passes go through it, generation included, because a sharded module gathers its weights
when it is called.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal

import torch
from torch import Tensor, nn

from manyvoices.train.config import ModelConfig
from manyvoices.train.model_files import Pretrained, read_weights
from manyvoices.train.models import checked_place
from manyvoices.train.ppo.rollouts import Batch


class ActorCritic(nn.Module):
    """A causal language model with a value head.

    Args:
        policy: From transformers, or wrapped by peft.
        body: Layers of the critic's own (a decoder without a head); None: it reads the policy's
            last states, and its gradient goes through them.
    """

    def __init__(self, policy: Any, body: Any = None) -> None:
        super().__init__()
        self.policy = policy
        self.body = body
        self.head = nn.Linear(policy.config.get_text_config().hidden_size, 1)
        # A critic that foresees 0 everywhere: the first advantages are the rewards themselves.
        nn.init.zeros_(self.head.weight)
        nn.init.zeros_(self.head.bias)
        without_dropout(self)

    @property
    def config(self) -> Any:
        """The policy's configuration."""
        return self.policy.config

    def forward(self, batch: Batch) -> tuple[Tensor, Tensor]:
        """Logits (b, t + 1, V) and values (b, t + 1) of the states before each token of a reply
        and after the last; both float32."""
        logits, last = token_logits(self.policy, batch, states=self.body is None)
        if self.body is not None:
            last = self.body(**_given(batch)).last_hidden_state
        kept = last[:, -(batch.mask.shape[1] + 1) :]
        values = self.head(kept.to(self.head.weight.dtype)).squeeze(-1)
        return logits, values.float()

    def generate(self, *args: Any, **kwargs: Any) -> Tensor:
        """The policy's; named here so that sharded weights are gathered for it."""
        written: Tensor = self.policy.generate(*args, **kwargs)
        return written

    def activation_checkpointing_enable(self, arguments: Any = None) -> None:
        """Forget activations and compute them anew, in both bodies."""
        for model in filter(None, (self.policy, self.body)):
            model.activation_checkpointing_enable(arguments)

    @contextmanager
    def as_reference(self) -> Iterator[None]:
        """With LoRA: the model that it started from, as long as adapters are off."""
        with self.policy.disable_adapter():
            yield


def _given(batch: Batch) -> dict[str, Any]:
    return {
        "input_ids": batch.ids,
        "attention_mask": batch.attention.long(),
        "position_ids": batch.positions,
        "use_cache": False,
    }


def token_logits(model: Any, batch: Batch, *, states: bool = False) -> tuple[Tensor, Any]:
    """Logits (b, t + 1, V) in float32 of what follows the prompt and each token of the reply, and
    the last hidden states of the whole rows if `states`."""
    keep = batch.mask.shape[1] + 1
    out = model(**_given(batch), logits_to_keep=keep, output_hidden_states=states)
    # Models that do not know `logits_to_keep` give all.
    return out.logits[:, -keep:].float(), out.hidden_states[-1] if states else None


def logprobs_of(logits: Tensor, tokens: Tensor, temperature: float = 1.0) -> Tensor:
    """Log-probability of each token (b, t) under `logits` (b, t, V) at `temperature`."""
    scaled = logits / temperature
    chosen = scaled.gather(-1, tokens.unsqueeze(-1)).squeeze(-1)
    return chosen - scaled.logsumexp(-1)


def without_dropout(model: nn.Module) -> None:
    """Switch dropout off for good: with it, an unchanged policy would seem to have changed, and
    the ratio of probabilities would start anywhere but at 1."""
    for module in model.modules():
        if isinstance(module, nn.Dropout):
            module.p = 0.0
        for name in ("attention_dropout", "hidden_dropout"):
            if isinstance(getattr(module, name, None), float):
                setattr(module, name, 0.0)


class Reference:
    """The model that the policy started from, frozen.

    Args:
        policy: None with LoRA: then the policy without its adapters is the reference.
    """

    def __init__(self, policy: Any = None) -> None:
        self.model: Any = None
        if policy is not None:
            self.model = copy.deepcopy(policy).eval().requires_grad_(False)
            without_dropout(self.model)

    def logits(self, actors: Any, batch: Batch) -> Tensor:
        """(b, t + 1, V); `actors` is an `ActorCritic`."""
        if self.model is not None:
            return token_logits(self.model, batch)[0]
        with actors.as_reference():
            logits: Tensor = actors(batch)[0]
            return logits


def critic_body(kind: Literal["shared", "own"], policy: Any, path: Path | None) -> Any:
    """A decoder for the critic; None where it shares the policy's.

    Raises:
        ModelFolderError: There is no model in `path`.
    """
    if kind == "shared":
        return None
    if path is None:
        return copy.deepcopy(policy.base_model)
    from transformers import AutoModel

    return AutoModel.from_pretrained(checked_place(ModelConfig(path=path)), dtype=torch.float32)


class ActorFiles:
    """The policy as transformers loads it, in ``model/``; the critic beside it, in ``critic/``."""

    def __init__(self, actors: ActorCritic, tokenizer: Any) -> None:
        self.actors, self.policy = actors, Pretrained(actors.policy, tokenizer)

    def save(self, folder: Path, weights: Any) -> None:
        """See `manyvoices.train.model_files.ModelFiles.save`."""
        from safetensors.torch import save_file

        own = {n.removeprefix("policy."): w for n, w in weights.items() if n.startswith("policy.")}
        rest = {n: w.contiguous() for n, w in weights.items() if not n.startswith("policy.")}
        self.policy.save(folder, own)
        beside = folder.parent / "critic"
        beside.mkdir(exist_ok=True)
        save_file(rest, beside / "model.safetensors")

    def load(self, folder: Path) -> None:
        """See `manyvoices.train.model_files.ModelFiles.load`."""
        self.policy.load(folder)
        weights = read_weights(folder.parent / "critic")
        self.actors.load_state_dict(weights, strict=False)
