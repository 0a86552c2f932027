"""``serve --next-batch``: what is refused before anything is served, and what is published."""

from __future__ import annotations

import json
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from manyvoices import cli
from manyvoices.design import load_study

DEMO = "prism"


@pytest.fixture
def study(tmp_path: Path) -> Path:
    folder = tmp_path / "study"
    result = CliRunner().invoke(cli.app, ["init", str(folder), "--template", DEMO])
    assert result.exit_code == 0, result.output
    return folder / "study.yaml"


def test_a_batch_wants_the_one_study_that_it_is_for(study: Path, tmp_path: Path) -> None:
    result = CliRunner().invoke(cli.app, ["serve", "--next-batch", str(tmp_path / "b.jsonl")])
    assert result.exit_code == 2
    assert "the one STUDY.yaml" in result.output.replace("\n", " ")
    result = CliRunner().invoke(cli.app, ["serve", str(study), "--stage", "conversations"])
    assert result.exit_code == 2


def test_models_that_the_study_does_not_have_are_refused_with_their_lines(
    study: Path, tmp_path: Path
) -> None:
    batch = tmp_path / "next_batch.jsonl"
    batch.write_text('{"models": ["nobody"]}\n{"models": [], "prompt": "p1"}\n')
    words = ["serve", str(study), "--next-batch", str(batch), "--db", f"sqlite:///{tmp_path}/x.db"]
    done = subprocess.run(
        [sys.executable, "-m", "manyvoices", *words],
        cwd=tmp_path, capture_output=True, text=True, timeout=1200, check=False,
    )  # fmt: skip
    assert done.returncode == 1, done.stderr
    for line in (1, 2):
        assert f"next_batch.jsonl:{line}" in done.stderr
    assert "nobody" in done.stderr


def test_a_batch_makes_a_new_version_and_the_old_one_stays(study: Path, tmp_path: Path) -> None:
    """By `setup.publish`, as ``serve`` does it, in a process of its own: Django is set up once."""
    models = [model.id for model in load_study(study).models][:2]
    batch = tmp_path / "next_batch.jsonl"
    batch.write_text(json.dumps({"models": models, "reason": "uncertainty"}) + "\n")
    database = tmp_path / "x.db"
    code = (
        "from pathlib import Path\n"
        "from manyvoices.collect.server import setup\n"
        f"setup.configure(db='sqlite:///{database}', folder=Path({str(tmp_path)!r}))\n"
        "setup.migrate()\n"
        f"setup.publish([Path({str(study)!r})])\n"
        f"setup.publish([Path({str(study)!r})], next_batch=Path({str(batch)!r}))\n"
    )
    subprocess.run([sys.executable, "-c", code], cwd=tmp_path, check=True, timeout=1200)
    rows = (
        sqlite3.connect(database)
        .execute("select number, content from studies_studyversion order by number")
        .fetchall()
    )
    assigned = [
        next(s for s in json.loads(content)["stages"] if s["kind"] == "conversations")["assignment"]
        for _, content in rows
    ]
    assert [number for number, _ in rows] == [1, 2]
    assert [one["policy"] for one in assigned] == ["random", "batch"]
    assert assigned[1]["batch"][0]["models"] == models
