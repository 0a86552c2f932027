"""A native release: what is in its folder, and what its manifest notices."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.io.conftest import STUDY, person, pilot

from manyvoices.io import (
    NativeWriter,
    read_manifest,
    read_native,
    verify_manifest,
    write_native,
    write_study_files,
)
from manyvoices.io.native import main_study_file, read_study_files
from manyvoices.schema import DataError

MakeRelease = Callable[..., Path]


def test_a_release_gives_back_its_records_as_often_as_asked(make_release: MakeRelease) -> None:
    release = read_native(make_release())
    for _ in range(2):
        assert {name: list(getattr(release, name)) for name in pilot()} == pilot()


def test_a_release_carries_the_study_that_made_it(make_release: MakeRelease) -> None:
    folder = make_release()
    assert read_native(folder).study == STUDY
    assert (folder / "study.yaml").read_text() == STUDY["study.yaml"]


def test_the_manifest_lists_each_file_with_its_hash_size_and_rows(
    make_release: MakeRelease,
) -> None:
    folder = make_release()
    files = {file.path: file for file in read_manifest(folder).files}
    assert files["native/conversations.jsonl"].rows == 3
    assert files["prism/survey.jsonl"].format == "prism"
    assert files["study.yaml"].rows is None
    assert files["native/answers.jsonl"].bytes == ((folder / "native/answers.jsonl").stat().st_size)
    on_disk = {p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file()}
    assert set(files) == on_disk - {"manifest.json"}


def test_an_untouched_release_has_no_faults(make_release: MakeRelease) -> None:
    assert verify_manifest(make_release()) == []


def test_a_changed_a_missing_and_an_unlisted_file_are_each_found(
    make_release: MakeRelease,
) -> None:
    folder = make_release()
    same_size = folder / "native/participants.jsonl"
    same_size.write_text(same_size.read_text().replace("ada", "eve"))
    (folder / "native/answers.jsonl").write_text("longer than it was, or shorter")
    (folder / "prism/metadata.jsonl").unlink()
    (folder / "extra.txt").write_text("hello")
    found = {Path(f.file).relative_to(folder).as_posix(): f.found for f in verify_manifest(folder)}
    assert found["native/participants.jsonl"].startswith("SHA-256")
    assert found["native/answers.jsonl"] == "30 bytes"
    assert found["prism/metadata.jsonl"] == "no file of that name"
    assert found["extra.txt"] == "a file that is not listed"
    assert len(found) == 4


@pytest.mark.parametrize("path", ["../outside.txt", "/etc/passwd"])
def test_a_manifest_cannot_point_out_of_its_folder(make_release: MakeRelease, path: str) -> None:
    folder = make_release()
    (folder.parent / "outside.txt").write_text("outside")
    manifest = json.loads((folder / "manifest.json").read_text())
    manifest["files"][0]["path"] = path
    (folder / "manifest.json").write_text(json.dumps(manifest))
    assert "files[0].path" in [fault.path for fault in verify_manifest(folder)]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", "invalid JSON at column 2"),
        ('{\n  "files": [\n}', r"manifest.json:3: found invalid JSON at column 1"),
        ("{}", "release_id: found nothing"),
        ('{"schema_version": "9"}', "a newer manyvoices wrote this file"),
    ],
)
def test_a_broken_manifest_is_a_fault(tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / "manifest.json").write_text(text)
    with pytest.raises(DataError, match=message):
        read_manifest(tmp_path)
    assert len(verify_manifest(tmp_path)) == 1


def test_a_folder_without_a_manifest_is_not_a_release(tmp_path: Path) -> None:
    (fault,) = verify_manifest(tmp_path)
    assert fault.found == "no file of that name"


def test_a_finished_release_is_never_written_over(make_release: MakeRelease) -> None:
    folder = make_release()
    with pytest.raises(DataError, match="a release is frozen"):
        write_native(folder, **pilot())
    assert verify_manifest(folder) == []


def test_a_writer_that_is_interrupted_leaves_no_file(tmp_path: Path) -> None:
    def interrupted() -> None:
        with NativeWriter(tmp_path) as writer:
            writer.write(person("ada"))
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


def test_a_writer_counts_what_it_wrote_and_can_compress(tmp_path: Path) -> None:
    n_rows = write_native(tmp_path, **pilot(), compress=True)
    assert n_rows == {"participants": 3, "answers": 6, "conversations": 3}
    assert (tmp_path / "native/conversations.jsonl.gz").exists()
    assert list(read_native(tmp_path).answers) == pilot()["answers"]


def test_half_a_surrogate_pair_is_a_fault_and_not_a_crash(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="a record that JSON cannot hold"):
        write_native(tmp_path, **(pilot() | {"participants": [person("ada\ud83d")]}))


@pytest.mark.parametrize("name", ["../out.md", "/tmp/out.md", "a/../../out.md"])
def test_a_study_file_cannot_lead_out_of_the_release(tmp_path: Path, name: str) -> None:
    with pytest.raises(DataError, match="a name that leads out"):
        write_study_files(tmp_path / "release", {name: "text"})


def test_reading_a_folder_without_native_files_says_so(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="a folder with native files"):
        read_native(tmp_path)


def test_a_study_by_another_name_is_found_by_the_copy_at_the_top(tmp_path: Path) -> None:
    files = {"pilot.yaml": "id: pilot", "other.yaml": "id: other"}
    write_study_files(tmp_path, files, main="pilot.yaml")
    assert main_study_file(tmp_path, read_study_files(tmp_path)) == "pilot.yaml"
