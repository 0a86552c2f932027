"""``manyvoices init``: a study to begin from, that checks without a change."""

from __future__ import annotations

import json
from pathlib import Path

import jsonschema  # type: ignore[import-untyped]
import pytest
import yaml

from manyvoices.cli import main
from manyvoices.design import load_study
from manyvoices.design.templates import demo_path, template_names


def run(*words: str) -> int:
    with pytest.raises(SystemExit) as caught:
        main([*words])
    code = caught.value.code
    assert isinstance(code, int)
    return code


def test_a_new_study_loads_and_is_the_template(tmp_path: Path) -> None:
    folder = tmp_path / "a" / "new study"
    assert run("init", str(folder)) == 0
    assert load_study(folder).digest == load_study(demo_path()).digest


def test_the_schema_lies_beside_it_and_the_first_line_tells_the_editor(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("init", str(tmp_path / "new"), "--template", "demo") == 0
    text = (tmp_path / "new" / "study.yaml").read_text(encoding="utf-8")
    assert text.startswith("# yaml-language-server: $schema=study.schema.json\n")
    schema = json.loads((tmp_path / "new" / "study.schema.json").read_text(encoding="utf-8"))
    jsonschema.validate(yaml.safe_load(text), schema)
    assert "manyvoices check" in capsys.readouterr().out


def test_no_file_is_overwritten_and_then_none_is_written(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "survey.yaml").write_text("mine", encoding="utf-8")
    assert run("init", str(tmp_path)) == 1
    assert "survey.yaml" in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == ["survey.yaml"]
    assert (tmp_path / "survey.yaml").read_text(encoding="utf-8") == "mine"


@pytest.mark.parametrize("name", ["oast", "../demo", ""])
def test_a_template_that_does_not_exist_is_answered_with_those_that_do(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str
) -> None:
    assert run("init", str(tmp_path / "new"), "--template", name) == 1
    error = capsys.readouterr().err
    assert all(known in error for known in template_names())
    assert not (tmp_path / "new").exists()
