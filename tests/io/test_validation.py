"""Telling formats apart, and checking whole releases."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest
from tests.io.conftest import answer, conversation, pilot, turn, utterance
from tests.real_data import needs_real_data, real

from manyvoices.io import FORMATS, detect_format, validate, write_manifest, write_native
from manyvoices.schema import DataError

MakeRelease = Callable[..., Path]


@needs_real_data
@pytest.mark.parametrize(
    ("name", "format", "n_records"),
    [
        ("oasst/en_100_tree.jsonl", "oasst-trees", 100),
        ("oasst/en_100_message.jsonl", "oasst-messages", 100),
        ("prism/conversation_c0.jsonl", "prism-conversations", 1),
        ("battles/mt_bench_human.jsonl", "arena", 3355),
        ("battles/mt_bench_gpt4.jsonl", "arena", 2400),
    ],
)
def test_real_files_are_recognised_and_valid(name: str, format: str, n_records: int) -> None:
    report = validate(real(name))
    assert (report.format, report.ok) == (format, True)
    assert list(report.n_records.values()) == [n_records]


def test_every_file_of_a_release_is_recognised_alone(make_release: MakeRelease) -> None:
    folder = make_release()
    assert detect_format(folder) == "native"
    assert detect_format(folder / "prism") == "prism"
    for part in ("native", "prism"):
        for path in (folder / part).iterdir():
            assert detect_format(path) == f"{part}-{path.stem}"
            assert validate(path).ok


def test_a_release_is_valid_with_its_counts_and_its_bots_named(make_release: MakeRelease) -> None:
    report = validate(make_release())
    assert (report.faults, report.n_simulated) == ((), 1)
    assert report.n_records == {
        "native/participants.jsonl": 3,
        "native/answers.jsonl": 6,
        "native/conversations.jsonl": 3,
        "prism/survey.jsonl": 2,
        "prism/conversations.jsonl": 1,
        "prism/utterances.jsonl": 3,
        "prism/metadata.jsonl": 7,
    }


def test_a_release_whose_file_was_changed_is_not_valid(make_release: MakeRelease) -> None:
    folder = make_release()
    path = folder / "native/answers.jsonl"
    path.write_text(path.read_text().replace("25-34", "35-44"))
    assert [fault.file for fault in validate(folder).faults] == [str(path)]


def test_native_files_without_a_manifest_are_not_a_release(tmp_path: Path) -> None:
    write_native(tmp_path, **pilot())
    (fault,) = validate(tmp_path).faults
    assert fault.file.endswith("manifest.json")


def test_records_of_people_who_are_not_there_are_found(make_release: MakeRelease) -> None:
    report = validate(
        make_release(answers=[*pilot()["answers"], answer("eve", "age", "single", 1)])
    )
    (fault,) = report.faults
    assert (fault.line, fault.path, fault.found) == (7, "participant_id", 'the string "eve"')


def test_a_manifest_that_counts_people_wrongly_is_found(tmp_path: Path) -> None:
    write_native(tmp_path, **pilot())
    names = ("release_id", "study_id", "title", "version", "study_digest")
    write_manifest(tmp_path, **dict.fromkeys(names, "x"), n_participants=3, n_simulated=0)
    assert [(f.path, f.found) for f in validate(tmp_path).faults] == [
        ("n_participants", "3"),
        ("n_simulated", "0"),
    ]


def test_prism_files_that_do_not_fit_together_are_found(make_release: MakeRelease) -> None:
    folder = make_release() / "prism"
    (folder / "conversations.jsonl").write_text("")
    faults = validate(folder, "prism").faults
    assert {fault.path for fault in faults} == {"conversation_id"}
    assert len(faults) == 3 + 6


def _broken(**changes: Any) -> Any:
    return conversation("c", "ada", [turn(0, [utterance("u", 0, **changes)])])


@pytest.mark.parametrize(
    ("record", "path"),
    [
        (_broken(text=None, score=50), "turns[0].utterances[0].score"),
        (_broken(text=None, chosen=True), "turns[0].utterances[0].chosen"),
        (
            conversation("c", "ada", [turn(0, [utterance(n, 0, "x", chosen=True) for n in "uv"])]),
            "turns[0].utterances",
        ),
        (
            conversation(
                "c",
                "ada",
                [
                    msgspec.structs.replace(
                        turn(0, [utterance("u", 0, "x", chosen=True)]), all_bad=True
                    )
                ],
            ),
            "turns[0].utterances",
        ),
        (conversation("c", "ada", [turn(0, [utterance("u", 0, "x")] * 2)]), "turns"),
        (conversation("c", "ada", [turn(1, []), turn(1, [])]), "turns[1].turn"),
        (
            conversation("c", "ada", [msgspec.structs.replace(turn(0, []), tied=["z"])]),
            "turns[0].tied[0]",
        ),
    ],
)
def test_a_conversation_that_contradicts_itself_is_found(
    tmp_path: Path, record: Any, path: str
) -> None:
    write_native(tmp_path, **(pilot() | {"conversations": [record]}))
    (fault,) = validate(tmp_path / "native/conversations.jsonl").faults
    assert (fault.line, fault.path) == (1, path)


def test_the_same_person_answering_twice_is_found(tmp_path: Path) -> None:
    twice = [answer("ada", "age", "single", "a"), answer("ada", "age", "single", "b")]
    write_native(tmp_path, **(pilot() | {"answers": twice}))
    (fault,) = validate(tmp_path / "native/answers.jsonl").faults
    assert fault.found == 'the string "age" again (first on line 1)'


@pytest.mark.parametrize("content", ['{"a": 1}', "[1, 2]", "", "not JSON", "{", "null"])
def test_what_is_no_known_format_says_what_was_looked_for(tmp_path: Path, content: str) -> None:
    path = tmp_path / "file.jsonl"
    path.write_text(content)
    report = validate(path)
    assert (report.format, len(report.faults)) == (None, 1)
    with pytest.raises(DataError):
        detect_format(path)


def test_unknown_fields_and_all_formats_are_listed(tmp_path: Path) -> None:
    path = tmp_path / "file.jsonl"
    path.write_text('{"shoe": 1, "size": 2}')
    (fault,) = validate(path).faults
    assert fault.found == "records with shoe, size"
    assert all(name in fault.expected for name in FORMATS)


def test_a_folder_of_something_else_names_what_is_in_it(tmp_path: Path) -> None:
    assert validate(tmp_path).faults[0].found == "an empty folder"
    (tmp_path / "photo.png").write_bytes(b"")
    assert validate(tmp_path).faults[0].found == "a folder with photo.png"


def test_a_format_that_is_named_is_held_to(tmp_path: Path) -> None:
    path = tmp_path / "trees.jsonl"
    prompt = {"message_id": "a", "text": "", "role": "prompter"}
    path.write_text(json.dumps({"message_tree_id": "a", "prompt": prompt}))
    assert validate(path, "oasst").format == "oasst-trees"
    assert validate(path, "oasst-trees").ok
    assert not validate(path, "arena").ok
    assert validate(path, "battles").faults[0].found == "oasst-trees"
    assert "oasst-trees" in validate(path, "excel").faults[0].expected


@pytest.mark.parametrize("format", FORMATS)
def test_no_format_crashes_on_a_path_that_is_wrong(tmp_path: Path, format: str) -> None:
    (tmp_path / "file").write_text("{}")
    for path in (tmp_path, tmp_path / "file", tmp_path / "absent"):
        assert not validate(path, format).ok


def test_progress_ends_at_the_size_of_the_file(tmp_path: Path) -> None:
    path = tmp_path / "battles.jsonl"
    path.write_text('{"model_a": "x", "model_b": "y", "winner": "tie"}\n' * 1200)
    seen: list[int] = []
    assert validate(path, on_bytes=seen.append).ok
    assert seen == sorted(seen)
    assert (len(seen), seen[-1]) == (3, path.stat().st_size)
