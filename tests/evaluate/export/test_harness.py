"""Both harnesses run the exported tasks, and give the scores that we give the same answers.

They are no dependencies of ours. ``MANYVOICES_HARNESS`` names a virtual environment that has them
(docs/howto/evaluate-export.md says how to make one); without it these tests are skipped.
"""

from __future__ import annotations

import importlib
import json
import os
import subprocess
from collections import defaultdict
from pathlib import Path
from typing import Any

import pytest
from tests.evaluate.stances.scripted import options_in, serving

from manyvoices.evaluate.export.carried.aggregating import aggregated
from manyvoices.evaluate.export.running import ExportResult

_PLACE = os.environ.get("MANYVOICES_HARNESS", "")
BIN = Path(_PLACE) / "bin"
needs_lm_eval = pytest.mark.skipif(
    not (_PLACE and (BIN / "lm_eval").exists()),
    reason="MANYVOICES_HARNESS names no virtual environment with lm-eval",
)
needs_inspect = pytest.mark.skipif(
    not (_PLACE and (BIN / "inspect").exists()),
    reason="MANYVOICES_HARNESS names no virtual environment with inspect-ai",
)
KINDS = ("stances", "refusals", "toxicity", "prompts", "pairs")


def ours(kind: str) -> Any:
    return importlib.import_module(f"manyvoices.evaluate.export.carried.{kind}")


def command(words: list[str], cwd: Path, **env: str) -> None:
    plain = {k: v for k, v in os.environ.items() if not k.startswith("PYTHON")}
    settings = {**plain, "HF_HUB_OFFLINE": "1", "HF_DATASETS_OFFLINE": "1", **env}
    done = subprocess.run(
        words, cwd=cwd, env=settings, capture_output=True, text=True, check=False, timeout=1800
    )
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-4000:]


@needs_lm_eval
@pytest.mark.slow
def test_lm_eval_gives_a_tiny_model_the_scores_that_we_give_it(
    exported: ExportResult, tmp_path: Path
) -> None:
    from manyvoices.train.tiny import tiny_model, tiny_tokenizer

    tiny_model(hidden=32, layers=1, vocab=512, seed=1).save_pretrained(tmp_path / "tiny")
    tiny_tokenizer(["Strongly agree. Disagree. Which of these?"], 512).save_pretrained(
        tmp_path / "tiny"
    )
    command(
        [
            str(BIN / "lm_eval"), "run", "--model", "hf", "--device", "cpu", "--batch_size", "8",
            "--model_args", f"pretrained={tmp_path / 'tiny'},dtype=float32", "--tasks", "mine",
            "--include_path", str(exported.out / "lm_eval" / "mine"), "--log_samples",
            "--output_path", str(tmp_path / "results"),
        ],
        tmp_path,
    )  # fmt: skip
    (results,) = (tmp_path / "results").rglob("results_*.json")
    theirs = json.loads(results.read_text())["results"]
    checked = 0
    for path in (tmp_path / "results").rglob("samples_*.jsonl"):
        name = path.name.removeprefix("samples_").rpartition("_")[0]
        rows = [json.loads(line) for line in path.read_text().splitlines()]
        for measure, value in aggregated(measures_of(name, row) for row in rows).items():
            assert theirs[name][f"{measure},none"] == pytest.approx(value), (name, measure)
            checked += 1
    assert checked >= 17


def measures_of(name: str, row: dict[str, Any]) -> dict[str, Any]:
    """Ours, of the answer that the harness has logged."""
    _, kind, form = name.split("_")
    said = [response[0] for response in row["resps"]]
    if form == "written":
        return dict(ours(kind).measures(row["doc"], said[0]))
    logs = [float(one[0]) for one in said]
    return dict(ours(kind).measures_of_likelihoods(row["doc"], logs))


def scripted(said: str, rng: Any) -> str:
    """A model that chooses, refuses, and rambles."""
    if labels := options_in(said):
        return "ABCDE"[rng.randrange(len(labels))] if rng.random() < 0.8 else "It depends."
    if "A or B only" in said:
        return rng.choice(["A", "B", "Reply A", "Neither of them."])
    return rng.choice(["I'm sorry, but I can't help with that.", "Sure, that is easy to do."])


@needs_inspect
@pytest.mark.slow
def test_inspect_gives_a_served_model_the_scores_that_we_give_it(
    exported: ExportResult, tmp_path: Path
) -> None:
    folder = exported.out / "inspect" / "mine"
    with serving({"scripted": scripted}) as url:
        command(
            [
                str(BIN / "inspect"), "eval", *(f"{kind}.py" for kind in KINDS),
                "--model", "openai-api/local/scripted", "--log-dir", str(tmp_path / "logs"),
                "--log-format", "json", "--display", "plain",
            ],
            folder, LOCAL_BASE_URL=url, LOCAL_API_KEY="none",
        )  # fmt: skip
    logs = [json.loads(path.read_text()) for path in (tmp_path / "logs").glob("*.json")]
    assert len(logs) == len(KINDS)
    columns: dict[str, int] = defaultdict(int)
    for log in logs:
        assert log["status"] == "success"
        kind = log["eval"]["task"].rpartition("/")[2].removeprefix("mine_")
        theirs = {
            name: found["value"]
            for score in log["results"]["scores"]
            for name, found in score["metrics"].items()
        }
        mine = aggregated(
            ours(kind).measures(sample["metadata"]["doc"], sample["output"]["completion"])
            for sample in log["samples"]
        )
        for measure, value in mine.items():
            assert theirs[measure] == pytest.approx(value), (kind, measure)
            columns[kind] += 1
    assert columns["stances"] == 8
    assert set(columns) == set(KINDS)
