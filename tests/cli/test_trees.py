"""The verb ``trees``: its words, its exit codes, and trees that go round through it."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from manyvoices.cli import app

ORCHARD = Path(__file__).parents[1] / "assets" / "studies" / "orchard" / "study.yaml"
KEY = "55555555-5555-4555-8555-555555555555"


def run(*words: object, folder: Path) -> tuple[int, str, str]:
    done = subprocess.run(
        [sys.executable, "-m", "manyvoices", "trees", *map(str, words)],
        cwd=folder, capture_output=True, text=True, timeout=1800, check=False,
    )  # fmt: skip
    return done.returncode, done.stdout, done.stderr


def simulate(*words: object) -> tuple[int, str]:
    """No database is needed, so no process of its own."""
    done = CliRunner().invoke(app, ["trees", "simulate", *map(str, words)])
    return done.exit_code, done.output


def test_a_forecast_is_the_same_for_the_same_seed() -> None:
    words = (ORCHARD, "--people", 12, "--trees", 5, "--seed", 2, "--json")
    code, first = simulate(*words)
    assert code == 0
    assert simulate(*words)[1] == first
    forecast = json.loads(first[first.index("{") :])
    assert (forecast["n_exported"], forecast["n_stranded"]) == (5, 0)


def test_a_forecast_as_a_table_and_a_crowd_that_is_none() -> None:
    code, text = simulate(ORCHARD, "--people", 12, "--trees", 3)
    assert code == 0
    assert "3 of 3 wanted" in text
    assert "right decisions per 100 reviews" in text
    assert simulate(ORCHARD, "--careless", 0.9, "--spamming", 0.9)[0] == 2


def test_a_forecast_of_more_prompts_than_trees_says_which_were_left() -> None:
    code, text = simulate(ORCHARD, "--people", 12, "--trees", 2, "--prompts-per-tree", 2, "--json")
    assert code == 0
    forecast = json.loads(text[text.index("{") :])
    assert forecast["n_exported"] + forecast["n_prompts_left"] == 4
    assert set(forecast["hours"]) == set(forecast["tasks"])
    assert simulate(ORCHARD, "--prompts-per-tree", 0.5)[0] == 2


def test_a_study_without_trees_has_no_forecast() -> None:
    code, text = simulate(ORCHARD.parents[1] / "small" / "study.yaml")
    assert code == 1
    assert "tree_tasks" in text


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a database that holds the study."""
    folder = tmp_path_factory.mktemp("server")
    script = (
        "from pathlib import Path\n"
        "from manyvoices.collect.server import setup\n"
        "setup.configure(db='sqlite:///t.sqlite3')\n"
        f"setup.migrate(); setup.publish([Path({str(ORCHARD)!r})])\n"
    )
    subprocess.run([sys.executable, "-c", script], cwd=folder, check=True, timeout=1800)
    return folder


def test_trees_go_in_and_come_out_by_the_verb(server: Path) -> None:
    reply = {"message_id": "r", "text": "They are ripe.", "role": "assistant", "replies": []}
    prompt = {"message_id": KEY, "text": "Why?", "role": "prompter", "replies": [reply]}
    for message in (prompt, reply):
        message |= {"lang": "en", "review_count": 3, "review_result": True, "deleted": False,
                    "synthetic": False}  # fmt: skip
    tree = {"message_tree_id": KEY, "tree_state": "ready_for_export", "prompt": prompt}
    (server / "in.jsonl").write_text(json.dumps(tree) + "\n")
    place = ("--study", "orchard", "--db", "sqlite:///t.sqlite3")
    code, text, words = run("import", "in.jsonl", *place, folder=server)
    assert code == 0, words
    assert "1 trees came, with 2 messages" in text
    code, text, _ = run("import", "in.jsonl", *place, "--json", folder=server)
    assert json.loads(text)["n_known"] == 1
    out = ("--out", "out", "--pseudonyms", "none", "--format", "trees,native", "--gz")
    code, text, words = run("export", *place, *out, folder=server)
    assert code == 0, words
    assert "1 trees, 2 messages" in text
    from manyvoices.io import read_trees

    [back] = read_trees(server / "out" / "trees.jsonl.gz")
    assert back.message_tree_id == KEY
    assert [r.message_id for r in back.prompt.replies or ()] == ["r"]


def test_the_rules_are_changed_while_a_project_runs_and_their_history_is_told(
    server: Path,
) -> None:
    place = ("--study", "orchard", "--db", "sqlite:///t.sqlite3", "--lang", "en")
    (server / "more.yaml").write_text("num_reviews_reply: 5\nweights: {ranking: 7}\n")
    code, _text, words = run("policy", "more.yaml", *place, folder=server)
    assert code == 2
    assert "--reason" in words
    code, text, words = run(
        "policy", "more.yaml", *place, "--reason", "[too] much spam", "--json", folder=server
    )
    assert code == 0, words
    [found] = json.loads(text)
    assert (found["language"], found["policy"]["num_reviews_reply"]) == ("en", 5)
    weights = found["policy"]["weights"]
    assert (weights["ranking"], weights["reply"]) == (7, 2)
    code, text, words = run("policy", *place, folder=server)
    assert code == 0, words
    assert "num_reviews_reply" in text
    assert "server: [too] much spam" in text


def test_faults_in_a_policy_are_named_by_file_and_line_and_nothing_changes(server: Path) -> None:
    place = ("--study", "orchard", "--db", "sqlite:///t.sqlite3")
    (server / "wrong.yaml").write_text("num_reviews_reply: 0\n\nno_such: 1\n")
    code, _text, words = run("policy", "wrong.yaml", *place, "--reason", "x", folder=server)
    assert code == 1
    assert "wrong.yaml:1: num_reviews_reply" in words
    assert "wrong.yaml:3: no_such" in words
    _code, text, _words = run("policy", *place, "--json", folder=server)
    assert "x" not in [change["reason"] for one in json.loads(text) for change in one["changes"]]


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("policy", "--study", "orchard", "--lang", "xx"), 1, "any of"),
        (("export", "--study", "orchard", "--out", "x", "--format", "king"), 1, "trees, messages"),
        (("import", "nothing.jsonl", "--study", "orchard"), 1, "no file of that name"),
        (("export",), 2, "--study"),
    ],
)
def test_wrong_words_are_answered_with_what_is_right(
    server: Path, words: tuple[str, ...], code: int, said: str
) -> None:
    found, _, message = run(*words, "--db", "sqlite:///t.sqlite3", folder=server)
    assert found == code
    assert said in message.replace("\n", " ")
