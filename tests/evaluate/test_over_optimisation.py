"""Picking by a proxy: the gold score follows, and falls where the proxy was wrong at the top."""

from __future__ import annotations

import json
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.evaluate.test_reward import config
from tests.real_data import needs_real_data, real

pytest.importorskip("torch", reason="the extra train is not installed")

from manyvoices.analyse.resampling import Resampling
from manyvoices.evaluate.errors import TooFewOutputs
from manyvoices.evaluate.over_optimisation import curve, read_outputs
from manyvoices.evaluate.reward import run

RESAMPLING = Resampling(200, 0, 0.95)


def means(found: dict[str, Any], name: str) -> list[float]:
    return [point[name]["value"] for point in found["points"]]


def test_every_point_is_the_expectation_over_all_draws() -> None:
    rng = np.random.default_rng(1)
    proxy, gold = rng.normal(size=(3, 5)), rng.normal(size=(3, 5))
    found = curve(proxy.tolist(), gold.tolist(), RESAMPLING)
    assert [point["n"] for point in found["points"]] == [1, 2, 4, 5]
    centred = gold - gold.mean(1, keepdims=True)
    centred /= np.sqrt((centred**2).mean())
    for place, n in enumerate((1, 2, 4, 5)):
        draws = [
            np.mean([row[max(some, key=lambda i, p=p: p[i])] for some in combinations(range(5), n)])
            for p, row in zip(proxy, centred, strict=True)
        ]
        assert means(found, "gold")[place] == pytest.approx(np.mean(draws), abs=1e-12)


def test_a_proxy_that_is_right_keeps_helping() -> None:
    gold = np.random.default_rng(2).normal(size=(200, 16))
    found = curve((3 * gold + 7).tolist(), gold.tolist(), RESAMPLING)
    assert means(found, "gold") == pytest.approx(means(found, "proxy"))
    assert found["peak"] == 16
    assert found["after_peak"]["value"] == 0


def test_a_proxy_that_loves_one_kind_of_output_too_much_is_found_out() -> None:
    """The proxy follows the gold model, but for rare outputs that it overrates by far."""
    rng = np.random.default_rng(3)
    gold = rng.normal(size=(400, 32))
    is_trick = rng.random((400, 32)) < 0.05
    proxy = np.where(is_trick, 8 + rng.normal(size=(400, 32)), gold)
    found = curve(proxy.tolist(), gold.tolist(), RESAMPLING)
    rises = means(found, "proxy")
    assert rises == sorted(rises)
    assert 1 < found["peak"] < 32
    assert found["after_peak"]["high"] < 0


def test_the_divergence_is_that_of_best_of_n() -> None:
    found = curve([[0.0, 1.0], [1.0, 0.0]], [[0.0, 1.0], [0.0, 1.0]], RESAMPLING)
    assert [point["kl"] for point in found["points"]] == pytest.approx([0, np.log(2) - 0.5])


def report(path: Path, outputs: int, n: int = 6) -> Path:
    prompts = [
        {
            "prompt": f"Question {i}?",
            "results": [
                {
                    "sampling_config": "k50",
                    "sampling_params": {},
                    "outputs": [f"the sky is {'very ' * j}blue" for j in range(outputs)],
                }
            ],
        }
        for i in range(n)
    ]
    path.write_text(
        json.dumps({"model_name": "m", "date": "2026-11-21", "args": {}, "prompts": prompts})
    )
    return path


def test_the_command_writes_the_curve_beside_the_rest(
    saved: Path, reward_model: Any, tmp_path: Path
) -> None:
    from tests.evaluate.test_reward import planted

    data = planted(reward_model, tmp_path / "trees.jsonl", wrong=0, n=8)
    wish = {"gold": {"path": saved}, "outputs": [report(tmp_path / "r.json", 5)]}
    found = run(config(saved, data, tmp_path / "out", over_optimisation=wish))
    over = found.results["over_optimisation"]
    assert over["n_prompts"] == 6
    assert means(over, "gold") == pytest.approx(means(over, "proxy"), abs=1e-6)
    assert "## Over-optimisation" in (tmp_path / "out" / "README.md").read_text()


def test_one_output_a_prompt_is_nothing_to_pick_among(tmp_path: Path) -> None:
    with pytest.raises(TooFewOutputs, match="sample more of each"):
        read_outputs([report(tmp_path / "r.json", 1)])


@needs_real_data
def test_the_outputs_of_three_real_reports_are_one_pool_for_each_prompt() -> None:
    sizes = ("1b", "3b", "12b")
    name = "oasst/2023-03-01_theblackcat102_pythia-{}-deduped-sft_sampling.json"
    groups, left_out = read_outputs([real(name.format(size)) for size in sizes])
    assert len(groups) + left_out == 100
    assert len({len(group.replies) for group in groups}) == 1
    assert sum(len(group.replies) for group in groups) > 1500
