"""The verb ``review``: page and forms from a release, agreement and decisions from answers."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from tests.curate.pilot import make_release
from typer.testing import CliRunner

from manyvoices.cli import app
from manyvoices.curate.review_files import read_decisions

RUN = CliRunner()


def call(*words: object) -> dict:
    result = RUN.invoke(app, ["review", *map(str, words), "--json"])
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


@pytest.fixture
def release(tmp_path: Path) -> Path:
    return make_release(tmp_path / "release")


def fill(path: Path, *answers: str) -> None:
    """Fill in a form, its texts in the order of their names."""
    rows = sorted(map(json.loads, path.read_text().splitlines()), key=lambda r: r["instance_id"])
    for row, answer in zip(rows, answers, strict=False):
        row["answer"] = answer
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))


def test_page_and_forms_are_written_for_a_reviewer(release: Path, tmp_path: Path) -> None:
    names = [tmp_path / name for name in ("a.html", "a.csv", "a.jsonl")]
    outs = [word for name in names for word in ("--out", name)]
    result = call(release, "--kind", "language", "--reviewer", "anna", *outs)
    assert result["n_flagged"] + result["n_unflagged"] == len(names[2].read_text().splitlines())
    assert all(name.exists() for name in names)
    before = names[0].read_bytes()
    call(release, "--kind", "language", "--reviewer", "anna", *outs)
    assert names[0].read_bytes() == before


def test_two_reviews_are_merged_with_agreement_and_decisions(release: Path, tmp_path: Path) -> None:
    forms = []
    for name in ("anna", "ben"):
        forms.append(tmp_path / f"{name}.jsonl")
        call(release, "--reviewer", name, "--out", forms[-1])
    fill(forms[0], "yes", "no", "no")
    fill(forms[1], "yes", "no", "yes")
    decisions, talk = tmp_path / "decisions.jsonl", tmp_path / "talk.jsonl"
    merging = ("--merge", forms[0], "--merge", forms[1], "--out", decisions)
    result = call(*merging, "--discuss", talk)
    assert (result["n_yes"], result["n_no"], result["n_open"]) == (1, 1, 1)
    assert result["agreement"]["n_both"] == 3
    assert result["agreement"]["kappa"]["value"] == pytest.approx(0.4)
    assert len(result["open"]) == 1
    fill(talk, "no")
    call(*merging, "--settled", talk)
    assert sorted(map(str, read_decisions(decisions, "pii").values())) == ["False", "False", "True"]


def test_wrong_usage_and_faulty_files_are_told_apart(release: Path, tmp_path: Path) -> None:
    assert RUN.invoke(app, ["review", str(release)]).exit_code == 2
    wrong = ["review", str(release), "--reviewer", "a", "--out", str(tmp_path / "a.txt")]
    assert RUN.invoke(app, wrong).exit_code == 2
    bad = tmp_path / "bad.jsonl"
    bad.write_text("{}\n")
    result = RUN.invoke(app, ["review", "--merge", str(bad)])
    assert result.exit_code == 1
    assert "bad.jsonl:1" in result.output
    gone = RUN.invoke(app, ["review", str(tmp_path / "none"), "--reviewer", "a", "--out", str(bad)])
    assert gone.exit_code == 1
