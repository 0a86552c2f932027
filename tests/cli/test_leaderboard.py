"""``manyvoices leaderboard`` as a person meets it."""

from __future__ import annotations

import json
from pathlib import Path

from tests.cli.test_rank import run
from tests.evaluate.leaderboard.made import write_battles


def test_a_page_its_data_and_its_history_are_written(tmp_path: Path) -> None:
    data = write_battles(tmp_path / "battles.jsonl")
    code, out, _ = run("leaderboard", data, "--out", tmp_path / "out", "--resamples", "100")
    assert code == 0
    assert "800 battles, 40 people; 2 further boards" in out
    assert "index.html" in out
    assert {path.name for path in (tmp_path / "out").iterdir()} == {
        "index.html", "leaderboard.css", "leaderboard.js", "leaderboard.json", "leaderboard.csv",
        "leaderboard.parquet", "history.jsonl",
    }  # fmt: skip


def test_json_is_what_the_file_holds(tmp_path: Path) -> None:
    data = write_battles(tmp_path / "battles.jsonl")
    words = ("--resamples", "100", "--by", "none", "--title", "My board", "--json")
    code, out, _ = run("leaderboard", data, "--out", tmp_path / "out", *words)
    assert code == 0
    found = json.loads(out)
    assert found == json.loads((tmp_path / "out" / "leaderboard.json").read_text())
    assert found["title"] == "My board"
    assert len(found["boards"]) == 1


def test_wrong_usage_and_wrong_data_are_told_apart(tmp_path: Path) -> None:
    data = write_battles(tmp_path / "battles.jsonl", people={"en": 5})
    code, _, said = run("leaderboard", data, "--out", tmp_path / "out")
    assert code == 1
    assert "found verdicts of 5 people, expected at least 10" in said
    for words in (("--method", "elo"), ("--by", "colour"), ("--level", "2")):
        code, _, said = run("leaderboard", data, "--out", tmp_path / "out", *words)
        assert code == 2, words
    code, _, said = run("leaderboard", tmp_path / "gone.jsonl", "--out", tmp_path / "out")
    assert code == 1
    assert "gone.jsonl" in said
    assert not (tmp_path / "out").exists()
