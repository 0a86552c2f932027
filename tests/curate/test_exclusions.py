"""Exclusions: a check proposes, a person decides, and whatever was left out can come again."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from manyvoices.curate.exclusions import (
    Exclusion,
    Exclusions,
    apply,
    read_exclusions,
    write_exclusions,
)
from manyvoices.schema.errors import DataError

NOW = dt.datetime(2026, 11, 21, tzinfo=dt.UTC)
TABLE = {
    "user_id": ["a", "a", "b", "c"],
    "conversation_id": ["c0", "c1", "c2", "c3"],
}
PROPOSED = Exclusions(
    (
        Exclusion("person", "a", "speed", "9 s a page", "below 60 s"),
        Exclusion("conversation", "c2", "duplicate", "the same as c3"),
    )
)


def test_a_proposal_alone_leaves_nothing_out() -> None:
    assert apply(PROPOSED, TABLE) == TABLE


def test_a_decision_leaves_out_every_row_of_the_person_and_undoing_brings_them_back() -> None:
    decided = PROPOSED.decide("person", "a", by="ed", now=NOW)
    assert apply(decided, TABLE)["conversation_id"] == ["c2", "c3"]
    undone = decided.undo("person", "a", by="mo", now=NOW)
    assert apply(undone, TABLE) == TABLE
    row = undone.rows[0]
    assert (row.decided_by, row.undone_by, row.undone_on) == ("ed", "mo", "2026-11-21")


def test_what_was_undone_and_decided_again_has_both_rows() -> None:
    again = (
        PROPOSED.decide("person", "a", by="ed", now=NOW)
        .undo("person", "a", by="mo", now=NOW)
        .decide("person", "a", by="jo", now=NOW)
    )
    assert [(row.decided_by, row.undone_by) for row in again if row.id == "a"] == [
        ("ed", "mo"),
        ("jo", None),
    ]
    assert again.excluded("person") == {"a"}
    assert not again.undo("person", "a", by="mo", now=NOW).excluded("person")


def test_a_thing_that_nobody_proposed_can_be_decided_by_hand() -> None:
    found = PROPOSED.decide("conversation", "c3", by="ed", now=NOW)
    assert found.rows[-1].check == "by hand"
    assert apply(found, TABLE)["conversation_id"] == ["c0", "c1", "c2"]


def test_a_new_run_of_the_checks_keeps_the_decisions() -> None:
    decided = PROPOSED.decide("person", "a", by="ed", now=NOW)
    assert decided.add(PROPOSED) == decided
    assert decided.counts() == {
        ("duplicate", "conversation"): {"proposed": 1},
        ("speed", "person"): {"in force": 1},
    }


def test_undoing_what_is_not_in_force_is_a_fault() -> None:
    with pytest.raises(DataError):
        PROPOSED.undo("person", "a", by="mo", now=NOW)


def test_arrow_tables_stay_arrow_tables() -> None:
    pa = pytest.importorskip("pyarrow")
    decided = PROPOSED.decide("conversation", "c2", by="ed", now=NOW)
    kept = apply(decided, pa.table(TABLE))
    assert kept.column("conversation_id").to_pylist() == ["c0", "c1", "c3"]


TEXTS = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1)


@settings(deadline=None)
@given(st.lists(st.tuples(TEXTS, TEXTS, TEXTS), max_size=8))
def test_the_file_holds_everything(rows: list[tuple[str, str, str]]) -> None:
    import tempfile

    given = Exclusions(tuple(Exclusion("text", i, c, r) for i, c, r in rows))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "exclusions.csv"
        assert write_exclusions(given, path) == len(rows)
        assert read_exclusions(path) == given


def test_a_broken_file_has_all_its_faults_named(tmp_path: Path) -> None:
    path = tmp_path / "exclusions.csv"
    path.write_text("kind,id,check,reason\nplanet,p,x,y\nperson,,x,y\n")
    with pytest.raises(DataError) as caught:
        read_exclusions(path)
    assert [(f.line, f.path) for f in caught.value.faults] == [(2, "kind"), (3, "id")]
    path.write_text("kind,id\n")
    with pytest.raises(DataError, match="check"):
        read_exclusions(path)
