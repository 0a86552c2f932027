"""From 100 real trees to a policy that answers: every kind of training by the command line.

Each stage starts from the folder that the stage before it wrote: sft -> reward, dpo, kto -> ppo
against that reward -> chat. A few updates of tiny models each: what is tested is that the pieces
fit, from the data to a folder that transformers loads, with its measures, its card and its resume.
"""

from __future__ import annotations

import json
import math
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
os.environ["HF_HUB_OFFLINE"] = "1"

import pytest
import yaml
from tests.analyse.releases import Plan, write_release
from tests.real_data import REAL, real
from typer.testing import CliRunner

from manyvoices import cli
from manyvoices.train.metrics_log import read_metrics

for needed in ("torch", "transformers", "trl"):
    pytest.importorskip(needed, reason="the extra train is not installed")

ROOT = Path(__file__).resolve().parents[2]
OPTIM = {"max_steps": 3, "warmup_steps": 1, "batch_size": 2, "max_length": 96}
TINY = {"hidden": 32, "layers": 2, "heads": 4, "vocab": 1024}


@dataclass(frozen=True)
class Run:
    """A run that is done."""

    out: Path
    printed: dict[str, Any]
    """What --json printed."""
    config: Path

    @property
    def model(self) -> str:
        return str(self.out / "model")

    @property
    def metrics(self) -> list[dict[str, Any]]:
        return read_metrics(self.out / "metrics.jsonl")


Runner = Callable[..., Run]


@pytest.fixture(scope="module", autouse=True)
def _one_thread() -> None:
    import torch

    torch.set_num_threads(1)


@pytest.fixture(scope="module")
def train(tmp_path_factory: pytest.TempPathFactory) -> Runner:
    """``train(kind, model, **changes)`` runs one configuration by the command line."""
    if REAL is None or not real("oasst/en_100_tree.jsonl").exists():
        pytest.skip("the real data is not here: ../shared/data/oasst/en_100_tree.jsonl")
    folder = tmp_path_factory.mktemp("training")

    def run(kind: str, model: dict[str, Any], name: str = "", **changes: Any) -> Run:
        out = folder / (name or kind)
        config = {
            "data": {"path": str(real("oasst/en_100_tree.jsonl")), "split": {"share": 0.1}},
            "model": model,
            "optim": {**OPTIM, **changes.pop("optim", {})},
            "out": str(out),
            **changes,
        }
        path = folder / f"{name or kind}.yaml"
        path.write_text(yaml.safe_dump(config))
        return Run(out, json.loads(command("train", kind, path, "--json")), path)

    return run


def command(*words: str | Path, said: str = "") -> str:
    result = CliRunner().invoke(cli.app, list(map(str, words)), input=said, prog_name="manyvoices")
    assert result.exit_code == 0, (result.stderr, result.exception)
    return result.stdout


@pytest.fixture(scope="module")
def sft(train: Runner) -> Run:
    more = {"samples": {"prompts": 1, "max_new_tokens": 8}, "eval_every": 2}
    return train("sft", {"tiny": {**TINY, "family": "llama"}}, **more)


@pytest.fixture(scope="module")
def reward(train: Runner, sft: Run) -> Run:
    evaluation = {"resamples": 50}
    return train("reward", {"path": sft.model}, evaluation=evaluation, save_every=2)


def judged(run: Run, *names: str) -> None:
    """The run left a card, its account of the data, and evaluations that are numbers."""
    assert run.printed["out"] == str(run.out)
    assert json.loads((run.out / "data.json").read_text())["kept"]["trees"] > 80
    card = Path(run.printed["card"]).read_text()
    assert json.loads((run.out / "data.json").read_text())["data_hash"] in card
    last: dict[str, Any] = {}
    for line in run.metrics:
        last |= line
    assert last["step"] == 3
    for name in ("loss", *names):
        assert isinstance(last[name], float), (name, last)
        assert math.isfinite(last[name])


def loads_as_language_model(run: Run) -> None:
    from transformers import AutoModelForCausalLM, AutoTokenizer

    model = AutoModelForCausalLM.from_pretrained(run.model)
    tokenizer = AutoTokenizer.from_pretrained(run.model)
    assert model.get_input_embeddings().num_embeddings >= len(tokenizer)
    assert tokenizer.chat_template
    assert tokenizer.pad_token_id != tokenizer.eos_token_id


def test_sft_reads_trees_and_writes_a_model(sft: Run) -> None:
    judged(sft, "eval_loss")
    loads_as_language_model(sft)


def test_sft_by_trees_writes_one_too(train: Runner) -> None:
    more = {"trainer": "tree", "samples": {"prompts": 0}}
    run = train("sft", {"tiny": {**TINY, "family": "neox"}}, "sft-trees", **more)
    judged(run, "eval_loss")
    loads_as_language_model(run)


