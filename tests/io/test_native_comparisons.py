"""The native file of comparisons: read, told apart, checked, and part of a release."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from tests.io.compared import comparison, exchange, preference_study, side
from tests.io.conftest import minutes, pilot

from manyvoices.io import (
    convert,
    detect_format,
    read_comparisons,
    read_native,
    validate,
    verify_manifest,
    write_comparisons,
    write_manifest,
    write_native,
)
from manyvoices.io.writing import write_records
from manyvoices.schema import Comparison, DataError, SideExchange


def several() -> list[Comparison]:
    return [
        comparison("c1"),
        comparison("c2", verdict="tie"),
        comparison("c3", verdict="all_bad"),
        comparison("c4", verdict="cannot_judge"),
        comparison("c5", verdict="failed", exchanges=[exchange(0, "Why?", ["So.", None])]),
        comparison("c6", verdict=None),
        comparison("c7", order=[[1], [0, 2]], models=["a", "b", "c"]),
        comparison("c8", quarantined=["too_fast"], evidence={"seconds": 0.4, "words": 900}),
        comparison("c9", revealed_at=minutes(3), source="arena", prompt_id=None),
    ]


def faults(tmp_path: Path, *records: Comparison) -> list[str]:
    """(path: found, expected) of each fault of a file with these records."""
    path = tmp_path / "comparisons.jsonl"
    write_records(records, path)
    return [f"{fault.path}: {fault.found}, {fault.expected}" for fault in validate(path).faults]


@pytest.mark.parametrize("suffix", [".jsonl", ".jsonl.gz", ".parquet"])
def test_comparisons_come_back_as_they_were_written(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"some{suffix}"
    assert write_records(several(), path, row=Comparison) == 9
    assert list(read_comparisons(path)) == several()
    assert detect_format(path) == "native-comparisons"
    assert validate(path).ok


@pytest.mark.parametrize("compress", [False, True])
def test_a_release_folder_is_read_by_its_name(tmp_path: Path, compress: bool) -> None:
    folder = tmp_path / "release"
    write_native(folder, **pilot())
    assert write_comparisons(folder, several(), compress=compress) == 9
    assert list(read_comparisons(folder)) == several()
    assert list(read_native(folder).comparisons) == several()
    assert validate(folder).n_records[f"native/comparisons.jsonl{'.gz' if compress else ''}"] == 9


def test_a_release_without_the_stage_has_no_comparisons_and_no_file(tmp_path: Path) -> None:
    rows = write_native(tmp_path, **pilot())
    assert list(read_comparisons(tmp_path)) == []
    assert list(read_native(tmp_path).comparisons) == []
    assert "comparisons" not in rows
    assert sorted(path.name for path in (tmp_path / "native").iterdir()) == [
        "answers.jsonl", "conversations.jsonl", "participants.jsonl",
    ]  # fmt: skip
    assert "native/comparisons.jsonl" not in validate(tmp_path).n_records


def test_a_folder_that_is_no_release_is_a_fault(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="a folder with native files"):
        list(read_comparisons(tmp_path))


def test_the_manifest_lists_the_file_and_a_finished_release_is_not_written_over(
    tmp_path: Path,
) -> None:
    folder = preference_study(tmp_path / "release", *several())
    write_manifest(
        folder, release_id="r", study_id="pilot", title="Pilot", version="1",
        study_digest="0" * 64, n_participants=2, n_simulated=1,
    )  # fmt: skip
    assert verify_manifest(folder) == []
    listed = {file.path: file.rows for file in read_native(folder).manifest.files}  # type: ignore[union-attr]
    assert listed["native/comparisons.jsonl"] == 9
    with pytest.raises(DataError, match="a release is frozen"):
        write_comparisons(folder, several())


def test_a_judge_that_is_no_participant_is_a_fault(tmp_path: Path) -> None:
    folder = preference_study(tmp_path / "release", comparison(who="nobody"))
    [fault] = [fault for fault in validate(folder).faults if "manifest" not in fault.file]
    assert (fault.path, fault.found) == ("participant_id", 'the string "nobody"')
    assert fault.expected == "the id of a participant of this release"


def test_an_id_that_comes_twice_is_a_fault(tmp_path: Path) -> None:
    [fault] = faults(tmp_path, comparison("c"), comparison("c"))
    assert fault == 'comparison_id: the string "c" again (first on line 1), an id that is used once'


def odd(position: int) -> list[SideExchange]:
    exchanges = [exchange(0, "Why?", ["So.", "Thus."])]
    exchanges[0].answers.append(side(position, "More.", attempt=2))
    return exchanges


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        ({"schema_version": "99"}, 'schema_version: the string "99", "1"'),
        ({"order": [[0]]}, "order: [[0]], groups that hold each place from 0 to 1 once"),
        ({"order": [[0], [2]]}, "order: [[0], [2]], groups that hold each place from 0 to 1 once"),
        (
            {"order": [[0], [0, 1]]},
            "order: [[0], [0, 1]], groups that hold each place from 0 to 1 once",
        ),
        (
            {"order": [[0, 1], []]},
            "order: [[0, 1], []], groups that hold each place from 0 to 1 once",
        ),
        ({"order": [[0, 1]]}, "order: [[0, 1]], two groups or more: one alone is the verdict tie"),
        (
            {"verdict": "tie", "order": [[0], [1]]},
            "order: [[0], [1]], null: an order goes with the verdict choice",
        ),
        (
            {"verdict": None, "judged_at": minutes(2)},
            "verdict: null, what was judged, as judged_at says when",
        ),
        ({"judged_at": None}, "judged_at: null, when the verdict choice was stored"),
        (
            {"verdict": None, "revealed_at": minutes(2)},
            "revealed_at: 2026-01-31T09:32:00+00:00, null: models are named after the verdict and"
            " not before",
        ),
        (
            {"revealed_at": minutes(1.5)},
            "revealed_at: 2026-01-31T09:31:30+00:00, a time not before judged_at"
            " (2026-01-31T09:32:00+00:00)",
        ),
        (
            {"exchanges": odd(5)},
            "exchanges[0].answers[2].position: the number 5, a place of the 2 models, from 0",
        ),
        (
            {"exchanges": [exchange(0, "Why?", ["So.", None])]},
            "verdict: choice, and no text from place 1, failed: a side that never answered cannot"
            " be judged",
        ),
        (
            {"exchanges": [exchange(0, "Why?", ["a", "b"]), exchange(0, "And?", ["c", "d"])]},
            "exchanges[1].turn: the number 0, an integer above 0: turns count up from 0",
        ),
    ],
)
def test_what_cannot_have_been_is_a_fault(
    tmp_path: Path, changes: dict[str, Any], fault: str
) -> None:
    assert faults(tmp_path, comparison(**changes)) == [fault]


def test_one_model_alone_and_two_answers_at_once_are_faults(tmp_path: Path) -> None:
    twice = [exchange(0, "Why?", ["So.", "Thus."])]
    twice[0].answers.append(side(1, "Again."))
    assert faults(tmp_path, comparison(exchanges=twice)) == [
        "exchanges[0].answers: 2 answers from place 1 with attempt 1, one of each place and attempt"
    ]
    alone = comparison(models=["left"], verdict="tie")
    assert [fault.split(":")[0] for fault in faults(tmp_path, alone)] == ["models"]


def test_an_answer_asked_for_again_after_a_failure_is_right(tmp_path: Path) -> None:
    again = [exchange(0, "Why?", ["So.", None])]
    again[0].answers.append(side(1, "Thus.", attempt=2))
    assert faults(tmp_path, comparison(exchanges=again)) == []


def test_a_release_goes_to_another_folder_with_its_comparisons(tmp_path: Path) -> None:
    folder = preference_study(tmp_path / "a", *several())
    done = convert(folder, tmp_path / "b", "native")
    assert done.not_carried == {}
    assert list(read_comparisons(tmp_path / "b")) == several()


def test_comparisons_are_taken_out_of_a_release(tmp_path: Path) -> None:
    folder = preference_study(tmp_path / "a", *several())
    convert(folder, tmp_path / "only.jsonl", "native-comparisons")
    assert list(read_comparisons(tmp_path / "only.jsonl")) == several()


def test_other_forms_count_the_comparisons_that_they_cannot_hold(tmp_path: Path) -> None:
    folder = tmp_path / "a"
    write_native(folder, **pilot())
    write_comparisons(folder, several())
    for to in ("prism", "rated"):
        assert convert(folder, tmp_path / to, to).not_carried["comparisons"] == 9
