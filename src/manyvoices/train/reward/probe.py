"""Whether a model can be packed: asked of the model itself, before hours are spent on wrong scores.

Packing needs a decoder whose attention takes our mask and whose positions are an argument. Models
with positions in their attention scores (ALiBi) or with state that runs along the row (Mamba) take
the arguments and compute something else, so a small tree is scored both ways.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch

from manyvoices.train.errors import TrainingError
from manyvoices.train.reward.attention import Way
from manyvoices.train.reward.lengths import TokenGroup
from manyvoices.train.reward.packing import lay_out
from manyvoices.train.reward.rows import flatten
from manyvoices.train.views import ReplyGroup, Turn


class CannotPack(TrainingError):
    """This model's scores of packed trees differ from those of single rows."""


def check_packing(model: Any, way: Way, max_length: int) -> None:
    """Score a tree of a few tokens packed and flattened, and leave the model attending by `way`.

    Raises:
        CannotPack: The scores differ, the model refuses the arguments, or it attends to a window
            shorter than `max_length`.
    """
    window = getattr(model.config, "sliding_window", None)
    if window and getattr(model.config, "use_sliding_window", True) and window < max_length:
        raise CannotPack(_sentence(model, f"it attends to the last {window} tokens only"))
    groups = _small_tree(model.config.vocab_size)
    rows, pack = flatten(groups), lay_out(groups)
    with torch.no_grad(), _evaluating(model):
        flat = model(rows.ids)
        try:
            # flex_attention is not tried here: its compiler takes a minute, and the mask is equal.
            model.attend("dense" if way == "flex" else way)
            packed = model(pack)
            model.attend(way)
        except (TypeError, ValueError, RuntimeError, AttributeError) as error:
            first = str(error).strip().split("\n")[0]
            raise CannotPack(_sentence(model, f"it does not take the mask ({first})")) from error
    order = [place for _, places in pack.groups for place in places]
    apart = float((packed[order] - flat).abs().max())
    size = max(1.0, float(flat.abs().max()))
    precise = next(model.parameters()).dtype == torch.float32
    if not apart <= (1e-3 if precise else 0.1) * size:
        raise CannotPack(_sentence(model, f"packed scores are {apart:.2g} away from single rows'"))


def _sentence(model: Any, why: str) -> str:
    return (
        f"{type(model.classifier).__name__} cannot be trained on packed trees: {why}; set "
        "packing.mode: rows, which gives every reply a row of its own"
    )


def _small_tree(vocab: int) -> tuple[TokenGroup, ...]:
    """Two groups, one below a reply of the other, of 30 different tokens."""
    ids = iter(torch.randperm(vocab, generator=torch.Generator().manual_seed(0)).tolist())

    def some(n: int) -> tuple[int, ...]:
        return tuple(next(ids) for _ in range(n))

    question, first, second, follow_up = some(5), some(6), some(3), some(4)
    source = ReplyGroup((Turn("prompter", ""),), ("a", "b"), (0, 1), None, "probe", "")
    return (
        TokenGroup((question,), (first, second), source),
        TokenGroup((question, second, follow_up), (some(5), some(7)), source),
    )


@contextmanager
def _evaluating(model: Any) -> Iterator[None]:
    training = model.training
    model.eval()
    try:
        yield
    finally:
        model.train(training)