def test_the_reward_model_starts_from_sft_and_is_judged_on_held_out_trees(reward: Run) -> None:
    from transformers import AutoModelForSequenceClassification

    judged(reward, "eval_all_pairs")
    measure = reward.printed["metrics"]["all_pairs"]
    assert 0 <= measure["low"] <= measure["value"] <= measure["high"] <= 1
    model, info = AutoModelForSequenceClassification.from_pretrained(
        reward.model, output_loading_info=True
    )
    assert not info["missing_keys"], "the head is in the file, and nothing is random"
    assert model.config.num_labels == 1
    assert (
        f"{measure['low']:.4g} to {measure['high']:.4g}" in Path(reward.printed["card"]).read_text()
    )


@pytest.mark.parametrize("kind", ["dpo", "kto"])
def test_preferences_tune_the_fine_tuned_model(train: Runner, sft: Run, kind: str) -> None:
    run = train(kind, {"path": sft.model})
    judged(run, "eval_loss")
    loads_as_language_model(run)


@pytest.fixture(scope="module")
def ppo(train: Runner, sft: Run, reward: Run) -> Run:
    return train(
        "ppo",
        {"path": sft.model},
        reward={"model": reward.model},
        rollouts=4,
        ppo_epochs=1,
        generate={"max_new_tokens": 8},
        eval_prompts=2,
    )


def test_ppo_trains_the_fine_tuned_model_against_the_reward_model(ppo: Run) -> None:
    judged(ppo)
    loads_as_language_model(ppo)


def test_personal_rewards_are_fitted_to_a_release_whose_raters_are_known(tmp_path: Path) -> None:
    """Bots' release: the published trees do not say who ranked."""
    release = write_release(tmp_path / "release", Plan(n_people=40))
    config = {
        "data": {"path": str(release), "filters": {"allow_simulated": True}},
        "evaluation": {"resamples": 20, "draws": 1, "shots": [0, 2]},
        "heads": {"directions": [1, 2], "l2": [10.0], "survey_l2": [5.0], "folds": 2},
        "out": str(tmp_path / "out"),
    }
    path = tmp_path / "personal.yaml"
    path.write_text(yaml.safe_dump(config))
    assert json.loads(command("train", "personal", path, "--check", "--json"))["train"]["raters"]
    printed = json.loads(command("train", "personal", path, "--json"))
    card = Path(printed["card"]).read_text()
    assert "Rows that bots wrote in a rehearsal were allowed" in card
    assert "The preferences are those of 40 people" in card


def test_the_policy_answers_in_the_terminal(ppo: Run) -> None:
    said = command("chat", ppo.model, "--max-tokens", "6", "--seed", "1", said="Why?\n")
    assert said.strip()
    assert "<|" not in said


def test_what_was_done_is_checked_without_training(reward: Run) -> None:
    plan = json.loads(command("train", "reward", reward.config, "--check", "--json"))
    data = json.loads((reward.out / "data.json").read_text())
    assert plan["data_hash"] == data["data_hash"]
    assert plan["train"]["groups"] + plan["test"]["groups"] == data["kept"]["groups"]
    assert plan["steps"] == 3


def test_a_run_that_is_done_is_resumed_without_a_further_update(reward: Run) -> None:
    before = reward.metrics
    again = json.loads(command("train", "reward", reward.config, "--json", "--resume"))
    assert reward.metrics == before
    assert again["metrics"]["all_pairs"]["value"] == pytest.approx(
        reward.printed["metrics"]["all_pairs"]["value"]
    )


def test_two_sharded_processes_train_the_reward_model_of_one(train: Runner, reward: Run) -> None:
    """torchrun, FSDP2 over gloo; 1 example per process and update in place of 2 of one."""
    config = yaml.safe_load(reward.config.read_text())
    config["optim"]["batch_size"] = 1
    config |= {"out": str(reward.out.with_name("two")), "shard": True}
    path = reward.config.with_name("two.yaml")
    path.write_text(yaml.safe_dump(config))
    words = ["-m", "torch.distributed.run", "--standalone", "--nproc_per_node=2", "-m"]
    done = subprocess.run(
        [sys.executable, *words, "manyvoices", "train", "reward", str(path), "--json"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=1800,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    printed = json.loads(done.stdout)  # one document: rank 0 alone prints
    checkpoints = Path(config["out"]) / "checkpoints"
    facts = json.loads((checkpoints / "step-00000003" / "state" / "run.json").read_text())
    assert facts["made_with"]["world"] == 2
    assert facts["sharded"]
    one = {line["step"]: line for line in reward.metrics if "loss" in line}
    two = {
        line["step"]: line
        for line in read_metrics(Path(config["out"]) / "metrics.jsonl")
        if "loss" in line
    }
    assert [two[step]["tokens"] for step in (1, 2, 3)] == [
        one[step]["tokens"] for step in (1, 2, 3)
    ]
    for step in (1, 2, 3):
        assert two[step]["loss"] == pytest.approx(one[step]["loss"], abs=1e-5)
    value = reward.printed["metrics"]["all_pairs"]["value"]
    assert printed["metrics"]["all_pairs"]["value"] == pytest.approx(value, abs=0.02)
