"""One process of those that torchrun starts in test_ppo_exact.py: ``ppo_of_several.py FOLDER``."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import torch

torch.set_num_threads(1)

from tests.train.ppo_runs import settings  # noqa: E402

from manyvoices.train.distributed import here, is_sharded, leave, of_all  # noqa: E402
from manyvoices.train.ppo import run  # noqa: E402
from manyvoices.train.ppo.generation import LocalGenerator  # noqa: E402


def main() -> None:
    folder = Path(sys.argv[1])
    place = here("cpu")
    worlds = of_all(place.world, place)
    register, sharded = LocalGenerator._register, []

    def spy(generator: LocalGenerator) -> None:
        register(generator)
        sharded.append(is_sharded(generator.model))

    LocalGenerator._register = spy  # type: ignore[method-assign]
    halves = {"batch_size": 4}
    run(settings(folder, "whole", optim=halves))
    run(settings(folder, "sharded", optim=halves, shard=True))
    facts = {"worlds": worlds, "sharded": sharded}
    if place.writes:
        (folder / "facts.json").write_text(json.dumps(facts))
    leave()


if __name__ == "__main__":
    main()
