"""The verb ``describe``: tables of any release, printed and written."""

from __future__ import annotations

import json
from pathlib import Path

from tests.curate.pilot import make_release
from typer.testing import CliRunner

from manyvoices.cli import app

RUN = CliRunner()


def test_the_tables_are_printed_and_written(tmp_path: Path) -> None:
    release = make_release(tmp_path / "release")
    out = tmp_path / "tables"
    result = RUN.invoke(app, ["describe", str(release), "--out", str(out)])
    assert result.exit_code == 0, result.output
    assert "Who took part" in result.stdout
    assert (out / "tab05_demographics.html").exists()
    assert "25-34" in (out / "tab05_demographics.csv").read_text()


def test_the_numbers_can_be_had_as_json(tmp_path: Path) -> None:
    release = make_release(tmp_path / "release")
    result = RUN.invoke(app, ["describe", str(release), "--compat-prism", "--json"])
    found = json.loads(result.stdout)["description"]
    assert found["demographics"]["n_people"] == 3
    assert found["n_simulated"] == 1


def test_what_is_no_release_is_the_inputs_fault(tmp_path: Path) -> None:
    assert RUN.invoke(app, ["describe", str(tmp_path)]).exit_code == 1
    labels = tmp_path / "labels.csv"
    labels.write_text("a,b\n1,2\n")
    release = make_release(tmp_path / "release")
    result = RUN.invoke(app, ["describe", str(release), "--usecases", str(labels)])
    assert result.exit_code == 1
