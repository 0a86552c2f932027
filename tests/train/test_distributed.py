"""Two processes take the steps of one: torchrun, gloo, weights held whole or sharded."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from tests.train.one_of_several import N_ROWS
from tests.train.small_runs import settings, train

from manyvoices.train.metrics_log import read_metrics

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def alone(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One process that takes the whole global batch: 1 x 2 examples of 2 processes are 2 x 2."""
    out = tmp_path_factory.mktemp("alone")
    train(settings(out, optim={"max_steps": 5}, save_every=2), n_rows=N_ROWS)
    return out


@pytest.fixture(scope="module")
def together(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What two processes left."""
    out = tmp_path_factory.mktemp("together")
    words = ["-m", "torch.distributed.run", "--standalone", "--nproc_per_node=2"]
    script = str(Path(__file__).with_name("one_of_several.py"))
    env = {**os.environ, "PYTHONPATH": f"{ROOT}{os.pathsep}{ROOT / 'src'}", "OMP_NUM_THREADS": "1"}
    done = subprocess.run(
        [sys.executable, *words, script, str(out)],
        env=env,
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=1800,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-4000:]
    return out


def facts(out: Path, rank: int) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((out / f"rank-{rank}.json").read_text())
    return found


def weights(out: Path) -> dict[str, Any]:
    from safetensors.torch import load_file

    return load_file(out / "model" / "model.safetensors")


def farthest(one: dict[str, Any], other: dict[str, Any]) -> float:
    assert set(one) == set(other)
    return max(float((one[name] - other[name]).abs().max()) for name in one)


def test_there_really_are_two_processes(together: Path) -> None:
    assert facts(together, 0)["world"] == 2
    assert facts(together, 1)["world"] == 2


@pytest.mark.parametrize("kind", ["whole", "sharded", "resumed"])
def test_two_processes_equal_one_on_the_same_global_batch(
    together: Path, alone: Path, kind: str
) -> None:
    one = read_metrics(alone / "metrics.jsonl")
    two = read_metrics(together / kind / "metrics.jsonl")
    assert [line["step"] for line in two] == [1, 2, 3, 4, 5]
    for a, b in zip(one, two, strict=True):
        assert a["tokens"] == b["tokens"]
        assert b["loss"] == pytest.approx(a["loss"], abs=1e-5)
        assert b["grad_norm"] == pytest.approx(a["grad_norm"], abs=1e-5)
        assert b["right"] == pytest.approx(a["right"])
    assert farthest(weights(alone), weights(together / kind)) < 1e-6


def test_each_process_holds_its_share_and_saves_the_whole(together: Path, alone: Path) -> None:
    held = [facts(together, rank)["numbers_held"] for rank in (0, 1)]
    assert all(facts(together, rank)["sharded"] for rank in (0, 1))
    total = sum(tensor.numel() for tensor in weights(alone).values())
    assert sum(held) == total
    assert max(held) < 0.6 * total


def test_the_saved_model_loads_with_transformers_as_it_is(together: Path) -> None:
    from transformers import AutoModelForCausalLM

    model = AutoModelForCausalLM.from_pretrained(together / "sharded" / "model")
    assert model.config.hidden_size == 32


def test_the_first_process_alone_tells(together: Path) -> None:
    assert facts(together, 0)["told"] == 5 + 3  # updates, checkpoints of steps 2, 4 and 5
    assert facts(together, 1)["told"] == 0


def test_a_full_disk_on_one_process_stops_all(together: Path) -> None:
    assert all(facts(together, rank)["heard_of_full_disk"] for rank in (0, 1))


def test_nan_on_one_process_stops_all_and_names_the_examples_of_all(together: Path) -> None:
    for rank in (0, 1):
        assert facts(together, rank)["nan_in"] == 1
        assert facts(together, rank)["nan_ids"] == 4
