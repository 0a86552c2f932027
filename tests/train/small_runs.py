"""A small run of the loop, shared by the tests of the loop and by the processes they start."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from manyvoices.train.config import DataConfig, ModelConfig, OptimConfig, RunConfig, TinyConfig

VOCAB = 320


def settings(out: Path, **more: Any) -> RunConfig:
    """Six updates of 2 x 2 rows of random tokens, saved after the third."""
    optim = {"lr": 1e-3, "max_steps": 6, "batch_size": 2, "accumulate": 2, "warmup_steps": 2}
    optim |= more.pop("optim", {})
    plain: dict[str, Any] = {
        "data": DataConfig(path=Path("none")),
        "model": ModelConfig(tiny=TinyConfig(hidden=32, vocab=VOCAB)),
        "out": out,
        "save_every": 3,
        "optim": OptimConfig(**optim),
    }
    return RunConfig(**{**plain, **more})


def rows(n: int = 10) -> list[tuple[str, Any]]:
    """Named rows of 4 to 12 tokens: unequal lengths, so that means of means would differ."""
    import torch

    drawn = torch.Generator().manual_seed(0)
    lengths = [4 + (5 * i) % 9 for i in range(n)]
    return [
        (f"row-{i}", torch.randint(0, VOCAB, (length,), generator=drawn))
        for i, length in enumerate(lengths)
    ]


def next_token(model: Any, batch: list[tuple[str, Any]]) -> Any:
    """Sum of the cross-entropies of all next tokens, row by row."""
    import torch

    from manyvoices.train.loop import StepResult

    loss, n, right = torch.zeros(()), 0, 0.0
    for _, ids in batch:
        logits = model(input_ids=ids[None]).logits[0, :-1]
        loss = loss + torch.nn.functional.cross_entropy(logits, ids[1:], reduction="sum")
        right += float((logits.argmax(-1) == ids[1:]).sum())
        n += len(ids) - 1
    names = [name for name, _ in batch]
    return StepResult(loss, n, {"right": right, "rows": (len(batch), 1)}, n + len(batch), names)


def train(
    config: RunConfig,
    *,
    step: Callable[..., Any] = next_token,
    model: Any = None,
    n_rows: int = 10,
    **more: Any,
) -> tuple[Any, Any]:
    """(result of `fit`, model); the model starts from the same weights each time."""
    from manyvoices.train.loop import fit
    from manyvoices.train.model_files import Pretrained
    from manyvoices.train.order import Shuffled
    from manyvoices.train.tiny import tiny_model

    model = tiny_model(hidden=32, vocab=VOCAB) if model is None else model
    optim = config.optim
    batches = Shuffled(rows(n_rows), list, optim.batch_size, optim.accumulate, config.seed)
    more = {"files": Pretrained(model)} | more
    return fit(model, batches, step, config, **more), model


def same_weights(one: Any, other: Any, atol: float = 0.0) -> bool:
    """Whether two models are equal, bit for bit unless `atol` says otherwise."""
    import torch

    pairs = zip(one.state_dict().values(), other.state_dict().values(), strict=True)
    return all(torch.allclose(a, b, rtol=0.0, atol=atol) for a, b in pairs)
