"""``manyvoices evaluate sampling`` as a person meets it."""

from __future__ import annotations

import json
from pathlib import Path

from tests.cli.test_rank import run
from tests.evaluate.sampling.samples import config_file


def test_a_run_leaves_reports_a_page_and_the_files_of_a_study(tmp_path: Path) -> None:
    code, out, _ = run("evaluate", "sampling", config_file(tmp_path))
    assert code == 0
    assert "3 prompts, 4 ways of sampling models" in out
    assert f"To read: {tmp_path / 'out' / 'index.html'}" in out
    assert {path.name for path in (tmp_path / "out").iterdir()} == {
        "README.md", "generations.jsonl", "index.html", "outputs.jsonl", "prompts.jsonl",
        "reports", "results.json",
    }  # fmt: skip


def test_json_is_one_document(tmp_path: Path) -> None:
    code, out, _ = run("evaluate", "sampling", config_file(tmp_path), "--json")
    assert code == 0
    assert json.loads(out)["n_prompts"] == 3


def test_what_is_at_fault_is_named_with_its_line(tmp_path: Path) -> None:
    path = config_file(tmp_path, samplings=[{"name": "a", "temperature": 9}], colour="red")
    code, _, said = run("evaluate", "sampling", path)
    assert code == 1
    assert "samplings[0].temperature" in said
    assert "colour" in said
