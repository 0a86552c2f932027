"""One process of those that torchrun starts in test_distributed.py: ``one_of_several.py OUT``.

Starting a process costs more than what it trains here, so that each does all cases in turn and
writes what it saw to ``OUT/rank-R.json``.
"""

from __future__ import annotations

import json
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any

import torch

torch.set_num_threads(1)

from tests.train.small_runs import next_token, settings, train  # noqa: E402

from manyvoices.train.config import RunConfig  # noqa: E402
from manyvoices.train.distributed import here, is_sharded, leave  # noqa: E402
from manyvoices.train.errors import CheckpointFailed, LossNotFinite  # noqa: E402
from manyvoices.train.results import StepLog  # noqa: E402

N_ROWS = 9
"""Not a multiple of the global batch: in the last update of an epoch the second process is idle."""


class StoppedError(Exception):
    """Stands for a machine that is switched off: it comes on every process."""


def stop(_model: object) -> dict[str, float]:
    raise StoppedError


def config(out: Path, **more: Any) -> RunConfig:
    optim = {"batch_size": 1, "accumulate": 2, "max_steps": 5}
    return settings(out, optim=optim, save_every=2, **more)


def whole(out: Path) -> dict[str, Any]:
    told: list[str] = []

    def hear(log: StepLog) -> None:
        told.append(log.kind)

    train(config(out / "whole"), n_rows=N_ROWS, progress=hear)
    return {"told": len(told)}


def sharded(out: Path) -> dict[str, Any]:
    _, model = train(config(out / "sharded", shard=True), n_rows=N_ROWS)
    shares = {name: p.to_local().numel() for name, p in model.named_parameters()}
    return {"sharded": is_sharded(model), "numbers_held": sum(shares.values())}


def resumed(out: Path) -> dict[str, Any]:
    first = config(out / "resumed", shard=True, eval_every=3)
    with suppress(StoppedError):
        train(first, n_rows=N_ROWS, evaluate=stop)
    again = config(out / "resumed", shard=True)
    result, _ = train(again, n_rows=N_ROWS, resume=True)
    return {"step": result.step}


def one_disk_full(out: Path, rank: int) -> dict[str, Any]:
    """The first process alone cannot write; all must hear of it."""

    class Full:
        def save(self, folder: Path, weights: object) -> None:
            raise OSError(28, "No space left on device")

        def load(self, folder: Path) -> None:
            raise AssertionError

    try:
        train(config(out / "full"), n_rows=N_ROWS, files=Full())
    except CheckpointFailed as error:
        return {"heard_of_full_disk": "No space left" in str(error)}
    return {"heard_of_full_disk": False}


def one_nan(out: Path, rank: int) -> dict[str, Any]:
    """The second process alone meets a NaN; all must stop, and name its examples."""

    def step(model: Any, batch: Any) -> Any:
        result = next_token(model, batch)
        if rank == 1:
            result.loss_sum.data.fill_(float("nan"))
        return result

    try:
        train(config(out / "nan"), n_rows=N_ROWS, step=step)
    except LossNotFinite as error:
        return {"nan_in": error.step, "nan_ids": len(error.ids)}
    return {"nan_in": None}


def main() -> None:
    out = Path(sys.argv[1])
    place = here("cpu")
    assert place.world == 2, f"torchrun started {place.world} processes"
    facts = {"world": place.world, **whole(out), **sharded(out), **resumed(out)}
    facts |= one_disk_full(out, place.rank) | one_nan(out, place.rank)
    (out / f"rank-{place.rank}.json").write_text(json.dumps(facts))
    leave()


if __name__ == "__main__":
    main()
