"""``manyvoices check``: what a study is, or all that is wrong with it."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from manyvoices.cli import main
from manyvoices.design.templates import demo_path


def run(*words: str) -> int:
    with pytest.raises(SystemExit) as caught:
        main([*words])
    code = caught.value.code
    assert isinstance(code, int)
    return code


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return Path(shutil.copytree(demo_path().parent, tmp_path / "demo"))


def test_a_sound_study_is_told_in_numbers(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("check", str(folder / "study.yaml")) == 0
    out = capsys.readouterr().out
    for words in ("3 pages", "3 conversations", "8 models", "minutes", "unguided × 1", "No faults"):
        assert words in out


def test_one_of_a_thing_is_not_told_as_many(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    written = tmp_path / "study"
    assert run("init", str(written), "--template", "preference") == 0
    survey = written / "survey.yaml"
    survey.write_text("pages:\n- title: One\n  questions:\n  - {id: age, label: Age, kind: text}\n")
    capsys.readouterr()
    run("check", str(written))
    out = capsys.readouterr().out
    assert "1 page, 1 question " in out
    assert "1 pages" not in out


def test_where_there_is_no_study_it_says_how_to_make_one(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("check", str(tmp_path)) == 1
    said = capsys.readouterr().err
    assert said.startswith(f"{tmp_path / 'study.yaml'}: found nothing, expected a study.yaml")
    assert "manyvoices init" in said


def test_as_json_it_is_one_document(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("check", str(folder), "--json") == 0
    told = json.loads(capsys.readouterr().out)
    assert told["ok"] is True
    assert told["id"] == "demo"
    assert [stage["kind"] for stage in told["stages"]] == ["consent", "survey", "conversations"]
    assert len(told["models"]) == 8
    assert 15 < told["minutes"] < 60


def test_brackets_in_a_title_are_shown_and_not_taken_for_markup(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    study = folder / "study.yaml"
    text = study.read_text(encoding="utf-8")
    study.write_text(text.replace("title: Your", "title: Your [bold]", 1), encoding="utf-8")
    assert run("check", str(study)) == 0
    assert "[bold]" in capsys.readouterr().out


def test_every_fault_is_printed_with_file_and_line_and_the_exit_is_1(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    study, models = folder / "study.yaml", folder / "models.yaml"
    study.write_text(
        study.read_text(encoding="utf-8").replace("turns: [2, 10]", "turns: [10, 2]"),
        encoding="utf-8",
    )
    models.write_text(
        models.read_text(encoding="utf-8").replace("persona: plain", "persona: plane"),
        encoding="utf-8",
    )
    assert run("check", str(study)) == 1
    shown = capsys.readouterr()
    assert not shown.out
    lines = shown.err.strip().splitlines()
    assert len(lines) == 2
    assert lines[0].startswith(f"{study}:")
    assert lines[1].startswith(f"{models}:")
    assert "did you mean plain?" in lines[1]
    assert run("check", str(study), "--json") == 1
    told = json.loads(capsys.readouterr().out)
    assert told["ok"] is False
    assert [Path(fault["file"]).name for fault in told["faults"]] == ["study.yaml", "models.yaml"]
    assert all(fault["line"] > 1 for fault in told["faults"])


def test_a_study_that_is_not_there_is_a_fault_without_a_traceback(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("check", str(tmp_path / "gone.yaml")) == 1
    assert "gone.yaml" in capsys.readouterr().err


def test_wrong_usage_is_exit_2() -> None:
    assert run("check") == 2
