"""Curation: a new release beside the old one, with what was found, and nothing else changed."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from tests.curate import steps as made
from tests.curate.pilot import make_release

from manyvoices.curate.engine import Step
from manyvoices.curate.exclusions import Exclusion, Exclusions, write_exclusions
from manyvoices.curate.flags import Group
from manyvoices.curate.pipeline import Curated, Running, curate_release
from manyvoices.curate.plan import Plan
from manyvoices.io import verify_manifest
from manyvoices.io.manifest import MANIFEST, read_manifest, sha256
from manyvoices.io.native import read_native
from manyvoices.io.prism import read_prism
from manyvoices.io.validation import validate
from manyvoices.schema import DataError

AT = dt.datetime(2026, 2, 1, tzinfo=dt.UTC)
GUESS = Group("language", Step("guess", made.guess), ("language_flag", "en_flag"))


@pytest.fixture
def parent(tmp_path: Path) -> Path:
    return make_release(tmp_path / "parent")


def curate(parent: Path, out: Path, plan: Plan | None = None, **settings: Any) -> Curated:
    settings = {"groups": [GUESS], "at": AT} | settings
    return curate_release(parent, out, plan or Plan(), **settings)


def bytes_of(folder: Path) -> dict[str, bytes]:
    paths = (path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in paths}


def test_the_new_release_is_sound_and_names_its_parent(parent: Path, tmp_path: Path) -> None:
    done = curate(parent, tmp_path / "out")
    assert verify_manifest(tmp_path / "out") == []
    assert validate(tmp_path / "out").faults == ()
    release = read_manifest(tmp_path / "out")
    assert release == done.release
    assert release.parent is not None
    assert release.parent.release_id == "pilot-1"
    assert release.parent.manifest_sha256 == sha256(parent / MANIFEST)
    assert release.settings["curate"]["steps"][0]["name"] == "guess"
    assert release.created_at == AT


def test_the_parent_is_not_touched(parent: Path, tmp_path: Path) -> None:
    before = bytes_of(parent)
    curate(parent, tmp_path / "out")
    assert bytes_of(parent) == before
    assert sorted(p.name for p in tmp_path.iterdir()) == ["out", "parent"]


def test_the_native_files_are_the_parents_byte_for_byte(parent: Path, tmp_path: Path) -> None:
    curate(parent, tmp_path / "out")
    assert bytes_of(tmp_path / "out" / "native") == bytes_of(parent / "native")


def test_flags_stand_in_prisms_rows_and_with_their_keys_in_a_table(
    parent: Path, tmp_path: Path
) -> None:
    curate(parent, tmp_path / "out")
    rows = list(read_prism(tmp_path / "out" / "prism").metadata)
    assert {row.language_flag for row in rows} == {"en"}
    assert all(row.pii_flag is None and row.moderation_flag is None for row in rows)
    table = pq.read_table(tmp_path / "out" / "metadata" / "language.parquet")
    assert "text" not in table.column_names
    assert set(table["language_flag"].to_pylist()) == {"en"}


@pytest.mark.parametrize("rows", [1, 3, 1000])
def test_the_bytes_do_not_depend_on_how_it_ran(parent: Path, tmp_path: Path, rows: int) -> None:
    curate(parent, tmp_path / "one")
    other = Running(processes=2, shard_rows=rows, work=tmp_path / "work")
    curate(parent, tmp_path / "two", running=other)
    assert bytes_of(tmp_path / "one") == bytes_of(tmp_path / "two")


def test_without_a_date_it_has_its_parents(parent: Path, tmp_path: Path) -> None:
    done = curate(parent, tmp_path / "out", at=None)
    assert done.release.created_at == read_manifest(parent).created_at


def test_other_settings_give_another_name(parent: Path, tmp_path: Path) -> None:
    one = curate(parent, tmp_path / "one").release.release_id
    two = curate(parent, tmp_path / "two", Plan(balanced=True)).release.release_id
    assert one != two
    assert one.startswith("pilot-1-")


def test_a_run_broken_off_is_taken_up_from_its_work_folder(parent: Path, tmp_path: Path) -> None:
    running = Running(shard_rows=4, work=tmp_path / "work")
    first = curate(parent, tmp_path / "one", running=running)
    (tmp_path / "work" / "done" / "shard-00001.parquet").unlink()
    second = curate(parent, tmp_path / "two", running=running)
    assert (first.n_shards_taken_up, second.n_shards_taken_up) == (0, first.n_shards - 1)
    assert bytes_of(tmp_path / "one") == bytes_of(tmp_path / "two")


def test_nothing_appears_where_a_step_fails(parent: Path, tmp_path: Path) -> None:
    refuse = Group("refuse", Step("refuse", made.refuse), ())
    with pytest.raises(Exception, match="nothing here can be measured"):
        curate(parent, tmp_path / "out", groups=[refuse])
    assert sorted(p.name for p in tmp_path.iterdir()) == ["parent"]


def test_prisms_own_files_become_a_release_too(parent: Path, tmp_path: Path) -> None:
    curate(parent / "prism", tmp_path / "out")
    assert not (tmp_path / "out" / "native").exists()
    assert validate(tmp_path / "out").faults == ()
    rows = list(read_prism(tmp_path / "out" / "prism").metadata)
    assert {row.language_flag for row in rows} == {"en"}


def test_prisms_files_have_no_date_so_one_is_asked_for(parent: Path, tmp_path: Path) -> None:
    with pytest.raises(DataError, match="--at"):
        curate(parent / "prism", tmp_path / "out", at=None)


def test_metadata_is_made_where_the_parent_has_none(parent: Path, tmp_path: Path) -> None:
    wanted = {keys(row) for row in read_prism(parent / "prism").metadata}
    (parent / "prism" / "metadata.jsonl").unlink()
    curate(parent / "prism", tmp_path / "out")
    rows = [keys(m) for m in read_prism(tmp_path / "out" / "prism").metadata]
    assert len(set(rows)) == len(rows)
    assert wanted <= set(rows)


def keys(row: Any) -> tuple[Any, ...]:
    return row.column_id, row.user_id, row.conversation_id, row.interaction_id, row.utterance_id


def test_what_an_earlier_curation_found_is_kept(parent: Path, tmp_path: Path) -> None:
    curate(parent, tmp_path / "one", Plan(balanced=True))
    curate(tmp_path / "one", tmp_path / "two", groups=[])
    one, two = bytes_of(tmp_path / "one"), bytes_of(tmp_path / "two")
    for name in ("prism/metadata.jsonl", "prism/utterances.jsonl", "metadata/language.parquet"):
        assert one[name] == two[name]
    assert one["subsets/balanced.csv"] == two["subsets/balanced.csv"]


def test_the_balanced_subset_is_flagged_in_all_files(parent: Path, tmp_path: Path) -> None:
    curate(parent, tmp_path / "out", Plan(balanced=True))
    prism = read_prism(tmp_path / "out" / "prism")
    talks = {c.conversation_id for c in prism.conversations if c.included_in_balanced_subset}
    assert len(talks) == 3
    assert {"ben-1", "ben-2"} < talks
    said = {u.conversation_id for u in prism.utterances if u.included_in_balanced_subset}
    assert said == talks
    people = {row["user_id"]: row["included_in_balanced_subset"] for row in prism.survey}
    assert people == {"ada": False, "ben": True, "bot": False}
    assert (tmp_path / "out" / "subsets" / "balanced.csv").read_text().count(",True,") == 3


def test_what_nobody_drew_stays_null(parent: Path, tmp_path: Path) -> None:
    curate(parent, tmp_path / "out")
    prism = read_prism(tmp_path / "out" / "prism")
    assert {c.included_in_balanced_subset for c in prism.conversations} == {None}
    assert {row["included_in_UK_REP"] for row in prism.survey} == {None}


def exclude(path: Path, *rows: tuple[str, str], by: str | None = "Jo") -> Plan:
    made = (Exclusion(k, i, "by hand", "a test", decided_by=by) for k, i in rows)  # type: ignore[arg-type]
    write_exclusions(Exclusions(tuple(made)), path)
    return Plan(exclude=path)


@pytest.mark.parametrize("form", ["native", "prism"])
def test_whoever_is_left_out_is_in_no_file(parent: Path, tmp_path: Path, form: str) -> None:
    source = parent if form == "native" else parent / "prism"
    plan = exclude(tmp_path / "exclusions.csv", ("person", "ada"))
    curate(source, tmp_path / "out", plan)
    for name, data in bytes_of(tmp_path / "out").items():
        assert b'"ada"' not in data, name
    assert "ada" in (tmp_path / "out" / "checks" / "exclusions.csv").read_text()
    assert validate(tmp_path / "out").faults == ()


@pytest.mark.parametrize("form", ["native", "prism"])
def test_a_conversation_and_an_answer_can_be_left_out(
    parent: Path, tmp_path: Path, form: str
) -> None:
    source = parent if form == "native" else parent / "prism"
    plan = exclude(tmp_path / "exclusions.csv", ("conversation", "ben-0"), ("utterance", "u2"))
    curate(source, tmp_path / "out", plan)
    prism = read_prism(tmp_path / "out" / "prism")
    talks = {c.conversation_id: c for c in prism.conversations}
    assert set(talks) == {"talk", "ben-1", "ben-2", "ben-3"}
    assert {u.utterance_id for u in prism.utterances} == {"u1", "u5", "b1", "b2", "b3"}
    told = [m.content for m in talks["talk"].conversation_history]
    assert "First shown." not in told
    assert "Second shown." in told
    counts = {row["user_id"]: row["num_completed_conversations"] for row in prism.survey}
    assert counts["ben"] == 3
    if form == "native":
        native = [
            u.utterance_id
            for c in read_native(tmp_path / "out").conversations
            for t in c.turns
            for u in t.utterances
        ]
        assert "u2" not in native
        assert "u1" in native
    assert validate(tmp_path / "out").faults == ()


@pytest.mark.parametrize("form", ["native", "prism"])
def test_single_texts_can_be_left_out(parent: Path, tmp_path: Path, form: str) -> None:
    source = parent if form == "native" else parent / "prism"
    names = ["system_string/ada", "open_feedback/ada/talk", "model_response/ada/talk/talk-0/u1"]
    plan = exclude(tmp_path / "exclusions.csv", *(("text", name) for name in names))
    curate(source, tmp_path / "out", plan)
    whole = b"".join(bytes_of(tmp_path / "out").values())
    for words in (b"Be kind.", b"Good enough.", b"Second shown."):
        if form == "native" and words == b"Second shown.":
            whole = b"".join(bytes_of(tmp_path / "out" / "prism").values())
        assert words not in whole
    assert validate(tmp_path / "out").faults == ()


@pytest.mark.parametrize("form", ["native", "prism"])
def test_a_prompt_is_left_out_with_its_whole_turn(parent: Path, tmp_path: Path, form: str) -> None:
    source = parent if form == "native" else parent / "prism"
    plan = exclude(tmp_path / "exclusions.csv", ("text", "user_prompt/ada/talk/talk-0"))
    curate(source, tmp_path / "out", plan)
    prism = read_prism(tmp_path / "out" / "prism")
    talk = next(c for c in prism.conversations if c.conversation_id == "talk")
    assert {m.turn for m in talk.conversation_history} == {2}
    assert (talk.conversation_turns, talk.opening_prompt) == (1, None)
    assert {u.utterance_id for u in prism.utterances if u.user_id == "ada"} == {"u5"}
    named = {m.interaction_id for m in prism.metadata if m.conversation_id == "talk"}
    assert named == {None, "talk-2"}
    assert validate(tmp_path / "out").faults == ()


def test_what_was_only_proposed_leaves_nothing_out(parent: Path, tmp_path: Path) -> None:
    plan = exclude(tmp_path / "exclusions.csv", ("person", "ada"), by=None)
    done = curate(parent, tmp_path / "out", plan)
    assert (done.n_excluded, done.n_proposed) == (0, 1)
    assert bytes_of(tmp_path / "out" / "native") == bytes_of(parent / "native")


def test_a_place_that_is_taken_or_not_apart_is_refused(parent: Path, tmp_path: Path) -> None:
    full = tmp_path / "full"
    full.mkdir()
    (full / "notes.txt").write_text("mine")
    for out in (full, parent / "curated"):
        with pytest.raises(DataError):
            curate(parent, out)
    with pytest.raises(DataError, match="apart"):
        curate(parent, tmp_path / "out", running=Running(work=parent / "work"))
    assert [p.name for p in full.iterdir()] == ["notes.txt"]


def test_the_manifest_says_what_decided_the_result(parent: Path, tmp_path: Path) -> None:
    plan = exclude(tmp_path / "exclusions.csv", ("person", "ada"))
    curate(parent, tmp_path / "out", plan)
    told = json.loads((tmp_path / "out" / MANIFEST).read_text())["settings"]["curate"]
    assert told["exclude"] == {
        "name": "exclusions.csv",
        "sha256": sha256(tmp_path / "exclusions.csv"),
    }
    assert str(tmp_path) not in (tmp_path / "out" / MANIFEST).read_text()
