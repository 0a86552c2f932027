"""Manifests: what they say, and that those of earlier versions are read."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable
from pathlib import Path

import pytest

from manyvoices.io import read_manifest, verify_manifest, write_manifest
from manyvoices.io.manifest import content_id, parent_of, sha256
from manyvoices.schema import RELEASE_VERSION, DataError, ParentRelease, WithdrawnFrom

MakeRelease = Callable[..., Path]
NEW = (
    *("protocol_hash", "software_version", "counts", "parent", "settings"),
    "withdrawals",
)
"""What version 2 added."""


def as_version_1(folder: Path) -> None:
    path = folder / "manifest.json"
    written = json.loads(path.read_text())
    for name in NEW:
        written.pop(name)
    path.write_text(json.dumps(written | {"schema_version": "1"}))


def test_a_manifest_of_the_first_version_is_read_and_what_is_new_is_absent(
    make_release: MakeRelease,
) -> None:
    folder = make_release()
    as_version_1(folder)
    release = read_manifest(folder)
    assert release.schema_version == "1"
    assert (release.protocol_hash, release.parent) == (None, None)
    assert (release.settings, release.withdrawals) == ({}, [])
    assert verify_manifest(folder) == []


def test_a_manifest_of_a_later_version_is_refused_in_words(make_release: MakeRelease) -> None:
    folder = make_release()
    path = folder / "manifest.json"
    mark = f'"schema_version": "{RELEASE_VERSION}"'
    assert mark in path.read_text()
    path.write_text(path.read_text().replace(mark, '"schema_version": "99"'))
    with pytest.raises(DataError, match="schema_version: found") as caught:
        read_manifest(folder)
    assert 'expected "1" or "2"' in str(caught.value)


def test_what_is_written_is_read_back(make_release: MakeRelease) -> None:
    folder = make_release()
    parent = parent_of(folder)
    assert parent == ParentRelease(
        release_id="pilot-1", manifest_sha256=sha256(folder / "manifest.json")
    )
    (folder / "manifest.json").unlink()
    written = write_manifest(
        folder,
        release_id="pilot-2",
        study_id="pilot",
        title="Pilot",
        version="2",
        study_digest="0" * 64,
        n_participants=2,
        n_simulated=1,
        created_at=dt.datetime(2026, 1, 1, tzinfo=dt.UTC),
        protocol_hash="1" * 64,
        counts={"conversations": 3},
        parent=parent,
        settings={"dates": "month", "anonymity": {"k": 5}},
        withdrawals=[WithdrawnFrom(release_id="pilot-1", participants=["ada"])],
    )
    assert read_manifest(folder) == written
    assert written.software_version


def test_files_without_a_manifest_are_a_parent_by_name_alone(tmp_path: Path) -> None:
    folder = tmp_path / "published"
    folder.mkdir()
    assert parent_of(folder) == ParentRelease(release_id="published", manifest_sha256=None)


def test_the_id_of_the_content_follows_files_names_and_settings(make_release: MakeRelease) -> None:
    one, two = make_release("one"), make_release("two")
    assert content_id(one) == content_id(two)
    assert content_id(one) != content_id(one, {"dates": "month"})
    (two / "native" / "answers.jsonl").rename(two / "native" / "other.jsonl")
    assert content_id(one) != content_id(two)
