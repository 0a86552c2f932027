"""``manyvoices agree`` as a person meets it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from tests.real_data import needs_real_data, real
from typer.testing import CliRunner

from manyvoices import cli


def run(*words: str | Path) -> tuple[int, str, str]:
    result = CliRunner(env={"COLUMNS": "120"}).invoke(
        cli.app, list(map(str, words)), prog_name="manyvoices"
    )
    assert result.exception is None or isinstance(result.exception, SystemExit)
    return result.exit_code, result.stdout, result.stderr


def write(path: Path, *records: dict[str, Any]) -> Path:
    path.write_text("".join(json.dumps(record) + "\n" for record in records))
    return path


def battle(question: int, a: str, b: str, winner: str, judge: str) -> dict[str, Any]:
    return {"model_a": a, "model_b": b, "winner": winner, "judge": judge,
            "question_id": question, "turn": 1}  # fmt: skip


@pytest.fixture
def judged(tmp_path: Path) -> Path:
    rows = [
        battle(1, "x", "y", "model_a", "p"),
        battle(1, "y", "x", "model_b", "q"),
        battle(2, "x", "y", "model_b", "p"),
        battle(2, "x", "y", "tie", "q"),
        battle(3, "x", "y", "model_b", "q"),
    ]
    return write(tmp_path / "battles.jsonl", *rows)


def test_judges_of_one_pair_agree_whoever_stood_left(judged: Path) -> None:
    code, out, _ = run("agree", judged, "--json")
    document = json.loads(out)
    assert code == 0
    assert document["unit"] == ["question_id", "turn", "models (pair)"]
    assert (document["n_units"], document["n_judges"]) == (3, 2)
    assert (document["alpha"]["n_units"], document["alpha"]["n_left_out"]) == (2, 1)
    assert document["alpha"]["observed"] == 0.5
    assert document["position"]["share"] == 0.25
    shown = json.loads(run("agree", judged, "--json", "--join", "shown")[1])
    assert (shown["n_units"], shown["alpha"]["n_units"]) == (4, 1)


def test_one_unit_that_two_people_judged_has_no_interval_and_the_screen_says_why(
    tmp_path: Path,
) -> None:
    rows = [battle(1, "x", "y", "model_a", "p"), battle(1, "x", "y", "tie", "q")]
    code, out, _ = run("agree", write(tmp_path / "battles.jsonl", *rows))
    assert code == 0
    assert "0.0000 (no interval: one unit alone says nothing about others), 1 units" in out


def test_the_screen_says_what_a_unit_is_and_how_sure_each_figure(judged: Path) -> None:
    code, out, _ = run("agree", judged)
    assert code == 0
    assert "2 judges, 5 judgements, 3 units" in out
    assert "A unit is one question_id x turn x models (pair)" in out
    assert "Krippendorff's alpha (nominal)" in out
    assert "Left side wins 0.2500 of 4 decided" in out


def test_other_judges_are_compared_with_the_majority(judged: Path, tmp_path: Path) -> None:
    other = write(
        tmp_path / "other.jsonl",
        battle(1, "x", "y", "model_a", "m"),
        battle(2, "x", "y", "model_a", "m"),
        battle(3, "x", "y", "model_b", "m"),
        battle(9, "x", "y", "model_b", "m"),
    )
    document = json.loads(run("agree", judged, "--against", other, "--json")[1])
    assert (document["with_ties"]["n_units"], document["without_ties"]["n_units"]) == (3, 2)
    assert document["without_ties"]["value"] == 1.0
    assert "Cohen's kappa with the other judges" in run("agree", judged, "--against", other)[1]


def test_battles_without_a_question_need_to_be_told_their_unit(tmp_path: Path) -> None:
    row = {"model_a": "x", "model_b": "y", "winner": "tie", "judge": "p", "language": "en"}
    path = write(tmp_path / "b.jsonl", row, row | {"judge": "q"})
    code, _, err = run("agree", path)
    assert code == 1
    assert "no field that says which question was judged" in err
    document = json.loads(run("agree", path, "--unit", "language", "--json")[1])
    assert document["alpha"]["value"] is None
    assert "every rating is the same" in document["alpha"]["why_undefined"]
    assert "undefined: every rating" in run("agree", path, "--unit", "language")[1]


def test_a_table_of_ratings_is_read_by_the_columns_named(tmp_path: Path) -> None:
    path = tmp_path / "ratings.csv"
    path.write_text("item,who,stars\n1,a,1\n1,b,2\n2,a,4\n2,b,4\n3,a,2\n3,b,\n")
    words = ("agree", path, "--unit", "item", "--value", "stars")
    document = json.loads(run(*words, "--json")[1])
    assert document["level"] == "ordinal"
    assert (document["n_units"], document["n_ratings"]) == (3, 5)
    interval = json.loads(run(*words, "--level", "interval", "--json")[1])
    assert interval["alpha"]["value"] != document["alpha"]["value"]
    code, _, err = run("agree", path)
    assert code == 1
    assert "unit: found columns item, who, stars" in err


def test_words_are_nominal_unless_their_order_is_given(tmp_path: Path) -> None:
    rows = [{"unit": u, "value": v} for u, v in zip("112233", "abbccc", strict=True)]
    path = write(tmp_path / "r.jsonl", *rows)
    words = ("agree", path, "--format", "ratings", "--json")
    assert json.loads(run(*words)[1])["level"] == "nominal"
    assert json.loads(run(*words, "--order", "a,b,c")[1])["level"] == "ordinal"
    assert run(*words, "--level", "interval")[0] == 2


def test_rankings_have_kendalls_w_and_alpha_over_pairs(tmp_path: Path) -> None:
    path = write(
        tmp_path / "ballots.jsonl",
        {"election_id": "e", "ranking": [["a"], ["b"], ["c"]]},
        {"election_id": "e", "ranking": [["a"], ["b"], ["c"]]},
        {"election_id": "f", "ranking": [["x"], ["y"]]},
        {"election_id": "f", "ranking": [["y"]]},
    )
    document = json.loads(run("agree", path, "--json")[1])
    assert (document["n_elections"], document["n_ballots"]) == (2, 4)
    assert (document["n_elections_with_w"], document["mean_kendall_w"]) == (1, 1.0)
    assert (document["alpha"]["n_units"], document["alpha"]["observed"]) == (3, 0.0)
    assert "Kendall's W, mean of 1 elections" in run("agree", path)[1]


@pytest.mark.parametrize(
    "words", [["--format", "xls"], ["--join", "left"], ["--confidence", "2"], ["--unit", "nothing"]]
)
def test_wrong_usage_exits_with_2(judged: Path, words: list[str]) -> None:
    assert run("agree", judged, *words)[0] == 2


def test_only_battles_are_compared_with_other_judges(tmp_path: Path, judged: Path) -> None:
    path = tmp_path / "r.csv"
    path.write_text("unit,value\n1,2\n")
    assert run("agree", path, "--against", judged)[0] == 2


@needs_real_data
def test_mt_benchs_published_figures_come_out_of_the_verb() -> None:
    code, out, _ = run(
        "agree", real("battles/mt_bench_human.jsonl"), "--json",
        "--against", real("battles/mt_bench_gpt4.jsonl"),
    )  # fmt: skip
    document = json.loads(out)
    assert code == 0
    assert round(document["alpha"]["value"], 4) == 0.4855
    assert round(document["with_ties"]["value"], 4) == 0.5047
    assert round(document["without_ties"]["value"], 3) == 0.767


@needs_real_data
def test_a_real_table_of_ratings_is_read_as_it_is() -> None:
    code, out, _ = run(
        "agree", real("raters/popquorn_offensiveness.csv"), "--json",
        "--unit", "instance_id", "--value", "offensiveness",
    )  # fmt: skip
    document = json.loads(out)
    assert code == 0
    assert document["n_ratings"] == 13036
    assert document["categories"] == [1.0, 2.0, 3.0, 4.0, 5.0]
    assert 0.1 < document["alpha"]["low"] < document["alpha"]["value"] < 0.6
