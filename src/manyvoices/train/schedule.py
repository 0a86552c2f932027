"""The learning rate as a function of the update, without a state that could be lost."""

from __future__ import annotations

from math import cos, pi

from manyvoices.train.config import OptimConfig


def lr_at(step: int, optim: OptimConfig, total: int) -> float:
    """The learning rate of update `step` (the first is 1) of `total`.

    It rises linearly over `warmup_steps` updates, reaching `lr` with the last of them; then it
    stays, or falls to 0 after update `total`, linearly or as half a cosine.
    """
    if step <= optim.warmup_steps:
        return optim.lr * step / optim.warmup_steps
    if optim.schedule == "constant":
        return optim.lr
    left = total - optim.warmup_steps
    done = min((step - 1 - optim.warmup_steps) / left, 1.0) if left > 0 else 0.0
    return optim.lr * (1.0 - done if optim.schedule == "linear" else 0.5 * (1.0 + cos(pi * done)))
