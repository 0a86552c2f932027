"""A reward model's run: normalisation, a planted preference, files, resume, and what goes wrong."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

torch = pytest.importorskip("torch", reason="the extra train is not installed")

from tests.train.reward_forest import forest, tokens  # noqa: E402

from manyvoices.train.config import ModelConfig, TinyConfig, read_config  # noqa: E402
from manyvoices.train.config_reward import LossConfig, RewardConfig  # noqa: E402
from manyvoices.train.errors import (  # noqa: E402
    ConfigError,
    LossNotFinite,
    NoRankingsError,
    OneReplyError,
    TrainingError,
)
from manyvoices.train.metrics_log import read_metrics  # noqa: E402
from manyvoices.train.results import StepLog, silent  # noqa: E402
from manyvoices.train.reward import run  # noqa: E402
from manyvoices.train.reward.batches import in_rows, packed  # noqa: E402
from manyvoices.train.reward.model import load_reward_model  # noqa: E402
from manyvoices.train.reward.packing import divide  # noqa: E402
from manyvoices.train.reward.running import EVALUATION  # noqa: E402
from manyvoices.train.reward.sources import read_rater_weights, weighed  # noqa: E402
from manyvoices.train.reward.training import RewardStep, score_groups  # noqa: E402
from manyvoices.train.views import ReplyGroup, Turn  # noqa: E402

APART = 1.5
"""How much longer a reply must be to be preferred: nearer ones are tied."""


def config(out: Path, path: Path, **more: Any) -> RewardConfig:
    """A few updates of a tiny GPT-NeoX."""
    plain: dict[str, Any] = {
        "data": {"path": path, "split": {"share": 0.25}},
        "model": {"tiny": {"family": "neox", "hidden": 32, "layers": 1, "vocab": 512}},
        "optim": {"lr": 2e-3, "max_steps": 4, "batch_size": 2, "max_length": 512},
        "evaluation": {"resamples": 100},
        "out": out,
    }
    return RewardConfig(**{**plain, **more})


def messages(node: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield node
    for reply in node["replies"]:
        yield from messages(reply)


def plant(source: Path, target: Path) -> None:
    """OASST's trees with other ranks: the longer reply is preferred, near ones are tied."""
    with target.open("w", encoding="utf-8") as out:
        for line in source.read_text(encoding="utf-8").splitlines():
            tree = json.loads(line)
            for message in messages(tree["prompt"]):
                if message["role"] == "prompter":
                    rank_by_length([r for r in message["replies"] if r["role"] == "assistant"])
            out.write(json.dumps(tree) + "\n")


def rank_by_length(replies: list[dict[str, Any]]) -> None:
    ordered = sorted(replies, key=lambda reply: -len(reply["text"]))
    rank = 0
    for place, reply in enumerate(ordered):
        longer = ordered[max(place - 1, 0)]
        rank += len(longer["text"]) > APART * len(reply["text"])
        reply["rank"] = rank


# -- normalisation --------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["pairs", "listwise"])
def test_small_batches_add_up_to_one_large_one(kind: str) -> None:
    tiny = TinyConfig(hidden=32, vocab=512)
    model, tokenizer, format = load_reward_model(ModelConfig(tiny=tiny), ["abc"])
    parts = divide(tokens(forest(2, n_trees=6), tokenizer, format), 10_000).parts
    step = RewardStep(LossConfig(kind=kind))
    one = gradients(model, step, [packed(parts, 10_000)])
    many = gradients(model, step, [packed([part], 10_000) for part in parts])
    rows = gradients(model, step, [in_rows(parts[:3]), in_rows(parts[3:])])
    for name, gradient in one.items():
        assert torch.allclose(many[name], gradient, atol=1e-5), name
        assert torch.allclose(rows[name], gradient, atol=1e-5), name


