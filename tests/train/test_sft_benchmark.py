"""The benchmark of an epoch over trees runs in small, and its arms see the same turns."""

from __future__ import annotations

from pathlib import Path

from benchmarks.sft_trees import measure
from tests.train.sft_parts import write_trees


def test_all_arms_go_over_the_same_trees(tmp_path: Path) -> None:
    padded, packed, trees = measure(write_trees(tmp_path / "trees.jsonl", 4), 4, 32)
    assert padded.turns == packed.turns == trees.turns
    assert padded.targets == packed.targets > trees.targets
    assert packed.tokens <= padded.tokens
    assert trees.tokens < packed.tokens
    assert min(arm.seconds for arm in (padded, packed, trees)) > 0
