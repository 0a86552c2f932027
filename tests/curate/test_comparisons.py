"""Comparisons through a curation: carried, cut, described, documented, and never lost silently."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from tests.curate.pilot import STUDY, pilot
from tests.curate.releases import NOW
from tests.curate.test_pipeline import curate
from tests.io.compared import comparison, exchange, side

from manyvoices.curate.describe_release import describe_release
from manyvoices.curate.documents import build_codebook, write_documents
from manyvoices.curate.exclusions import Exclusion, Exclusions, write_exclusions
from manyvoices.curate.plan import Plan
from manyvoices.curate.texts import text_instances
from manyvoices.design import load_study
from manyvoices.io import read_comparisons, validate, write_comparisons, write_manifest
from manyvoices.io.native import write_native
from manyvoices.report.data_tables import data_tables
from manyvoices.schema import Comparison

SECRET = "Quetzal words that only Ada wrote"


def arena(name: str, who: str = "ada", **changes: object) -> Comparison:
    """Two turns with prompts of the person's own."""
    turns = [
        exchange(0, f"{SECRET}?", ["Yes.", "No."]),
        exchange(1, "And then?", ["So.", "Thus."]),
    ]
    fields = {"source": "arena", "prompt_id": None, "exchanges": turns, "pool": "expert"}
    return comparison(name, who, **(fields | changes))  # type: ignore[arg-type]


def compared() -> list[Comparison]:
    return [
        comparison("c1", "ada", reason_text=SECRET, reasons=["clear", "kind"]),
        comparison("c2", "ben", order=[[1], [0]], models=["right", "left"]),
        comparison("c3", "ben", verdict="tie"),
        comparison("c4", "ada", verdict="all_bad"),
        comparison("c5", "ben", verdict="failed", exchanges=[exchange(0, "Why?", ["So.", None])]),
        comparison("c6", "ben", quarantined=["too_fast"], evidence={"seconds": 0.3}),
        comparison("c7", "bot", verdict="cannot_judge", simulated=True),
        comparison("c8", "ada", verdict=None),
        arena("c9"),
    ]


def release(folder: Path, *records: Comparison) -> Path:
    write_native(folder, **pilot(), study=STUDY)
    write_comparisons(folder, records)
    write_manifest(
        folder, release_id="pilot-1", study_id="pilot", title="Pilot", version="1",
        study_digest="0" * 64, n_participants=3, n_simulated=1, created_at=NOW,
    )  # fmt: skip
    return folder


@pytest.fixture
def parent(tmp_path: Path) -> Path:
    return release(tmp_path / "parent", *compared())


def excluding(folder: Path, *rows: Exclusion) -> Plan:
    write_exclusions(Exclusions(rows), folder / "exclusions.csv")
    return Plan(exclude=folder / "exclusions.csv")


def gone(kind: str, name: str) -> Exclusion:
    return Exclusion(kind, name, "by hand", "asked to", decided_by="us", decided_on="2026-02-01")  # type: ignore[arg-type]


def test_a_curated_release_carries_its_comparisons_byte_for_byte(
    parent: Path, tmp_path: Path
) -> None:
    curate(parent, tmp_path / "out")
    path = Path("native") / "comparisons.jsonl"
    assert (tmp_path / "out" / path).read_bytes() == (parent / path).read_bytes()
    assert validate(tmp_path / "out").faults == ()
    listed = json.loads((tmp_path / "out" / "manifest.json").read_text())["files"]
    assert {"native/comparisons.jsonl": 9}.items() <= {f["path"]: f["rows"] for f in listed}.items()


def test_who_is_left_out_is_left_out_of_the_comparisons_too(parent: Path, tmp_path: Path) -> None:
    plan = excluding(tmp_path, gone("person", "ben"))
    curate(parent, tmp_path / "out", plan)
    kept = list(read_comparisons(tmp_path / "out"))
    assert [record.comparison_id for record in kept] == ["c1", "c4", "c7", "c8", "c9"]
    assert validate(tmp_path / "out").faults == ()


def test_one_comparison_an_answer_or_what_was_written_can_be_left_out(
    parent: Path, tmp_path: Path
) -> None:
    plan = excluding(
        tmp_path,
        gone("conversation", "c3"),
        gone("text", "open_feedback/ada/c1"),
        gone("text", "user_prompt/ada/c9/c9-1"),
    )
    curate(parent, tmp_path / "out", plan)
    kept = {record.comparison_id: record for record in read_comparisons(tmp_path / "out")}
    assert sorted(kept) == ["c1", "c2", "c4", "c5", "c6", "c7", "c8"]
    assert kept["c1"].reason_text is None
    assert kept["c1"].verdict == "choice"
    plan = excluding(tmp_path, gone("utterance", "c9-0-1-1"))
    curate(parent, tmp_path / "again", plan)
    names = [record.comparison_id for record in read_comparisons(tmp_path / "again")]
    assert "c9" not in names
    assert len(names) == 8


