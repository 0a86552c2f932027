"""``manyvoices curate``: from a release on disk to the next one, as its user runs it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from aiohttp import web
from benchmarks.synthetic_prism import FOLDER, write_synthetic
from tests.curate.pilot import answer, make_release, pilot
from tests.llm.conftest import ServerThread
from typer.testing import CliRunner, Result

from manyvoices.cli import app
from manyvoices.curate.moderation import CATEGORIES
from manyvoices.io.prism import read_prism
from manyvoices.io.validation import validate

QUICK = ("--language", "none", "--pii", "none")
"""For tests of everything else: loading the models takes longer than all the rest."""


def curate(*arguments: object) -> Result:
    return CliRunner().invoke(app, ["curate", *map(str, arguments)])


@pytest.fixture
def parent(tmp_path: Path) -> Path:
    return make_release(tmp_path / "parent")


def test_every_text_gets_a_language_and_a_look_for_personal_information(
    parent: Path, tmp_path: Path
) -> None:
    result = curate(parent, "--out", tmp_path / "out")
    assert result.exit_code == 0, result.output
    assert "release pilot-1-" in result.output
    assert validate(tmp_path / "out").faults == ()
    rows = list(read_prism(tmp_path / "out" / "prism").metadata)
    assert {row.pii_flag for row in rows if row.user_id == "ben" and row.utterance_id} == {True}
    assert {row.pii_flag for row in rows if row.user_id == "ada"} == {False}
    assert all(row.language_flag for row in rows)
    assert all(row.moderation_flag is None for row in rows)
    table = pq.read_table(tmp_path / "out" / "metadata" / "pii.parquet").to_pylist()
    kinds = {span["kind"] for row in table for span in row["pii_spans"] or ()}
    assert kinds == {"email"}


def test_the_documents_are_there_and_hold_nobodys_words(parent: Path, tmp_path: Path) -> None:
    assert curate(parent, "--out", tmp_path / "out").exit_code == 0
    for name in ("README.md", "codebook.md", "statement.md", "croissant.json", "terms.md"):
        text = (tmp_path / "out" / name).read_text()
        assert "ben@bakers" not in text
        assert "Be kind." not in text


def test_json_is_one_document(parent: Path, tmp_path: Path) -> None:
    result = curate(parent, "--out", tmp_path / "out", "--checks", "--balanced", "--json", *QUICK)
    told = json.loads(result.stdout)
    assert told["n_texts"] == 19
    assert told["parent"]["release_id"] == "pilot-1"
    assert "subsets/balanced.csv" in told["files"]
    assert "checks/exclusions.csv" in told["files"]


def test_what_is_proposed_is_left_out_once_somebody_has_decided(
    parent: Path, tmp_path: Path
) -> None:
    assert curate(parent, "--out", tmp_path / "one", "--checks", *QUICK).exit_code == 0
    path = tmp_path / "exclusions.csv"
    header, *rows = (tmp_path / "one" / "checks" / "exclusions.csv").read_text().splitlines()
    names = header.split(",")
    by_hand = dict.fromkeys(names, "") | {
        "kind": "person", "id": "ben", "check": "by hand", "reason": "asked", "decided_by": "Jo",
    }  # fmt: skip
    path.write_text("\n".join([header, *rows, ",".join(by_hand.values())]) + "\n")
    result = curate(parent, "--out", tmp_path / "two", "--exclude", path, *QUICK)
    assert result.exit_code == 0, result.output
    assert "1 exclusion in force" in result.output
    users = {row["user_id"] for row in read_prism(tmp_path / "two" / "prism").survey}
    assert "ben" not in users


def test_a_persons_decision_becomes_the_manual_flag(parent: Path, tmp_path: Path) -> None:
    name = "model_response/ben/ben-0/ben-0-0/b0"
    line = {"review": "pii", "instance_id": name, "decision": False, "answers": {"A": "no"}}
    reviews = tmp_path / "reviews.jsonl"
    reviews.write_text(json.dumps(line | {"settled_by": None}) + "\n")
    result = curate(parent, "--out", tmp_path / "out", "--reviews", reviews)
    assert result.exit_code == 0, result.output
    rows = {m.utterance_id: m for m in read_prism(tmp_path / "out" / "prism").metadata}
    assert rows["b0"].pii_manual_flag is False
    assert rows["b0"].pii_flag is True
    assert rows["b1"].pii_manual_flag is None
    table = pq.read_table(tmp_path / "out" / "metadata" / "pii_manual.parquet")
    assert table["instance_id"].to_pylist() == [name]


def test_self_descriptions_get_the_group_that_people_decided_on(tmp_path: Path) -> None:
    said = [
        answer("ada", "ethnicity", "single", "other", texts={"other": "Cornish"}),
        answer("ben", "ethnicity", "single", "other", texts={"other": "Martian"}),
    ]
    parent = make_release(tmp_path / "parent", answers=[*pilot()["answers"], *said])
    mapping = tmp_path / "mapping.csv"
    mapping.write_text(
        "field,text,context,group,decided_by,decided_on,how,note\n"
        "ethnicity,cornish,,White,A and B,2026-11-21,agreement,\n"
    )
    result = curate(parent, "--out", tmp_path / "out", "--categories", mapping, *QUICK)
    assert result.exit_code == 0, result.output
    assert "ethnicity: no decision yet on 1 text of 1 person" in result.output
    people = {row["user_id"]: row["ethnicity"] for row in read_prism(tmp_path / "out/prism").survey}
    assert people["ada"] == {
        "self_described": "cornish", "categorised": "White", "simplified": "White",
    }  # fmt: skip
    assert people["ben"]["categorised"] == "Prefer not to say"
    assert people["bot"] is None


def test_a_sample_like_a_census_fills_its_flag(parent: Path, tmp_path: Path) -> None:
    joint = tmp_path / "joint.csv"
    joint.write_text("age,share\n25-34,1\n")
    result = curate(parent, "--out", tmp_path / "out", "--census", f"town={joint}", *QUICK)
    assert result.exit_code == 0, result.output
    rows = {row["user_id"]: row for row in read_prism(tmp_path / "out" / "prism").survey}
    assert rows["ada"]["included_in_TOWN_REP"] is True
    assert rows["ben"]["included_in_TOWN_REP"] is False
    assert "25-34,1.0,300,1,1" in (tmp_path / "out/subsets/census_town_cells.csv").read_text()


@pytest.fixture
def moderator() -> Iterator[tuple[str, list[str]]]:
    asked: list[str] = []

    async def answer_(request: web.Request) -> web.Response:
        texts = (await request.json())["input"]
        asked.extend(texts)
        verdict = {
            "flagged": True,
            "categories": dict.fromkeys(CATEGORIES, True),
            "category_scores": dict.fromkeys(CATEGORIES, 0.987),
        }
        return web.json_response({"model": "m-1", "results": [verdict for _ in texts]})

    application = web.Application()
    application.router.add_post("/v1/moderations", answer_)
    server = ServerThread(application)
    yield f"http://127.0.0.1:{server.port}/v1", asked
    server.stop()


def test_a_moderation_model_is_asked_about_each_text_once(
    parent: Path, tmp_path: Path, moderator: tuple[str, list[str]]
) -> None:
    url, asked = moderator
    arguments = ["--moderation", url, "--moderation-model", "m", "--work", tmp_path / "work"]
    arguments += QUICK
    assert curate(parent, "--out", tmp_path / "one", *arguments).exit_code == 0
    n_asked = len(asked)
    assert n_asked == len(set(asked)) > 5
    assert curate(parent, "--out", tmp_path / "two", *arguments).exit_code == 0
    assert len(asked) == n_asked
    row = next(iter(read_prism(tmp_path / "one" / "prism").metadata))
    assert row.moderation_flag is not None
    assert row.moderation_flag["category_scores"]["hate"] == 0.99
    table = pq.read_table(tmp_path / "one" / "metadata" / "moderation.parquet")
    assert set(table["moderator"].to_pylist()) == {"m-1"}
    assert table["moderated_on"].null_count == 0


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--census", "uk"], "--census: found uk, expected NAME=FILE"),
        (["--moderation", "http://127.0.0.1:9/v1"], "--verdicts FILE, or --work FOLDER"),
        (["--exclude", "missing.csv"], "missing.csv"),
        (["--reviews", "missing.jsonl"], "missing.jsonl"),
        (["--regions", "GB,Atlantis"], "ATLANTIS"),
    ],
)
def test_what_is_wrong_with_the_arguments_is_said(
    parent: Path, tmp_path: Path, arguments: list[str], words: str
) -> None:
    result = curate(parent, "--out", tmp_path / "out", *arguments)
    assert result.exit_code == 1, result.output
    assert words in result.output.replace("\n", "")
    assert not (tmp_path / "out").exists()


def test_a_folder_that_is_no_release_is_the_inputs_fault(tmp_path: Path) -> None:
    result = curate(tmp_path, "--out", tmp_path / "out")
    assert result.exit_code == 1
    assert "expected a release with native/" in result.output.replace("\n", "")


@pytest.mark.skipif(not FOLDER.exists(), reason="PRISM's published figures are not here")
def test_prisms_own_form_passes_with_every_text_and_the_published_subset(tmp_path: Path) -> None:
    counts = write_synthetic(tmp_path / "prism", seed=0, share=0.02)
    census = f"uk={FOLDER / 'census' / 'uk.csv'}"
    arguments: list[Any] = ["--at", "2026-11-21", "--balanced", "--census", census, "--json"]
    result = curate(tmp_path / "prism", "--out", tmp_path / "out", *arguments)
    assert result.exit_code == 0, result.output
    assert json.loads(result.stdout)["n_texts"] == counts["metadata"]
    assert validate(tmp_path / "out").faults == ()
    prism = read_prism(tmp_path / "out" / "prism")
    assert sum(1 for _ in prism.metadata) == counts["metadata"]
    assert all(row.pii_flag is not None and row.language_flag for row in prism.metadata)
    kinds = [c.conversation_type for c in prism.conversations if c.included_in_balanced_subset]
    assert len({kinds.count(kind) for kind in set(kinds)}) == 1
    assert {row["included_in_UK_REP"] for row in prism.survey} == {True, False}
