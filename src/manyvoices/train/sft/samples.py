"""A few replies of the trained model, for a person to read: ``samples.jsonl``."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from manyvoices.train.config_sft import SamplesConfig
from manyvoices.train.templates import MessageFormat
from manyvoices.train.views import Prompt

if TYPE_CHECKING:
    from transformers import PreTrainedModel, PreTrainedTokenizerBase


def write_samples(
    model: PreTrainedModel,
    tokenizer: PreTrainedTokenizerBase,
    format: MessageFormat,
    prompts: Sequence[Prompt],
    config: SamplesConfig,
    path: Path,
    *,
    max_length: int,
) -> int:
    """Answer some of `prompts` and write a line for each; how many lines.

    Which prompts, and what is drawn, depends on ``config.seed`` and the model alone. A prompt that
    leaves no room in `max_length` tokens loses its beginning.
    """
    n = min(config.prompts, len(prompts))
    chosen = np.random.default_rng(config.seed).permutation(len(prompts))[:n].tolist()
    lines = _replies(model, tokenizer, format, [prompts[i] for i in chosen], config, max_length)
    with path.open("w", encoding="utf-8") as file:
        for line in lines:
            file.write(json.dumps(line, ensure_ascii=False) + "\n")
    return n


def _replies(
    model: Any,
    tokenizer: Any,
    format: MessageFormat,
    prompts: Sequence[Prompt],
    config: SamplesConfig,
    max_length: int,
) -> Iterator[dict[str, object]]:
    room = max(max_length - config.max_new_tokens, 1)
    was_training = model.training
    model.eval()
    for number, prompt in enumerate(prompts):
        ids = format.encode(prompt.turns, tokenizer, generation=True).ids[-room:]
        new = _generate(model, ids, config, config.seed + number, tokenizer)
        ended = bool(new) and new[-1] == tokenizer.eos_token_id
        yield {
            "tree_id": prompt.tree_id,
            "prompt": format.messages(prompt.turns),
            "reply": tokenizer.decode(new[:-1] if ended else new, skip_special_tokens=False),
            "tokens": len(new),
            "ended": ended,
            "seed": config.seed + number,
            "temperature": config.temperature,
            "top_p": config.top_p,
        }
    model.train(was_training)


@torch.no_grad()
def _generate(
    model: Any, ids: Sequence[int], config: SamplesConfig, seed: int, tokenizer: Any
) -> list[int]:
    device = next(model.parameters()).device
    prompt = torch.tensor([list(ids)], device=device)
    drawn: dict[str, Any] = {"do_sample": False}
    if config.temperature > 0:
        drawn = {"do_sample": True, "temperature": config.temperature, "top_p": config.top_p}
        drawn["top_k"] = 0
    with torch.random.fork_rng(devices=[device] if device.type == "cuda" else []):
        torch.manual_seed(seed)
        out = model.generate(
            input_ids=prompt,
            attention_mask=torch.ones_like(prompt),
            max_new_tokens=config.max_new_tokens,
            eos_token_id=tokenizer.eos_token_id,
            pad_token_id=tokenizer.pad_token_id,
            **drawn,
        )
    new: list[int] = out[0, len(ids) :].tolist()
    return new
