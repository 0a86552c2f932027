"""``manyvoices train`` as a person meets it: checks, examples, faults, and a run that goes on."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from typer.testing import CliRunner

from manyvoices import cli
from manyvoices.train.config import read_config
from manyvoices.train.examples import example_paths
from manyvoices.train.kinds import KINDS

EXAMPLES = example_paths()


def run(*words: str | Path) -> tuple[int, str, str]:
    result = CliRunner(env={"COLUMNS": "120"}).invoke(
        cli.app, list(map(str, words)), prog_name="manyvoices"
    )
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result.exit_code, result.stdout, result.stderr


def trees(path: Path, n: int = 12) -> Path:
    """Made-up trees with two ranked replies each."""
    rows = []
    for i in range(n):
        replies = [
            {
                "message_id": f"{i}-{k}",
                "parent_id": f"{i}",
                "text": f"Answer {k} to number {i}. " + "More words. " * k,
                "role": "assistant",
                "lang": "en",
                "rank": k,
                "review_result": True,
                "synthetic": False,
            }
            for k in range(2)
        ]
        prompt = {
            "message_id": f"{i}",
            "text": f"Question number {i}?",
            "role": "prompter",
            "lang": "en",
            "review_result": True,
            "synthetic": False,
            "replies": replies,
        }
        tree = {"message_tree_id": f"{i}", "tree_state": "ready_for_export", "prompt": prompt}
        rows.append(json.dumps(tree))
    path.write_text("\n".join(rows) + "\n")
    return path


def settings(folder: Path, more: str = "") -> Path:
    """A configuration beside its data; in JSON, which YAML takes."""
    trees(folder / "trees.jsonl")
    path = folder / "run.yaml"
    path.write_text(
        "data: {path: trees.jsonl, split: {share: 0.2}}\n"
        "model: {tiny: {hidden: 16, layers: 1, heads: 2, vocab: 320}}\n"
        "out: out\n" + more
    )
    return path


def test_a_check_counts_both_sides_and_trains_nothing(tmp_path: Path) -> None:
    path = settings(tmp_path, "optim: {epochs: 2, batch_size: 2, accumulate: 2}\n")
    code, out, err = run("train", "reward", path, "--check")
    assert code == 0, err
    assert "Would train a reward model from a random llama of 1 layers, hidden size 16" in out
    assert "Languages (trees): en 12" in out
    assert "Consent: not stated" in out
    code, out, _ = run("train", "reward", path, "--check", "--json")
    plan = json.loads(out)
    assert plan["train"]["groups"] + plan["test"]["groups"] == 12
    assert plan["test"]["groups"] == 2
    assert plan["unit"] == "groups"
    assert plan["steps"] == 6, "ten groups in updates of four are three, twice"
    assert plan["config"]["optim"]["batch_size"] == 2
    assert not (tmp_path / "out").exists()


def test_all_faults_of_a_configuration_are_told_at_once(tmp_path: Path) -> None:
    path = settings(tmp_path, "optim: {lr: fast, bach_size: 4}\nkeep: 0\n")
    code, _, err = run("train", "sft", path)
    assert code == 1
    assert len(err.strip().splitlines()) == 3
    assert f"{path}:4: optim.lr" in err
    assert "bach_size" in err
    assert f"{path}:5: keep" in err


def test_data_without_rankings_are_refused_before_anything_is_loaded(tmp_path: Path) -> None:
    path = settings(tmp_path)
    text = (tmp_path / "trees.jsonl").read_text()
    (tmp_path / "trees.jsonl").write_text(text.replace('"rank": 1', '"rank": null'))
    code, _, err = run("train", "dpo", path, "--check")
    assert code == 1
    assert "no replies that were ranked or scored" in err


def test_a_kind_that_there_is_not_is_wrong_usage(tmp_path: Path) -> None:
    code, _, err = run("train", "sleep", tmp_path / "x.yaml")
    assert code == 2
    assert "sleep" in err


def test_a_file_that_there_is_not_is_named(tmp_path: Path) -> None:
    code, _, err = run("train", "sft", tmp_path / "none.yaml")
    assert code == 1
    assert "none.yaml" in err


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_every_example_is_a_configuration_of_its_kind(path: Path) -> None:
    kind = path.stem.rpartition("-")[2]
    config = read_config(path, KINDS[kind].config_class())
    text = path.read_text()
    if "pythia" in path.stem:
        assert "NOT RUN HERE" in text
        assert config.shard
    else:
        assert "NOT RUN" not in text


def test_there_are_examples_of_the_three_stages_at_the_papers_sizes() -> None:
    names = {path.stem for path in EXAMPLES}
    sizes = ("1.4b", "6.9b", "12b")
    assert {f"pythia-{s}-{k}" for s in sizes for k in ("sft", "reward", "ppo")} <= names
    assert {f"tiny-{kind}" for kind in KINDS} <= names


def test_examples_are_written_and_never_over_a_file(tmp_path: Path) -> None:
    code, out, _ = run("train", "init", tmp_path / "new")
    assert code == 0
    assert (tmp_path / "new" / "tiny-sft.yaml").exists()
    assert "--check" in out
    (tmp_path / "new" / "tiny-sft.yaml").write_text("mine")
    code, _, err = run("train", "init", tmp_path / "new")
    assert code == 1
    assert "a folder without these files" in err
    assert (tmp_path / "new" / "tiny-sft.yaml").read_text() == "mine"


def test_a_run_that_is_stopped_says_where_it_stands_and_goes_on(tmp_path: Path) -> None:
    """A real process and a real Ctrl-C, after its first checkpoint."""
    pytest.importorskip("torch", reason="the extra train is not installed")
    path = settings(
        tmp_path,
        "optim: {max_steps: 100000, batch_size: 2, lr: 0.001, max_length: 64}\n"
        "save_every: 5\nevaluation: {resamples: 0}\n",
    )
    words = [sys.executable, "-m", "manyvoices", "train", "reward", str(path)]
    env = {**os.environ, "OMP_NUM_THREADS": "1"}
    with subprocess.Popen(words, stderr=subprocess.PIPE, text=True, env=env) as process:
        checkpoints = tmp_path / "out" / "checkpoints"
        while process.poll() is None and not list(checkpoints.glob("step-*")):
            time.sleep(0.2)
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=300)
    assert process.returncode == 130
    assert "Stopped. The last checkpoint is" in err
    assert "--resume goes on from it" in err
    assert "Traceback" not in err

    code, _, err = run("train", "reward", path)
    assert code == 1
    assert "already holds a run" in err
    path.write_text(path.read_text().replace("100000", "100001"))
    code, _, err = run("train", "reward", path, "--resume")
    assert code == 1
    assert "config.optim.max_steps: 100000 then, 100001 now" in err