def test_without_comparisons_no_file_appears(tmp_path: Path) -> None:
    folder = tmp_path / "parent"
    write_native(folder, **pilot(), study=STUDY)
    plan = excluding(tmp_path, gone("person", "ben"))
    curate(folder, tmp_path / "out", plan)
    assert not (tmp_path / "out" / "native" / "comparisons.jsonl").exists()


def test_trees_that_cannot_be_cut_are_said_to_be_missing(tmp_path: Path) -> None:
    from tests.io.test_native_trees import grown

    from manyvoices.io import write_grown
    from manyvoices.io.manifest import read_manifest

    folder = tmp_path / "parent"
    write_native(folder, **pilot(), study=STUDY)
    write_grown([grown()], folder / "native" / "trees.jsonl")
    curate(folder, tmp_path / "out", excluding(tmp_path, gone("person", "ben")))
    assert not (tmp_path / "out" / "native" / "trees.jsonl").exists()
    assert (
        "native/trees.jsonl of the parent is not here: nothing can be left out of it"
        in read_manifest(tmp_path / "out").notes
    )


def test_what_people_wrote_for_comparisons_is_among_the_texts_and_the_studys_own_is_not(
    parent: Path,
) -> None:
    rows = [row for batch in text_instances(parent) for row in batch.to_pylist()]
    mine = {row["instance_id"]: row for row in rows if str(row["conversation_id"]).startswith("c")}
    assert sorted(mine) == [
        "model_response/ada/c9/c9-0/c9-0-0-1",
        "model_response/ada/c9/c9-0/c9-0-1-1",
        "model_response/ada/c9/c9-1/c9-1-0-1",
        "model_response/ada/c9/c9-1/c9-1-1-1",
        "open_feedback/ada/c1",
        "user_prompt/ada/c9/c9-0",
        "user_prompt/ada/c9/c9-1",
    ]
    assert mine["model_response/ada/c9/c9-0/c9-0-1-1"]["model_name"] == "right"
    assert mine["user_prompt/ada/c9/c9-0"]["text"] == f"{SECRET}?"


def test_metadata_are_made_for_them(parent: Path, tmp_path: Path) -> None:
    curate(parent, tmp_path / "out")
    [path] = (tmp_path / "out" / "metadata").glob("language*.parquet")
    ids = pq.read_table(path)["instance_id"].to_pylist()
    assert "user_prompt/ada/c9/c9-0" in ids


def test_a_description_counts_verdicts_by_model_and_what_counts_for_nobody(parent: Path) -> None:
    found = describe_release(parent).comparisons
    assert found is not None
    assert (found.n, found.n_counted, found.n_open, found.n_judges) == (9, 7, 1, 3)
    assert {row.label: row.n for row in found.verdicts.rows} == {
        "choice": 3, "tie": 1, "all_bad": 1, "failed": 1, "cannot_judge": 1,
    }  # fmt: skip
    assert [(row.label, row.n, row.of) for row in found.set_aside.rows] == [("too_fast", 1, 8)]
    left, right = found.models
    assert (left.model, left.n_shown, left.n_first, left.n_silent) == ("left", 9, 8, 0)
    assert (left.won, left.lost, left.tied, left.all_bad, left.no_verdict) == (3, 0, 1, 1, 2)
    assert (right.won, right.lost, right.n_silent) == (0, 3, 1)
    assert left.share == 0.8
    by = {block.title: {row.label: row.n for row in block.rows} for block in found.blocks}
    assert by["Source"] == {"outputs": 6, "arena": 1}
    assert by["Pool"] == {"crowd": 6, "expert": 1}


def test_an_answer_that_failed_and_still_has_a_text_is_none() -> None:
    from manyvoices.curate.describe_comparisons import count_comparisons

    other = exchange(0, "Why?", ["So.", "Parce que."])
    other.answers[1] = side(1, "Parce que.", failure="other_language", language="fr")
    found = count_comparisons([comparison(verdict="failed", exchanges=[other])])
    assert found is not None
    assert [model.n_silent for model in found.models] == [0, 1]


def test_a_release_without_comparisons_describes_none(tmp_path: Path) -> None:
    write_native(tmp_path, **pilot(), study=STUDY)
    assert describe_release(tmp_path).comparisons is None
    assert not [t for t in data_tables(describe_release(tmp_path)) if "comparisons" in t.name]