def gradients(model: Any, step: RewardStep, batches: list[Any]) -> dict[str, Any]:
    model.zero_grad()
    results = [step(model, batch) for batch in batches]
    total = sum(float(result.weight_sum) for result in results)
    for result in results:
        (result.loss_sum / total).backward()
    return {n: p.grad.clone() for n, p in model.named_parameters() if p.grad is not None}


def test_scores_of_evaluation_are_those_of_single_rows() -> None:
    tiny = TinyConfig(hidden=32, vocab=512)
    model, tokenizer, format = load_reward_model(ModelConfig(tiny=tiny), ["abc"])
    groups = tokens(forest(4), tokenizer, format)
    scored = score_groups(model, [packed([(group,)], 500) for group in groups])
    for group, found in zip(groups, scored, strict=True):
        prefix = [token for part in group.prefix for token in part]
        alone = [model([[*prefix, *reply]]).item() for reply in group.replies]
        assert found.scores == pytest.approx(alone, abs=1e-5)


def test_raters_weights_reach_the_groups(tmp_path: Path) -> None:
    groups = forest(0)
    by = {"person 1": 0.5}
    for before, after in zip(groups, weighed(groups, by), strict=True):
        assert after.weight == (0.5 if before.rater == "person 1" else 1.0)
    path = tmp_path / "weights.json"
    path.write_text('{"person 1": 0.5, "person 2": -1}')
    with pytest.raises(TrainingError, match="'person 2' has -1, expected a number of at least 0"):
        read_rater_weights(path)


# -- runs -----------------------------------------------------------------------------------


def test_a_planted_preference_for_length_is_learnt(trees_100: Path, tmp_path: Path) -> None:
    """From a file of real trees to held-out trees: 95 % of all pairs."""
    planted = tmp_path / "planted.jsonl"
    plant(trees_100, planted)
    settings = config(
        tmp_path / "out",
        planted,
        model={"tiny": {"family": "neox", "hidden": 64, "layers": 1, "vocab": 2048}},
        optim={
            "lr": 2e-3,
            "max_steps": 80,
            "batch_size": 4,
            "warmup_steps": 10,
            "max_length": 1024,
        },
        packing={"min_prefix": 64},
        freeze_embeddings=True,
    )
    result = run(settings, progress=silent)
    held_out = json.loads((tmp_path / "out" / EVALUATION).read_text())["held_out"]
    assert held_out["all_pairs"]["n"] > 50
    assert held_out["all_pairs"]["value"] >= 0.95
    assert held_out["all_pairs"]["low"] > 0.85
    assert result.metrics["eval_all_pairs"] == pytest.approx(held_out["all_pairs"]["value"])


def test_a_run_leaves_model_manifest_metrics_and_says_what_was_cut(
    trees_100: Path, tmp_path: Path
) -> None:
    told: list[str] = []

    def hear(log: StepLog) -> None:
        told.append(log.text)

    settings = config(tmp_path / "out", trees_100, eval_every=2, packing={"max_tokens": 700})
    result = run(settings, progress=hear)
    from transformers import AutoModelForSequenceClassification

    assert AutoModelForSequenceClassification.from_pretrained(result.model).config.num_labels == 1
    assert (tmp_path / "out" / "data.json").exists()
    lines = read_metrics(tmp_path / "out" / "metrics.jsonl")
    assert {"loss", "accuracy"} <= lines[0].keys()
    assert sum("eval_all_pairs" in line for line in lines) == 2
    assert any("lost" in text and "tokens at the beginning" in text for text in told)
    assert any("were divided" in text for text in told)


def test_resumed_equals_uninterrupted(trees_100: Path, tmp_path: Path) -> None:
    from safetensors.torch import load_file

    whole = run(config(tmp_path / "whole", trees_100, save_every=2), progress=silent)

    class OffError(Exception):
        pass

    def switch_off(log: StepLog) -> None:
        if log.kind == "train" and log.step == 3:
            raise OffError

    halves = config(tmp_path / "halves", trees_100, save_every=2)
    with pytest.raises(OffError):
        run(halves, progress=switch_off)
    again = run(halves, resume=True, progress=silent)
    one, two = (load_file(r.model / "model.safetensors") for r in (whole, again) if r.model)
    assert one.keys() == two.keys()
    assert all(torch.equal(one[name], two[name]) for name in one)


