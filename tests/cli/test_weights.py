"""The verb ``weights``: margins met, people without an answer left out, the cost said."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from manyvoices.cli import app

RUN = CliRunner()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    rows = [
        {"user_id": f"u{i}", "sex": sex, "home": {"simplified": home}, "study_locale": "uk"}
        for i, (sex, home) in enumerate(
            [("f", "n"), ("m", "n"), ("m", "s"), ("m", "s"), (None, "s"), ("f", "s")]
        )
    ]
    (tmp_path / "survey.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    for name in ("conversations", "utterances"):
        (tmp_path / f"{name}.jsonl").write_text("")
    (tmp_path / "census.csv").write_text("sex,home,share\nf,n,30\nf,s,20\nm,n,30\nm,s,20\n")
    return tmp_path


def run(folder: Path, *more: str, code: int = 0) -> str:
    line = ["weights", str(folder), "--census", str(folder / "census.csv"), *more]
    result = RUN.invoke(app, line)
    assert result.exit_code == code, result.output
    return result.stdout if code == 0 else " ".join(result.output.split())


def test_the_margins_are_met_and_the_weights_written(folder: Path) -> None:
    out = folder / "weights.csv"
    found = json.loads(run(folder, "--json", "--out", str(out)))["result"]
    assert found["converged"]
    assert (found["n_weighted"], found["n_left_out"]) == (5, 1)
    assert found["n_effective"] < 5
    with out.open() as file:
        weights = {row["user_id"]: row["weight"] for row in csv.DictReader(file)}
    assert weights.pop("u4") == ""
    women = float(weights["u0"]) + float(weights["u5"])
    assert women == pytest.approx(2.5)
    assert float(weights["u0"]) + float(weights["u1"]) == pytest.approx(3)


def test_margins_may_be_joint_and_people_chosen(folder: Path) -> None:
    told = run(folder, "--margin", "sex,home", "--where", "study_locale=uk")
    assert "f x n" in told
    assert "worth" in told
    run(folder, "--where", "study_locale=us", code=1)


@pytest.mark.parametrize(
    ("more", "said"),
    [
        (["--margin", "shoes"], "shoes"),
        (["--form", "moon"], "moon"),
        (["--where", "study_locale"], "study_locale"),
    ],
)
def test_wrong_usage_names_what_was_given(folder: Path, more: list[str], said: str) -> None:
    told = run(folder, *more, code=2)
    assert "Invalid value" in told
    assert said in told


def test_a_margin_that_nobody_is_in_is_the_inputs_fault(folder: Path) -> None:
    (folder / "census.csv").write_text("sex,count\nf,1\nm,1\nx,1\n")
    assert "x: found nobody" in run(folder, code=1)
