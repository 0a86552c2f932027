"""The packing benchmark in small: all arms compute the same, and ours reads fewer tokens."""

from __future__ import annotations

from pathlib import Path

import pytest

pytest.importorskip("torch", reason="the extra train is not installed")
pytest.importorskip("trl", reason="the extra trl is not installed")

from benchmarks import reward_packing


def test_all_arms_compute_the_same_scores_and_gradients(trees_100: Path) -> None:
    words = ["--data", str(trees_100), "--trees", "3", "--hidden", "32", "--layers", "1"]
    found = reward_packing.main(words)
    assert found is not None
    tokens = found["tokens"]
    assert tokens["TRL pairs"] > tokens["OASST rows"] > tokens["prefix once per group"]
    assert tokens["prefix once per group"] > tokens["ours"]
    assert found["arms"]["ours"]["computed"] == tokens["ours"]
    for arm in ("TRL pairs", "OASST rows"):
        scores, gradients = found["arms"][arm]["differences"]
        assert scores < 1e-5
        assert gradients < 1e-4


def test_without_a_gpu_that_mode_says_so() -> None:
    import torch

    if torch.cuda.is_available():
        pytest.skip("there is a GPU here")
    with pytest.raises(SystemExit, match="finds no GPU"):
        reward_packing.main(["--gpu"])
