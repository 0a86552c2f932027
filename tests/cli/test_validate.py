"""The ``validate`` verb as a person types it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from tests.real_data import needs_real_data, real
from typer.testing import CliRunner, Result

from manyvoices.cli import app

GOOD = '{"model_a": "x", "model_b": "y", "winner": "tie"}\n'


def run(*words: object) -> Result:
    return CliRunner().invoke(app, ["validate", *map(str, words)])


@pytest.fixture
def battles(tmp_path: Path) -> Path:
    path = tmp_path / "battles.jsonl"
    path.write_text(GOOD * 1200)
    return path


def test_a_valid_file_is_said_to_be_in_one_line(battles: Path) -> None:
    result = run(battles)
    assert result.exit_code == 0
    assert result.output == f"{battles}: valid arena: 1,200 in battles.jsonl\n"


def test_faults_are_printed_each_on_a_line_and_the_exit_code_is_1(battles: Path) -> None:
    battles.write_text(GOOD + '{"model_a": "x", "model_b": 7, "winner": "tie"}\n')
    result = run(battles)
    assert result.exit_code == 1
    assert result.output == f"{battles}:2: model_b: found the number 7, expected a string\n"


def test_many_faults_of_one_kind_are_one_line_with_their_number(battles: Path) -> None:
    bad = '{"model_a": "x", "model_b": %d, "winner": "tie"}\n'
    battles.write_text(GOOD + "".join(bad % n for n in range(1105)) + "{}\n")
    result = run(battles)
    assert result.exit_code == 1
    assert result.output.splitlines() == [
        f"{battles}: model_b: x 1,105, first at line 2, "
        "e.g. found the number 0, expected a string",
        f"{battles}:1107: model_a: found nothing, expected a value: the field is required",
    ]


def test_json_holds_the_report_and_nothing_else(battles: Path) -> None:
    battles.write_text(GOOD + "{}\n")
    result = run(battles, "--json")
    document = json.loads(result.stdout)
    assert result.exit_code == 1
    assert (document["valid"], document["n_faults"], document["format"]) == (False, 1, "arena")
    assert document["faults"][0]["line"] == 2
    assert document["n_records"] == {"battles.jsonl": 1}


def test_a_path_that_is_absent_is_a_fault_without_a_traceback(tmp_path: Path) -> None:
    result = run(tmp_path / "absent.jsonl")
    assert result.exit_code == 1
    assert "found no file of that name" in result.output
    assert "Traceback" not in result.output


def test_a_format_that_does_not_exist_lists_those_that_do(battles: Path) -> None:
    result = run(battles, "--format", "excel")
    assert result.exit_code == 1
    assert "oasst-trees" in result.output


def test_markup_in_a_file_is_printed_as_it_is(battles: Path) -> None:
    battles.write_text(GOOD + '{"model_a": "x", "model_b": "y", "winner": "[red]me[/red]"}\n')
    assert "[red]me[/red]" in run(battles).output


def test_a_big_file_shows_its_progress_and_the_result_stays_clean(
    battles: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("manyvoices.cli.progress.BIG", 1)
    result = run(battles, "--json")
    assert result.exit_code == 0
    assert json.loads(result.stdout)["valid"] is True


@needs_real_data
def test_a_real_file_is_valid() -> None:
    assert run(real("oasst/en_100_tree.jsonl")).exit_code == 0