def test_rows_are_an_arm_of_the_same_run(trees_100: Path, tmp_path: Path) -> None:
    optim = {"lr": 2e-3, "max_steps": 1, "batch_size": 2, "max_length": 256}
    settings = config(tmp_path, trees_100, packing={"mode": "rows"}, optim=optim, max_replies=5)
    assert run(settings, progress=silent).metrics["eval_n_groups"] > 10


# -- what goes wrong ------------------------------------------------------------------------


def write_trees(path: Path, ranks: tuple[int | None, ...], n: int = 4) -> Path:
    def message(name: str, role: str, **more: Any) -> dict[str, Any]:
        return {
            "message_id": name, "text": f"text of {name}", "role": role, "lang": "en",
            "review_result": True, "deleted": False, "replies": [], **more,
        }  # fmt: skip

    with path.open("w") as out:
        for i in range(n):
            replies = [message(f"{i}-{k}", "assistant", rank=rank) for k, rank in enumerate(ranks)]
            prompt = message(str(i), "prompter", replies=replies)
            tree = {"message_tree_id": str(i), "tree_state": "ready_for_export", "prompt": prompt}
            out.write(json.dumps(tree) + "\n")
    return path


def test_a_release_without_rankings_is_refused(tmp_path: Path) -> None:
    data = write_trees(tmp_path / "trees.jsonl", (None, None))
    with pytest.raises(NoRankingsError, match="no replies that were ranked"):
        run(config(tmp_path / "out", data), progress=silent)


def test_ties_alone_teach_nothing_and_the_message_says_what_would(tmp_path: Path) -> None:
    data = write_trees(tmp_path / "trees.jsonl", (0, 0))
    with pytest.raises(TrainingError, match=r"are ties.*set loss\.ties: half"):
        run(config(tmp_path / "out", data), progress=silent)


def test_a_group_with_one_reply_is_no_group() -> None:
    with pytest.raises(OneReplyError, match="expected at least two"):
        ReplyGroup((Turn("prompter", "q"),), ("only",), (0,), None, "t", "en")


def test_a_loss_that_is_no_number_stops_the_run_and_names_the_trees(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from manyvoices.train.reward import training

    def broken(scores: Any, *_: Any) -> Any:
        return scores.sum() * float("nan"), 1.0

    monkeypatch.setattr(training, "ranking_loss", broken)
    data = write_trees(tmp_path / "trees.jsonl", (0, 1))
    with pytest.raises(LossNotFinite, match="nan in update 1"):
        run(config(tmp_path / "out", data), progress=silent)


def test_faults_of_the_configuration_are_all_named(tmp_path: Path) -> None:
    path = tmp_path / "reward.yaml"
    path.write_text(
        "data: {path: x}\n"
        "model: {tiny: {hidden: 32}}\n"
        "out: out\n"
        "loss:\n  kind: triplets\n"
        "packing:\n  mode: forest\n"
        "max_replies: 1\n"
    )
    with pytest.raises(ConfigError) as caught:
        read_config(path, RewardConfig)
    for found in ("loss.kind", "packing.mode", "max_replies"):
        assert found in str(caught.value)


def test_listwise_takes_no_margins(tmp_path: Path) -> None:
    path = tmp_path / "reward.yaml"
    path.write_text(
        "data: {path: x}\nmodel: {tiny: {hidden: 32}}\nout: out\n"
        "loss: {kind: listwise, margin_scale: 0.1}\n"
    )
    with pytest.raises(ConfigError, match="margins with kind: listwise"):
        read_config(path, RewardConfig)