def test_the_tables_show_every_kind_of_verdict_in_a_column_of_its_own(parent: Path) -> None:
    tables = {table.name: table for table in data_tables(describe_release(parent))}
    models = tables["comparisons_models"]
    assert models.rows[0] == ("left", "9", "88.9%", "0", "3", "0", "1", "1", "2", "80.0%")
    rows = {row[0]: row[1:] for row in tables["comparisons"].rows}
    assert rows["Comparisons handed out"] == ("9", "")
    assert rows["Set aside, kept in the file"] == ("1", "11.1%")
    assert rows["too_fast"] == ("1", "12.5%")


def test_the_codebook_describes_every_field_and_repeats_no_words(parent: Path) -> None:
    entries = {
        entry.variable: entry
        for entry in build_codebook(parent, None).entries
        if entry.file == "native/comparisons.jsonl"
    }
    verdict = entries["verdict"]
    assert (verdict.n, verdict.n_missing, verdict.category) == (9, 1, "direct")
    assert verdict.distribution["choice"] == 4
    assert entries["models"].distribution["left"] == 9
    assert entries["quarantined"].distribution["too_fast"] == 1
    assert entries["reasons"].distribution["clear"] == 1
    assert entries["exchanges[].answers[].text"].n == 20
    assert entries["exchanges[].answers[].failure"].distribution == {"timeout": 1}
    assert entries["reason_text"].distribution["max chars"] == len(SECRET)
    assert all(entry.label for entry in entries.values())
    assert "Quetzal" not in json.dumps([entry.distribution for entry in entries.values()])
    assert {"pool", "category", "prompt_id", "evidence", "order", "seed"} <= entries.keys()


STAGE = """
manyvoices: 1
id: pairs
title: Which is better?
languages: [en]
recruitment: {provider: open, completion_code: PAIRS-1}
stages:
  - consent: {text: "We ask which answers you prefer.", minimum_age: 18, withdrawal_days: 14}
  - comparisons:
      source: outputs
      count: 12
      prompts: [{id: p1, text: "How long is an egg boiled?", category: cooking}]
      outputs: [{prompt: p1, model: left, text: "left says."},
                {prompt: p1, model: right, text: "right says."}]
models: [{id: left, provider: scripted, persona: brief},
         {id: right, provider: scripted, persona: brief}]
"""


def test_the_documents_say_what_was_compared_and_what_was_set_aside(tmp_path: Path) -> None:
    (tmp_path / "study.yaml").write_text(STAGE)
    folder = tmp_path / "release"
    write_native(folder, **(pilot() | {"conversations": []}))
    write_comparisons(folder, compared())
    write_documents(folder, study=load_study(tmp_path / "study.yaml"), now=NOW)
    statement = " ".join((folder / "statement.md").read_text().split())
    assert "Comparisons (`comparisons`): 12 by each person, of 2 models side by side" in statement
    assert "that none is any good, that they cannot judge" in statement
    assert "**Comparisons.** 9 were handed out." in statement
    assert "1 were not judged." in statement
    assert "Set aside by rules, kept and marked `quarantined`: too\\_fast 1." in statement
    assert "Those who rate are those who write" not in statement
    assert "answers and comparisons" in statement
    assert "| `native/comparisons.jsonl` | 9 |" in (folder / "README.md").read_text()
    assert "native/comparisons.jsonl" in (folder / "codebook.md").read_text()
    sets = {
        row["name"]: row for row in json.loads((folder / "croissant.json").read_text())["recordSet"]
    }
    fields = {field["name"] for field in sets["native-comparisons"]["field"]}
    assert "native-comparisons/verdict" in fields
    assert "Quetzal" not in "".join(path.read_text() for path in folder.iterdir() if path.is_file())


def test_croissant_hands_over_verdicts_models_and_prompts(tmp_path: Path) -> None:
    croissant = pytest.importorskip("mlcroissant")
    write_native(tmp_path, **(pilot() | {"conversations": []}))
    write_comparisons(tmp_path, compared())
    write_documents(tmp_path, study=None, now=NOW)
    dataset = croissant.Dataset(jsonld=os.fspath(tmp_path / "croissant.json"))
    assert not dataset.metadata.ctx.issues.errors
    name = "native-comparisons"
    rows = list(dataset.records(name))
    assert len(rows) == 9
    assert [row[f"{name}/verdict"] for row in rows[:2]] == [b"choice", b"choice"]
    assert rows[1][f"{name}/models"] == [b"right", b"left"]
    said = [one[f"{name}/exchanges/message_text"] for one in rows[8][f"{name}/exchanges"]]
    assert [text.decode() for text in said] == [f"{SECRET}?", "And then?"]
