"""One process of those that torchrun starts in test_ppo_exact.py: ``ppo_of_several.py FOLDER``."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import torch

torch.set_num_threads(1)

from tests.train.ppo_runs import settings  # noqa: E402

from manyvoices.train.distributed import here, leave, of_all  # noqa: E402
from manyvoices.train.ppo import run  # noqa: E402


def main() -> None:
    folder = Path(sys.argv[1])
    place = here("cpu")
    worlds = of_all(place.world, place)
    if place.writes:
        (folder / "worlds.json").write_text(json.dumps(worlds))
    halves = {"batch_size": 4}
    run(settings(folder, "whole", optim=halves))
    run(settings(folder, "sharded", optim=halves, shard=True))
    leave()


if __name__ == "__main__":
    main()
