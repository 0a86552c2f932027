"""One epoch of fine-tuning on message trees: threads through TRL, threads packed, trees once.

    python -m benchmarks.sft_trees                 30 real trees, hidden 128 and 512 (some minutes)
    python -m benchmarks.sft_trees --small         six trees, hidden 32, as the suite runs it

Same model, same trees, float32, one thread; forward and backward over everything that an epoch
holds, without the optimizer. TRL's arms are its own trainer's batches and `compute_loss`. What
counts is CPU time. The losses differ between threads and trees on purpose: threads train a shared
turn once per thread. So that is held equal elsewhere (tests/train/test_sft_tree.py) and the table
shows what an assistant turn costs.
"""

from __future__ import annotations

import argparse
import os
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("HF_HUB_OFFLINE", "1")
os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")

import torch

from manyvoices.train.config_sft import SftConfig
from manyvoices.train.masks import IGNORED
from manyvoices.train.models import load_model
from manyvoices.train.results import silent
from manyvoices.train.sft.by_thread import thread_trainer
from manyvoices.train.sft.by_tree import prepare, step
from manyvoices.train.sft.rows import rows_of
from manyvoices.train.sft.running import tree_parts
from manyvoices.train.sft.trees import collate
from manyvoices.train.views import read_views

TREES = Path(__file__).resolve().parents[2] / "shared/data/oasst/en_100_tree.jsonl"


@dataclass(frozen=True, slots=True)
class Arm:
    """One way through an epoch."""

    name: str
    hidden: int
    tokens: int
    """That go through the model, padding included."""
    targets: int
    turns: int
    """Assistant messages in the trees, the same for all arms."""
    seconds: float
    """CPU time, forward and backward."""


def measure(path: Path, n_trees: int, hidden: int) -> list[Arm]:
    """All arms on the first `n_trees` trees."""
    torch.set_num_threads(1)
    with tempfile.TemporaryDirectory() as folder:
        settings = _settings(path, hidden, Path(folder))
        views = read_views(settings.data)
        views = views.only(views.sources[:n_trees])
        return [
            _threads(settings, views, packing=False),
            _threads(settings, views, packing=True),
            _trees(settings, views),
        ]


def _settings(path: Path, hidden: int, out: Path, **changes: Any) -> SftConfig:
    return SftConfig.model_validate(
        {
            "data": {"path": path},
            "model": {"tiny": {"hidden": hidden}},
            "optim": {"max_length": 2048, "batch_size": 4},
            "out": out / "out",
            **changes,
        }
    )


def _loaded(settings: SftConfig, views: Any) -> Any:
    texts = [turn.text for thread in views.threads() for turn in thread.turns]
    return load_model(settings.model, texts)


def _threads(settings: SftConfig, views: Any, *, packing: bool) -> Arm:
    chosen = settings.model_copy(update={"packing": packing})
    model, tokenizer, format = _loaded(chosen, views)
    rows = rows_of(views.threads(), tokenizer, format, chosen.optim.max_length).rows
    if packing:  # a row of packed threads is as long as four
        chosen = chosen.model_copy(
            update={"optim": chosen.optim.model_copy(update={"batch_size": 1})}
        )
    trainer = thread_trainer(chosen, model, tokenizer, rows, measure=None, progress=silent)
    batches = list(trainer.get_train_dataloader())
    seconds = _timed(batches, lambda batch: trainer.compute_loss(trainer.model, dict(batch)))
    tokens = sum(batch["input_ids"].numel() for batch in batches)
    targets = sum(int((batch["labels"] != IGNORED).sum()) for batch in batches)
    return Arm(
        "TRL, packed" if packing else "TRL, padded",
        settings.model.tiny.hidden if settings.model.tiny else 0,
        tokens,
        targets,
        _turns(views),
        seconds,
    )


def _trees(settings: SftConfig, views: Any) -> Arm:
    model, tokenizer, format = _loaded(settings, views)
    parts = tree_parts(settings, views, tokenizer, format)
    trained = prepare(model, settings, "segments", 0)
    run = step("segments")

    def loss(batch: Any) -> Any:
        return run(trained, batch).loss_sum

    batches = [collate([part]) for part in parts.parts]
    return Arm(
        "trees, each turn once",
        settings.model.tiny.hidden if settings.model.tiny else 0,
        parts.tokens,
        parts.targets,
        parts.turns,
        _timed(batches, loss),
    )


def _turns(views: Any) -> int:
    nodes = (node for tree in views.trees(whole=True) for node in tree.root.walk())
    return sum(node.role == "assistant" for node in nodes)


def _timed(batches: Sequence[Any], loss: Callable[[Any], Any]) -> float:
    loss(batches[0]).backward()  # what is set up once is no part of an epoch
    started = time.process_time()
    for batch in batches:
        loss(batch).backward()
    return time.process_time() - started


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--trees", type=int, default=30)
    parser.add_argument("--path", type=Path, default=TREES)
    parser.add_argument("--small", action="store_true")
    given = parser.parse_args()
    for hidden in (32,) if given.small else (128, 512):
        arms = measure(given.path, 6 if given.small else given.trees, hidden)
        best = arms[-1].seconds
        print(f"hidden {hidden}, {arms[-1].turns} assistant turns")
        for arm in arms:
            print(
                f"  {arm.name:<22} {arm.tokens:>9,} tokens {arm.targets:>9,} targets "
                f"{arm.seconds:>8.2f} CPU s  {arm.turns / arm.seconds:>7.1f} turns/s  "
                f"{arm.seconds / best:>5.2f} times ours"
            )


if __name__ == "__main__":
    main()
