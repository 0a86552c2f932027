"""``manyvoices consensus`` as a person meets it."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import polars as pl
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


def reply(name: str, rank: int | None = None) -> dict[str, Any]:
    node = {"message_id": name, "parent_id": "root", "text": name, "role": "assistant"}
    return node if rank is None else node | {"rank": rank}


def ranking(*names: str, **change: Any) -> dict[str, Any]:
    event = {"type": "ranking", "user_id": "u", "ranked_message_ids": list(names)}
    return event | {"ranking_parent_id": "root", "not_rankable": False} | change


def tree(
    replies: list[dict[str, Any]], events: list[dict[str, Any]] | None = None
) -> dict[str, Any]:
    root: dict[str, Any] = {"message_id": "root", "text": "Why?", "role": "prompter"}
    root["replies"] = replies
    if events is not None:
        root["events"] = {"ranking": events}
    return {"message_tree_id": "root", "tree_state": "ready_for_export", "prompt": root}


def write(path: Path, *records: dict[str, Any]) -> Path:
    path.write_text("".join(json.dumps(record) + "\n" for record in records))
    return path


@pytest.fixture
def with_events(tmp_path: Path) -> Path:
    events = [ranking("a", "b", "c"), ranking("b", "a", "c"), ranking("a", "c", "b"),
              ranking("c", not_rankable=True)]  # fmt: skip
    return write(
        tmp_path / "trees.jsonl", tree([reply("a", 0), reply("b", 1), reply("c", 2)], events)
    )


def test_ranking_events_of_a_tree_are_merged_by_ranked_pairs(with_events: Path) -> None:
    code, out, _ = run("consensus", with_events, "--json")
    document = json.loads(out)
    assert code == 0
    election = document["elections"][0]
    assert election["order"] == ["a", "b", "c"]
    assert election["source"] == "ballots"
    assert election["is_unique"] is True
    assert (election["n_ballots"], election["n_not_rankable"]) == (3, 1)
    assert election["margins"] == [[0, 1, 3], [-1, 0, 1], [-3, -1, 0]]
    assert (document["n_published_compared"], document["n_published_equal"]) == (1, 1)


def test_the_screen_says_how_many_were_merged_and_what_was_left_out(with_events: Path) -> None:
    code, out, _ = run("consensus", with_events)
    assert code == 0
    assert "1 election from 3 ballots" in out
    assert "agree with the merged order in 1 of 1" in out
    assert '1 ballot said "all are bad"' in out
    assert "a, b, c" in out


def test_one_short_ballot_takes_no_reply_from_the_others(tmp_path: Path) -> None:
    events = [
        ranking("a", "b", "c"),
        ranking("a", "b", "c"),
        ranking("b", "a", "c"),
        ranking("c", "b"),
    ]
    path = write(tmp_path / "t.jsonl", tree([reply("a"), reply("b"), reply("c")], events))
    document = json.loads(run("consensus", path, "--json")[1])
    assert document["elections"][0]["order"] == ["a", "b", "c"]


def test_trees_with_merged_ranks_only_are_said_to_have_no_ballots(tmp_path: Path) -> None:
    path = write(tmp_path / "t.jsonl", tree([reply("b", 1), reply("a", 0)]))
    code, out, _ = run("consensus", path)
    assert code == 0
    assert "without the single rankings" in out
    document = json.loads(run("consensus", path, "--json")[1])
    assert document["n_merged"] == 0
    assert document["elections"][0]["source"] == "published"
    assert document["elections"][0]["order"] == ["a", "b"]


def test_trees_without_any_ranking_exit_with_1(tmp_path: Path) -> None:
    path = write(tmp_path / "t.jsonl", tree([reply("a"), reply("b")]))
    code, _, err = run("consensus", path)
    assert code == 1
    assert "no ranking of anything" in err


def ballot(election: str, *groups: list[str], **change: Any) -> dict[str, Any]:
    return {"election_id": election, "ranking": list(groups)} | change


def test_ballots_are_merged_by_election_with_ties_gaps_and_weights(tmp_path: Path) -> None:
    path = write(
        tmp_path / "ballots.jsonl",
        ballot("e1", ["a"], ["b", "c"], weight=2),
        ballot("e2", ["y"], ["x"], candidates=["x", "y", "z"]),
        ballot("e1", ["c"], ["b"], ["a"]),
    )
    document = json.loads(run("consensus", path, "--json")[1])
    first, second = document["elections"]
    assert first["order"] == ["a", "c", "b"]
    assert first["margins"] == [[0, 1, 1], [-1, 0, -1], [-1, 1, 0]]
    # Nobody said anything about z: no tie rule may put it above those who were ranked.
    assert (second["order"], second["never_ranked"]) == (["y", "x"], ["z"])
    last = json.loads(run("consensus", path, "--json", "--unranked", "last")[1])
    assert last["elections"][1]["order"] == ["y", "x", "z"]


def test_the_file_of_results_holds_one_line_per_election(tmp_path: Path) -> None:
    path = write(tmp_path / "b.jsonl", ballot("e1", ["a"], ["b"]), ballot("e2", ["x"], ["y"]))
    code, out, _ = run("consensus", path, "--out", tmp_path / "out.jsonl.gz")
    assert code == 0
    assert "Written" in out
    with gzip.open(tmp_path / "out.jsonl.gz", "rt") as file:
        assert [json.loads(line)["order"] for line in file] == [["a", "b"], ["x", "y"]]


@pytest.mark.parametrize("ending", ["csv", "parquet"])
def test_a_table_of_places_holds_elections_too(tmp_path: Path, ending: str) -> None:
    frame = pl.DataFrame(
        {
            "election_id": ["e1"] * 5 + ["e2"] * 2,
            "voter_id": ["p", "p", "p", "q", "q", "p", "p"],
            "candidate": ["a", "b", "c", "b", "a", "y", "x"],
            "place": [1, 2, 2, 1, 2, 1, 2],
            "weight": [3, 3, 3, 1, 1, 1, 1],
        }
    )
    path = tmp_path / f"places.{ending}"
    frame.write_csv(path) if ending == "csv" else frame.write_parquet(path)
    first, second = json.loads(run("consensus", path, "--json", "--ties", "lex")[1])["elections"]
    assert (first["election_id"], first["order"]) == ("e1", ["a", "b", "c"])
    assert first["margins"] == [[0, 2, 3], [-2, 0, 0], [-3, 0, 0]]
    assert second["order"] == ["y", "x"]


def test_a_tie_is_broken_by_the_seed_and_not_by_the_name(tmp_path: Path) -> None:
    path = write(tmp_path / "b.jsonl", ballot("e", ["a"], ["b"]), ballot("e", ["b"], ["a"]))
    documents = [
        json.loads(run("consensus", path, "--json", "--seed", str(seed))[1]) for seed in range(12)
    ]
    assert {document["elections"][0]["order"][0] for document in documents} == {"a", "b"}
    lex = json.loads(run("consensus", path, "--json", "--ties", "lex")[1])
    assert lex["elections"][0]["order"] == ["a", "b"]
    assert lex["elections"][0]["is_unique"] is False


def test_a_ballot_at_fault_exits_with_1_and_names_its_election(tmp_path: Path) -> None:
    path = write(tmp_path / "b.jsonl", ballot("e7", ["a"], ["a"]))
    code, _, err = run("consensus", path)
    assert code == 1
    assert f"{path}: election e7, ballot 1[1]" in err


@pytest.mark.parametrize(
    "words", [["--ties", "coin"], ["--unranked", "first"], ["--format", "csv"]]
)
def test_wrong_usage_exits_with_2(tmp_path: Path, words: list[str]) -> None:
    path = write(tmp_path / "b.jsonl", ballot("e", ["a"], ["b"]))
    assert run("consensus", path, *words)[0] == 2


def test_a_file_of_battles_is_refused_by_name(tmp_path: Path) -> None:
    path = write(tmp_path / "b.jsonl", {"model_a": "x", "model_b": "y", "winner": "tie"})
    code, _, err = run("consensus", path)
    assert code == 1
    assert f"{path}: found arena, expected rankings" in err


@needs_real_data
def test_the_published_trees_have_ranks_but_no_ballots() -> None:
    document = json.loads(run("consensus", real("oasst/en_100_tree.jsonl"), "--json")[1])
    assert document["n_merged"] == 0
    assert document["n_published_only"] == 212
