"""The ``convert`` verb as a person types it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from tests.real_data import needs_real_data, real
from typer.testing import CliRunner, Result

from manyvoices.cli import app
from manyvoices.io import FORMATS, read_trees

TREE = {
    "message_tree_id": "a",
    "origin": "import",
    "prompt": {
        "message_id": "a",
        "text": "q",
        "role": "prompter",
        "events": {"emoji": [{"emoji": "+1"}]},
        "replies": [{"message_id": "b", "parent_id": "a", "text": "r", "role": "assistant"}],
    },
}


def run(*words: object) -> Result:
    return CliRunner().invoke(app, ["convert", *map(str, words)])


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    path = tmp_path / "trees.jsonl"
    path.write_text(json.dumps(TREE) + "\n")
    return path


def test_what_was_not_carried_is_listed_with_its_number(tree: Path, tmp_path: Path) -> None:
    result = run(tree, tmp_path / "flat.parquet", "--to", "oasst-flat")
    assert result.exit_code == 0, result.output
    first, *rest = result.output.splitlines()
    assert first.endswith("2 rows of oasst-flat from 1 record of oasst-trees.")
    assert rest == ["Not carried:", "  1 x events", "  1 x origin"]


def test_json_holds_the_same(tree: Path, tmp_path: Path) -> None:
    result = run(tree, tmp_path / "flat.jsonl.gz", "--to", "oasst-flat", "--json")
    document = json.loads(result.stdout)
    assert document["not_carried"] == {"events": 1, "origin": 1}
    assert document["contents"] == ["trees", "messages"]
    assert (document["n_read"], document["n_written"]) == (1, 2)


def test_where_there_is_no_way_the_error_names_the_ways_there_are(
    tree: Path, tmp_path: Path
) -> None:
    result = run(tree, tmp_path / "x", "--to", "prism")
    assert result.exit_code == 1
    assert "holds trees" in result.output
    assert "oasst-flat" in result.output
    assert not (tmp_path / "x").exists()


def test_a_format_that_does_not_exist_lists_those_that_do(tree: Path, tmp_path: Path) -> None:
    result = run(tree, tmp_path / "x", "--to", "excel")
    assert result.exit_code == 1
    assert "oasst-threads" in result.output


def test_a_source_with_faults_writes_nothing_and_names_them(tree: Path, tmp_path: Path) -> None:
    tree.write_text(tree.read_text() + '{"message_tree_id": "c"}\n')
    result = run(tree, tmp_path / "x.jsonl", "--to", "oasst-messages")
    assert result.exit_code == 1
    assert f"{tree}:2: prompt: found nothing" in result.output
    assert [path.name for path in tmp_path.iterdir()] == ["trees.jsonl"]


def test_nothing_is_written_over(tree: Path) -> None:
    result = run(tree, tree, "--to", "oasst-messages")
    assert result.exit_code == 1
    assert "something that exists" in result.output


def test_without_a_target_or_a_format_it_is_wrong_usage(tree: Path) -> None:
    assert run(tree).exit_code == 2
    assert run().exit_code == 2


def test_the_list_names_every_format_and_what_it_becomes() -> None:
    lines = dict(line.split(" -> ") for line in run("--list").output.splitlines())
    assert lines.keys() == {*FORMATS, "survey", "surveyjs"}
    assert "oasst-trees" in lines["oasst-flat"].split(", ")
    document = json.loads(run("--list", "--json").stdout)
    assert set(document["oasst-flat"]) == {*lines["oasst-flat"].split(", "), "oasst-flat"}


def test_rows_of_a_tree_that_stand_apart_are_joined_and_it_is_said(tmp_path: Path) -> None:
    rows = [
        {"message_id": name, "parent_id": parent, "text": name, "role": role}
        for name, parent, role in (
            ("b", "a", "assistant"),
            ("y", None, "prompter"),
            ("a", None, "prompter"),
            ("z", "y", "assistant"),
        )
    ]
    (tmp_path / "rows.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    result = run(tmp_path / "rows.jsonl", tmp_path / "trees.jsonl", "--to", "oasst-trees")
    assert result.exit_code == 0, result.output
    assert "stood apart" in result.output
    trees = list(read_trees(tmp_path / "trees.jsonl"))
    assert {t.message_tree_id: [r.message_id for r in t.prompt.replies or []] for t in trees} == {
        "y": ["z"],
        "a": ["b"],
    }


def test_a_survey_still_goes_to_surveyjs_and_back(tmp_path: Path) -> None:
    survey = {"pages": [{"elements": [{"type": "comment", "name": "why", "title": "Why?"}]}]}
    (tmp_path / "s.json").write_text(json.dumps(survey))
    there = run(
        tmp_path / "s.json", tmp_path / "survey.yaml", "--from", "surveyjs", "--to", "survey"
    )
    assert there.exit_code == 0, there.output
    back = run(
        tmp_path / "survey.yaml", tmp_path / "t.json", "--from", "survey", "--to", "surveyjs"
    )
    assert back.exit_code == 0, back.output
    assert "Why?" in (tmp_path / "t.json").read_text()


def test_a_survey_cannot_become_data(tmp_path: Path) -> None:
    result = run(tmp_path / "s.json", tmp_path / "x", "--from", "surveyjs", "--to", "oasst-flat")
    assert result.exit_code == 1
    assert "surveyjs to survey" in result.output


@needs_real_data
def test_the_real_trees_come_back_from_a_table(tmp_path: Path) -> None:
    table, back = tmp_path / "flat.parquet", tmp_path / "back.jsonl"
    assert run(real("oasst/en_100_tree.jsonl"), table, "--to", "oasst-flat").exit_code == 0
    assert run(table, back, "--to", "oasst-trees").exit_code == 0
    assert list(read_trees(back)) == list(read_trees(real("oasst/en_100_tree.jsonl")))
