"""The random numbers that training draws: seeded at the start, kept with every checkpoint."""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import torch

from manyvoices.train.errors import CheckpointUnreadable


def seed_all(seed: int) -> None:
    """Seed the global generators of torch, NumPy and Python, which libraries draw from."""
    torch.manual_seed(seed)
    np.random.seed(seed % 2**32)
    random.seed(seed)


def states() -> dict[str, Any]:
    """Where all generators of this process stand."""
    name, keys, at, has_gauss, gauss = np.random.get_state(legacy=True)
    return {
        "torch": torch.get_rng_state(),
        "cuda": torch.cuda.get_rng_state_all() if torch.cuda.is_available() else [],
        "numpy": [str(name), [int(key) for key in keys], int(at), int(has_gauss), float(gauss)],
        "python": random.getstate(),
    }


def put_states(saved: dict[str, Any]) -> None:
    """What `states` gave."""
    torch.set_rng_state(saved["torch"])
    if saved["cuda"] and len(saved["cuda"]) == torch.cuda.device_count():
        torch.cuda.set_rng_state_all(saved["cuda"])
    name, keys, at, has_gauss, gauss = saved["numpy"]
    np.random.set_state((name, np.array(keys, dtype=np.uint32), at, has_gauss, gauss))
    version, inner, rest = saved["python"]
    random.setstate((version, tuple(inner), rest))


@contextmanager
def forked() -> Iterator[None]:
    """What is drawn inside leaves the generators where they were."""
    before = states()
    try:
        yield
    finally:
        put_states(before)


def write_states(folder: Path, rank: int) -> None:
    """One file per process."""
    torch.save(states(), folder / f"random-{rank}.pt")


def read_states(folder: Path, rank: int) -> None:
    """Put the generators where they stood.

    Raises:
        CheckpointUnreadable: The file is missing or damaged.
    """
    try:
        put_states(torch.load(folder / f"random-{rank}.pt", weights_only=True))
    except Exception as error:  # torch.load raises whatever the bytes make it raise
        raise CheckpointUnreadable(folder.parent, str(error).split("\n")[0]) from error
