"""A saved reward model's scores of groups of replies. Imports torch."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from math import isfinite
from pathlib import Path
from typing import Any

import torch

from manyvoices.evaluate.config_reward import RewardEvaluationConfig
from manyvoices.evaluate.errors import NoRewardHead, ScoreNotFinite
from manyvoices.train.config import ModelConfig
from manyvoices.train.distributed import here
from manyvoices.train.model_files import without_bars
from manyvoices.train.models import checked_place
from manyvoices.train.reward.attention import chosen_way
from manyvoices.train.reward.batches import Batch, Part, in_rows, packed
from manyvoices.train.reward.lengths import TokenGroup, tokenise
from manyvoices.train.reward.model import RewardModel, load_reward_model
from manyvoices.train.reward.packing import divide
from manyvoices.train.reward.probe import check_packing
from manyvoices.train.reward.training import scores_of
from manyvoices.train.views import ReplyGroup

HEAD = "score.weight"
"""What transformers calls the head of a decoder for sequence classification."""

Progress = Callable[[int, int], None]
"""Is told how many groups of how many are scored."""


@dataclass(frozen=True, slots=True)
class Scored:
    """Groups with their scores."""

    groups: tuple[tuple[ReplyGroup, tuple[float, ...]], ...]
    """Scores are parallel to the group's replies; groups come in the order they were given."""
    notes: tuple[str, ...]
    """What was cut or done otherwise than asked, one sentence each."""


def model_config(config: RewardEvaluationConfig) -> ModelConfig:
    """The model as training's reader wants it named.

    Raises:
        ModelFolderError: The folder is missing, or holds no ``config.json``.
        NoRewardHead: It holds a model without the head of a reward model.
    """
    wanted = config.model
    named = ModelConfig(path=wanted.path, format=wanted.format, dtype=wanted.dtype)
    checked_place(named)
    # transformers would draw a head at random, whose scores look like any other's.
    if HEAD not in _weights(wanted.path):
        raise NoRewardHead(wanted.path, _architecture(wanted.path))
    return named


def _weights(folder: Path) -> set[str]:
    """Names of the tensors in a folder; only the files' heads are read."""
    from safetensors import SafetensorError, safe_open

    names: set[str] = set()
    for path in folder.glob("model*.safetensors"):
        try:
            with safe_open(path, "pt") as file:
                names.update(file.keys())
        except SafetensorError:
            continue  # damaged: the loader says how
    return names


def _architecture(folder: Path) -> str:
    try:
        found = json.loads((folder / "config.json").read_text(encoding="utf-8"))
        return ", ".join(found.get("architectures") or ()) or "a model"
    except (ValueError, AttributeError):
        return "a model"


def score(
    groups: Sequence[ReplyGroup], config: RewardEvaluationConfig, progress: Progress
) -> Scored:
    """Score every reply of `groups`, as the model read them in training.

    Raises:
        ModelFolderError, NoRewardHead: See `model_config`.
        CannotPack: The model cannot read packed trees; the message names what to set.
        ScoreNotFinite: A score is not a number.
    """
    named = model_config(config)
    with without_bars():
        model, tokenizer, format = load_reward_model(named)
    device = here().device
    model.to(device).eval().requires_grad_(False)
    notes: list[str] = []
    length = _length(model, config.model.max_length, notes)
    if config.packing.mode == "tree":
        check_packing(model, chosen_way(config.packing.attention, device), length)
    tokens, cuts = tokenise(
        groups,
        lambda turn: format.encode([turn], tokenizer).ids,
        max_length=length,
        min_prefix=config.packing.min_prefix,
    )
    notes += cuts.lines(length)
    place = {id(group): i for i, group in enumerate(groups)}
    found: dict[int, tuple[ReplyGroup, tuple[float, ...]]] = {}
    for batch in _batches(tokens, config):
        for group, scores in _scored(model, batch):
            found[place[id(group)]] = group, scores
        progress(len(found), len(groups))
    return Scored(tuple(found[i] for i in sorted(found)), tuple(notes))


def _length(model: RewardModel, wanted: int, notes: list[str]) -> int:
    most = getattr(model.config, "max_position_embeddings", None)
    if isinstance(most, int) and most < wanted:
        notes.append(f"max_length {wanted} is more than the model's {most} positions: {most} used")
        return most
    return wanted


def _batches(tokens: Sequence[TokenGroup], config: RewardEvaluationConfig) -> Iterator[Batch]:
    packing, size = config.packing, config.batch_size
    rows = packing.mode == "rows"
    parts: Sequence[Part] = (
        [(group,) for group in tokens] if rows else divide(tokens, packing.max_tokens).parts
    )
    for at in range(0, len(parts), size):
        some = parts[at : at + size]
        yield in_rows(some) if rows else packed(some, packing.max_tokens)


def _scored(model: Any, batch: Batch) -> Iterator[tuple[ReplyGroup, tuple[float, ...]]]:
    for part in batch.parts:
        with torch.no_grad():
            scores = scores_of(model, part).float().tolist()
        for group, places in part.groups:
            mine = tuple(scores[i] for i in places)
            if not all(map(isfinite, mine)):
                raise ScoreNotFinite(group.source.tree_id, mine)
            yield group.source, mine
