"""One process of those that torchrun starts in test_reward_several.py: ``... OUT TREES``."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import torch

torch.set_num_threads(1)

from manyvoices.train.config_reward import RewardConfig  # noqa: E402
from manyvoices.train.distributed import here, leave  # noqa: E402
from manyvoices.train.results import silent  # noqa: E402
from manyvoices.train.reward import run  # noqa: E402


def settings(out: Path, trees: Path, *, batch_size: int, **more: Any) -> RewardConfig:
    """Three updates on four trees each, one of the four on its own process or not."""
    plain: dict[str, Any] = {
        "data": {"path": trees, "split": {"share": 0.25}},
        "model": {"tiny": {"hidden": 32, "layers": 1, "vocab": 512}},
        "optim": {"lr": 1e-3, "max_steps": 3, "batch_size": batch_size},
        "evaluation": {"resamples": 20},
        "out": out,
    }
    return RewardConfig(**plain, **more)


def main() -> None:
    out, trees = Path(sys.argv[1]), Path(sys.argv[2])
    place = here("cpu")
    assert place.world == 2, f"torchrun started {place.world} processes"
    for kind in ("whole", "sharded"):
        run(settings(out / kind, trees, batch_size=2, shard=kind == "sharded"), progress=silent)
    (out / f"rank-{place.rank}.json").write_text(json.dumps({"world": place.world}))
    leave()


if __name__ == "__main__":
    main()
