"""``manyvoices rank`` as a person meets it."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from random import Random
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


@pytest.fixture
def arena(tmp_path: Path) -> Path:
    """Sixty battles by ten judges: ash over birch over cedar, with some upsets."""
    rows: list[dict[str, Any]] = []
    for judge in range(10):
        for a, b, upset in (("ash", "birch", 3), ("birch", "cedar", 4), ("ash", "cedar", 2)):
            for turn in (1, 2):
                winner = "model_b" if judge < upset else "model_a"
                rows.append({"model_a": a, "model_b": b, "winner": winner, "judge": f"j{judge}",
                             "turn": turn})  # fmt: skip
    path = tmp_path / "battles.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def test_a_table_shows_ranks_scores_intervals_and_the_people_behind_them(arena: Path) -> None:
    code, out, _ = run("rank", arena, "--resamples", "100")
    assert code == 0
    assert "60 battles (0 ties), 10 participants, 3 models" in out
    assert "rank_centrality (natural)" in out
    assert "95% interval" in out
    assert "100 resamples of 10 participants, seed 0" in out
    assert out.index("ash") < out.index("birch") < out.index("cedar")


def test_json_holds_a_table_for_each_method_asked_for(arena: Path) -> None:
    words = ["-m", "bradley_terry", "--method", "win_rate", "--resamples", "50", "--json"]
    code, out, _ = run("rank", arena, *words)
    document = json.loads(out)
    assert code == 0
    assert [table["method"] for table in document["tables"]] == ["bradley_terry", "win_rate"]
    first = document["tables"][0]
    assert [row["model"] for row in first["models"]] == ["ash", "birch", "cedar"]
    assert first["models"][0]["low"] <= first["models"][0]["score"] <= first["models"][0]["high"]
    assert (first["n_resamples"], first["resampled"], first["n_resampled"]) == (
        50,
        "participants",
        10,
    )


def test_the_same_seed_gives_the_same_document(arena: Path) -> None:
    words = ("rank", arena, "--resamples", "40", "--json", "--seed")
    assert run(*words, "3") == run(*words, "3")
    assert run(*words, "3") != run(*words, "4")


def test_rows_can_be_resampled_and_resampling_left_out(arena: Path) -> None:
    assert "60 rows" in run("rank", arena, "--by", "row", "--resamples", "20")[1]
    out = run("rank", arena, "--resamples", "0")[1]
    assert "No intervals: no resamples were asked for" in out
    assert "interval " not in out


def test_each_value_of_a_group_gets_its_own_table(arena: Path) -> None:
    code, out, _ = run("rank", arena, "--group", "turn", "--resamples", "20", "--json")
    document = json.loads(out)
    assert code == 0
    assert list(document["groups"]) == ["1", "2"]
    assert document["groups"]["1"]["n_battles"] == 30
    assert "turn: 2: 30 battles" in run("rank", arena, "--group", "turn", "--resamples", "20")[1]


def test_a_group_that_cannot_be_ranked_does_not_end_the_others(tmp_path: Path) -> None:
    rows = [("x", "y", "model_a", 1), ("y", "x", "model_a", 1), ("x", "y", "model_a", 2)]
    path = tmp_path / "battles.jsonl"
    path.write_text("".join(
        json.dumps({"model_a": a, "model_b": b, "winner": w, "turn": t, "judge": "j"}) + "\n"
        for a, b, w, t in rows
    ))  # fmt: skip
    code, out, _ = run("rank", path, "-m", "bradley_terry", "--group", "turn")
    assert code == 0
    assert "No ranking: bradley_terry has no finite scores here: x never lost" in out


def test_battles_without_judges_get_scores_and_the_reason_for_no_intervals(tmp_path: Path) -> None:
    path = tmp_path / "battles.jsonl"
    path.write_text(
        '{"model_a":"x","model_b":"y","winner":"model_a"}\n'
        '{"model_a":"x","model_b":"y","winner":"error"}\n'
        '{"model_a":"x","model_b":"z","winner":"error"}\n'
    )
    code, out, _ = run("rank", path)
    assert code == 0
    assert "people not named" in out
    assert "Excluded: 2 failed" in out
    assert "No battle, so no score: z" in out
    assert "name no participants" in out


def test_bots_are_said_to_be_bots(tmp_path: Path) -> None:
    path = tmp_path / "battles.jsonl"
    path.write_text(
        '{"model_a":"x","model_b":"y","winner":"model_a","judge":"p"}\n'
        '{"model_a":"x","model_b":"y","winner":"tie","judge":"bot","simulated":true}\n'
    )
    code, out, _ = run("rank", path, "--resamples", "10")
    assert code == 0
    assert "2 participants, 1 of them bots" in out
    assert "Simulated: 1 of the battles were judged by bots" in out


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--method", "best"], "rank_centrality, bradley_terry, elo"),
        (["--group", "planet"], "language"),
        (["--by", "people"], "participant or row"),
        (["--compat", "prism", "-m", "win_rate"], "rank_centrality"),
        (["--format", "oasst"], "arena"),
        (["--anchor", "oak", "--scale", "elo"], "oak"),
    ],
)
def test_wrong_usage_exits_with_2_and_says_what_is_right(
    arena: Path, words: list[str], said: str
) -> None:
    code, _, err = run("rank", arena, *words)
    assert code == 2
    assert said in " ".join(err.split())


def test_input_at_fault_exits_with_1_and_says_where(arena: Path) -> None:
    with arena.open("a") as file:
        file.write('{"model_a":"ash","model_b":"birch","winner":"nobody"}\n')
    code, _, err = run("rank", arena)
    assert code == 1
    assert f"{arena}:61" in err
    assert run("rank", arena.with_name("absent.jsonl"))[0] == 1


def test_a_file_without_battles_is_refused_by_what_it_is(tmp_path: Path) -> None:
    path = tmp_path / "trees.jsonl"
    path.write_text(
        '{"message_tree_id":"t","prompt":{"message_id":"t","text":"?","role":"prompter"}}'
    )
    code, _, err = run("rank", path)
    assert code == 1
    assert f"{path}: found oasst-trees, expected battles" in err


def test_one_sided_battles_exit_with_1_and_name_the_remedy(tmp_path: Path) -> None:
    path = tmp_path / "battles.jsonl"
    path.write_text('{"model_a":"x","model_b":"y","winner":"model_a","judge":"p"}\n')
    code, _, err = run("rank", path, "-m", "bradley_terry")
    assert code == 1
    assert "x never lost" in err
    assert run("rank", path, "-m", "bradley_terry", "--l2", "0.1")[0] == 0


def test_a_file_without_a_verdict_exits_with_1(tmp_path: Path) -> None:
    path = tmp_path / "battles.jsonl"
    path.write_text('{"model_a":"x","model_b":"y","winner":"error"}\n')
    code, _, err = run("rank", path)
    assert code == 1
    assert "1 failed" in err


def test_counts_are_ranked_without_intervals_and_it_says_why(tmp_path: Path) -> None:
    path = tmp_path / "counts.csv"
    path.write_text("winner,loser,n_comparisons\nx,y,7\ny,x,3\n")
    code, out, _ = run("rank", path, "--alpha", "0")
    assert code == 0
    assert "10 comparisons of 2 models" in out
    assert "0.7000" in out
    assert "No intervals: counts do not say who judged" in out
    assert run("rank", path, "--group", "turn")[0] == 2


@needs_real_data
def test_prisms_published_scores_come_from_the_command_line() -> None:
    counts = real("prism/golden/pairwise_comparisons_all_battles_t5.csv")
    with real("prism/golden/rank_centrality_all_battles.csv").open() as file:
        published = {row["model"]: row for row in csv.DictReader(file)}
    for words, column in (
        (["--compat", "prism"], "published_score_alpha1"),
        ([], "recomputed_with_correct_pairing"),
    ):
        code, out, _ = run("rank", counts, "--format", "counts", "--json", *words)
        assert code == 0
        rows = json.loads(out)["tables"][0]["models"]
        assert len(rows) == 21
        for row in rows:
            assert row["score"] == pytest.approx(float(published[row["model"]][column]), abs=1e-12)


@needs_real_data
def test_real_votes_are_ranked_with_intervals_over_judges() -> None:
    code, out, _ = run("rank", real("battles/mt_bench_human.jsonl"), "-m", "bradley_terry")
    assert code == 0
    assert "3,355 battles (780 ties), 65 participants, 6 models" in out
    assert out.index("gpt-4") < out.index("claude-v1") < out.index("llama-13b")


def rated(path: Path) -> Path:
    """Thirty people rate ash over birch over cedar in two openers each, as JSON lines."""
    random = Random(0)
    rows = [
        {"participant_id": f"p{person}", "turn_id": f"t{person}-{turn}", "model": model,
         "score": 70 - 12 * place + random.randrange(30),
         "age": "young" if person % 2 else "old"}
        for person in range(30) for turn in range(2)
        for place, model in enumerate(("ash", "birch", "cedar"))
    ]  # fmt: skip
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def test_rated_answers_are_ranked_by_methods_of_scores_and_of_battles(tmp_path: Path) -> None:
    path = rated(tmp_path / "scores.jsonl")
    methods = ["-m", "mean_score", "-m", "normalized_score", "-m", "within_turn_rank", "-m", "elo"]
    code, out, _ = run("rank", path, *methods, "--resamples", "50", "--json")
    document = json.loads(out)
    assert code == 0
    assert document["format"] == "scores"
    assert document["n_battles"] == 180
    assert [table["models"][0]["model"] for table in document["tables"]] == ["ash"] * 4
    assert document["tables"][0]["models"][0]["p_first"] > 0.9


@pytest.mark.parametrize("kind", ["csv", "csv.gz", "jsonl", "parquet"])
def test_battles_are_read_from_every_kind_of_table(arena: Path, tmp_path: Path, kind: str) -> None:
    import gzip

    import polars as pl

    rows = [json.loads(line) for line in arena.read_text().splitlines()]
    frame = pl.DataFrame(rows)
    path = tmp_path / f"table.{kind}"
    if kind == "csv":
        frame.write_csv(path)
    elif kind == "csv.gz":
        path.write_bytes(gzip.compress(frame.write_csv().encode()))
    elif kind == "jsonl":
        frame.write_ndjson(path)
    else:
        frame.write_parquet(path)
    words = ("--resamples", "20", "--group", "turn", "--json")
    code, out, _ = run("rank", path, *words)
    assert code == 0
    expected = json.loads(run("rank", arena, *words)[1])
    found = json.loads(out)
    assert found["tables"] == expected["tables"]
    assert found["n_participants"] == 10


def test_sensitivity_shows_what_the_ranks_depend_on(tmp_path: Path) -> None:
    path = rated(tmp_path / "scores.jsonl")
    words = ["--sensitivity", "--resamples", "20", "--group", "age"]
    code, out, _ = run("rank", path, *words, "--json")
    assert code == 0
    titles = [table["title"] for table in json.loads(out)["sensitivity"]]
    assert titles == [
        "Rank by aggregation function",
        "Agreement of aggregation functions",
        "Rank by regularisation",
        "Rank by tie threshold",
        "Rank by included subset",
        "Battles as the sample scales",
    ]
    shown = run("rank", path, *words)[1]
    assert "Rank by tie threshold" in shown
    assert "within_turn_rank" in shown


@pytest.mark.parametrize("kind", ["svg", "png"])
def test_a_figure_is_drawn_and_the_same_each_time(arena: Path, tmp_path: Path, kind: str) -> None:
    words = ("rank", arena, "-m", "bradley_terry", "-m", "elo", "--resamples", "30", "--figure")
    first, second = tmp_path / f"one.{kind}", tmp_path / f"two.{kind}"
    assert run(*words, first)[0] == 0
    assert run(*words, second)[0] == 0
    assert first.read_bytes() == second.read_bytes()
    assert first.read_bytes()[:5] == (b"<?xml" if kind == "svg" else b"\x89PNG\r")


def test_a_figure_needs_intervals_and_a_known_kind(arena: Path, tmp_path: Path) -> None:
    path = tmp_path / "one.svg"
    code, _, err = run("rank", arena, "--resamples", "0", "--figure", path)
    assert code == 2
    assert "figure shows intervals" in " ".join(err.split())
    code, _, err = run("rank", arena, "--figure", tmp_path / "one.pdf")
    assert code == 2
    assert ".svg or .png" in " ".join(err.split())


def test_the_kind_of_interval_and_the_model_of_ties_are_chosen(arena: Path) -> None:
    words = ["-m", "bradley_terry", "--tie-model", "davidson", "--interval", "bca"]
    code, out, _ = run("rank", arena, *words, "--resamples", "100", "--json")
    table = json.loads(out)["tables"][0]
    assert code == 0
    assert table["interval"] == "bca"
    assert table["settings"]["tie_model"] == "davidson"
    assert "Intervals (bca) from 100" in run("rank", arena, *words, "--resamples", "100")[1]
    assert run("rank", arena, "--interval", "exact")[0] == 2


def test_a_cell_at_fault_in_a_table_is_named(tmp_path: Path) -> None:
    path = tmp_path / "scores.csv"
    path.write_text("participant_id,turn_id,model,score\np,t,ash,80\np,t,birch,many\n")
    code, _, err = run("rank", path)
    assert code == 1
    assert "scores.csv:2: score: found 'many'" in " ".join(err.split())
