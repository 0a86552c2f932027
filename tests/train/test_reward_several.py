"""Two processes train and judge a reward model as one does, on groups of unequal size."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

torch = pytest.importorskip("torch", reason="the extra train is not installed")

from tests.train.reward_of_several import settings  # noqa: E402

from manyvoices.train.metrics_log import read_metrics  # noqa: E402
from manyvoices.train.results import silent  # noqa: E402
from manyvoices.train.reward import run  # noqa: E402
from manyvoices.train.reward.running import EVALUATION  # noqa: E402

ROOT = Path(__file__).resolve().parents[2]


def write_unequal_trees(path: Path, n: int = 14) -> Path:
    """Trees of 2 to 5 ranked replies of different lengths: means of means would differ."""

    def message(name: str, role: str, **more: Any) -> dict[str, Any]:
        words = f"{name} says something " * (1 + sum(map(ord, name)) % 5)
        return {
            "message_id": name, "text": words, "role": role, "lang": "en", "deleted": False,
            "review_result": True, "replies": [], **more,
        }  # fmt: skip

    with path.open("w") as out:
        for i in range(n):
            replies = [message(f"{i} to {k}", "assistant", rank=k) for k in range(2 + i % 4)]
            prompt = message(f"question {i}", "prompter", replies=replies)
            tree = {"message_tree_id": str(i), "tree_state": "ready_for_export", "prompt": prompt}
            out.write(json.dumps(tree) + "\n")
    return path


@pytest.fixture(scope="module")
def outs(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Folders of one process and of two."""
    alone, together = tmp_path_factory.mktemp("alone"), tmp_path_factory.mktemp("together")
    trees = write_unequal_trees(alone / "trees.jsonl")
    run(settings(alone / "out", trees, batch_size=4), progress=silent)
    words = ["-m", "torch.distributed.run", "--standalone", "--nproc_per_node=2"]
    script = str(Path(__file__).with_name("reward_of_several.py"))
    env = {**os.environ, "PYTHONPATH": f"{ROOT}{os.pathsep}{ROOT / 'src'}", "OMP_NUM_THREADS": "1"}
    done = subprocess.run(
        [sys.executable, *words, script, str(together), str(trees)],
        env=env, cwd=ROOT, capture_output=True, text=True, timeout=1800, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-4000:]
    return alone / "out", together


def test_there_really_are_two_processes(outs: tuple[Path, Path]) -> None:
    for rank in (0, 1):
        assert json.loads((outs[1] / f"rank-{rank}.json").read_text())["world"] == 2


@pytest.mark.parametrize("kind", ["whole", "sharded"])
def test_two_processes_equal_one_on_the_same_global_batch(
    outs: tuple[Path, Path], kind: str
) -> None:
    from safetensors.torch import load_file

    alone, together = outs
    one = read_metrics(alone / "metrics.jsonl")
    two = read_metrics(together / kind / "metrics.jsonl")
    assert len(one) == len(two) == 4
    for a, b in zip(one, two, strict=True):
        for name in ("loss", "grad_norm", "accuracy", "eval_all_pairs", "eval_log_loss"):
            assert a.get(name) == pytest.approx(b.get(name), abs=1e-5)
    weights = [load_file(p / "model" / "model.safetensors") for p in (alone, together / kind)]
    assert all(torch.allclose(weights[0][n], w, atol=1e-4) for n, w in weights[1].items())
    judged = [json.loads((p / EVALUATION).read_text()) for p in (alone, together / kind)]
    assert judged[0]["held_out"]["n_groups"] == judged[1]["held_out"]["n_groups"]
