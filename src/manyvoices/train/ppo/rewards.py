"""What replies are paid by: the port `Reward`, and what stands behind it.

A reward is any function from prompts and replies to numbers, so our reward model, a Python
function of the user's and a rule in a test are the same to the loop. Where a reward gives a number
per group of people, `Fair` makes one of them: the mean, the least content group's, or a quantile.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Sequence
from typing import Any, Literal, Protocol

import torch
from torch import Tensor

from manyvoices.train.config import ModelConfig
from manyvoices.train.config_ppo import RewardSource
from manyvoices.train.errors import ModelFolderError
from manyvoices.train.ppo.errors import RewardUnusable
from manyvoices.train.views import Turn


class Reward(Protocol):
    """Pays replies."""

    def __call__(self, prompts: Sequence[Sequence[Turn]], replies: Sequence[str], /) -> Any:
        """Scores (n,) of n replies, each to the prompt of its place; or (n, groups), which `Fair`
        folds. A tensor, an array or a list; higher is better."""
        ...


class ModelReward:
    """A reward model's scores.

    Args:
        path: Folder that `AutoModelForSequenceClassification` loads, with its tokenizer.
        device: Where it works.
        format: How it was trained to read conversations.
        max_length: Tokens per row; longer ones lose the beginning of the prompt.

    Raises:
        RewardUnusable: There is no reward model in the folder.
    """

    def __init__(
        self,
        path: Any,
        device: torch.device,
        *,
        format: Literal["oasst", "chatml"] = "oasst",
        dtype: Literal["float32", "bfloat16"] = "float32",
        batch_size: int = 8,
        max_length: int = 2048,
    ) -> None:
        from manyvoices.train.reward.model import load_reward_model

        settings = ModelConfig(path=path, format=format, dtype=dtype)
        try:
            self.model, self.tokenizer, self.format = load_reward_model(settings)
        except ModelFolderError as error:
            raise RewardUnusable(f"reward.model: {error}") from error
        self.model.to(device).eval().requires_grad_(False)
        self.batch_size, self.max_length = batch_size, max_length

    @torch.no_grad()
    def __call__(self, prompts: Sequence[Sequence[Turn]], replies: Sequence[str]) -> Tensor:
        """(n,) float32 on the CPU."""
        rows = [self._row(turns, reply) for turns, reply in zip(prompts, replies, strict=True)]
        starts = range(0, len(rows), self.batch_size)
        scores = [self.model(rows[at : at + self.batch_size]).float().cpu() for at in starts]
        return torch.cat(scores)

    def _row(self, turns: Sequence[Turn], reply: str) -> tuple[int, ...]:
        whole = (*turns, Turn("assistant", reply))
        return self.format.encode(whole, self.tokenizer).ids[-self.max_length :]


class Fair:
    """One number of several groups': mean, minimum, or a quantile between them.

    The minimum is the objective of MaxMin-RLHF (Chakraborty et al. 2024) with groups that are
    given instead of found. The quantile interpolates linearly, so 0 is the minimum.
    """

    def __init__(
        self,
        reward: Reward,
        how: Literal["mean", "min", "quantile"] = "mean",
        q: float = 0.25,
        scale: float = 1.0,
    ) -> None:
        self.reward, self.how, self.q, self.scale = reward, how, q, scale

    def __call__(self, prompts: Sequence[Sequence[Turn]], replies: Sequence[str]) -> Tensor:
        """(n,) float32.

        Raises:
            RewardUnusable: The reward gave something else than a finite number per reply (and
                group).
        """
        scores = torch.as_tensor(self.reward(prompts, replies)).detach().float().cpu()
        _check(scores, len(replies))
        scores = scores * self.scale
        if scores.ndim == 1:
            return scores
        if self.how == "mean":
            return scores.mean(1)
        return scores.amin(1) if self.how == "min" else scores.quantile(self.q, dim=1)


def _check(scores: Tensor, n: int) -> None:
    if scores.ndim not in (1, 2) or scores.shape[0] != n or 0 in scores.shape[1:]:
        found = "x".join(map(str, scores.shape)) or "a single number"
        raise RewardUnusable(
            f"the reward gave {found} for {n} replies; expected {n} numbers, or {n} rows with one "
            "number per group"
        )
    if not bool(torch.isfinite(scores).all()):
        row = int((~torch.isfinite(scores)).nonzero()[0, 0])
        raise RewardUnusable(
            f"the reward of reply {row} is {scores[row].tolist()}; expected a finite number: a "
            "reward that is not one would become the weights of the policy"
        )


def characters(_prompts: Sequence[Any], replies: Sequence[str]) -> list[float]:
    """Length in characters."""
    return [float(len(reply)) for reply in replies]


def share_of(text: str) -> Reward:
    """The share of a reply's characters that occurrences of `text` make up; 0 for no reply."""

    def share(_prompts: Sequence[Any], replies: Sequence[str]) -> list[float]:
        return [r.count(text) * len(text) / len(r) if r else 0.0 for r in replies]

    return share


def tokens_of(tokenizer: Any) -> Reward:
    """Length in the policy's tokens."""

    def tokens(_prompts: Sequence[Any], replies: Sequence[str]) -> list[float]:
        return [float(len(tokenizer(r, add_special_tokens=False)["input_ids"])) for r in replies]

    return tokens


def named_function(place: str, arguments: dict[str, Any]) -> Reward:
    """The function at ``package.module:name``, with `arguments` filled in. Runs its module.

    Raises:
        RewardUnusable: It is not there, or cannot be called.
    """
    module, _, name = place.partition(":")
    try:
        found: Any = getattr(importlib.import_module(module), name)
    except (ImportError, AttributeError) as error:
        raise RewardUnusable(
            f"reward.function names {place}, which cannot be imported ({error}); it is "
            "package.module:name, found as Python finds modules (PYTHONPATH, installed packages)"
        ) from error
    if not callable(found):
        raise RewardUnusable(f"reward.function names {place}, which is {type(found).__name__}")
    function: Callable[..., Any] = found
    return lambda prompts, replies: function(prompts, replies, **arguments)


def reward_of(
    source: RewardSource, tokenizer: Any, device: torch.device, *, max_length: int = 2048, **kw: Any
) -> Fair:
    """The reward that a configuration names, folded over groups and scaled.

    Raises:
        RewardUnusable: A function cannot be imported, or a folder holds no reward model.
    """
    inner: Reward
    if source.model is not None:
        inner = ModelReward(source.model, device, dtype=source.dtype, max_length=max_length, **kw)
    elif source.function is not None:
        inner = named_function(source.function, source.arguments)
    else:
        inner = _builtin(source, tokenizer)
    return Fair(inner, source.groups, source.quantile, source.scale)


def _builtin(source: RewardSource, tokenizer: Any) -> Reward:
    if source.builtin == "share":
        return share_of(str(source.arguments["text"]))
    return characters if source.builtin == "length" else tokens_of(tokenizer)
