"""A release folder as a `ReleaseTable`, with the words of the study that it carries."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

from manyvoices.analyse.table import ReleaseTable, Source, tabulate
from manyvoices.analyse.words import StudyWords, study_words
from manyvoices.design import read_study
from manyvoices.io.manifest import MANIFEST, sha256
from manyvoices.io.native import NativeRelease, main_study_file, read_native
from manyvoices.schema.errors import InputError


def read_release(
    directory: Path, *, on_conversation: Callable[[], None] | None = None
) -> ReleaseTable:
    """Read a native release into columns.

    A study that is missing or cannot be loaded costs the labels, not the report: codes stand in
    their place and a note says so. Raises `DataError` where the data are at fault.
    """
    release = read_native(directory)
    words, notes = _words(release.study, main_study_file(directory, release.study))
    source = _source(release, directory)
    return tabulate(
        release.participants,
        release.answers,
        release.conversations,
        words=words,
        source=replace(source, notes=(*source.notes, *notes)),
        on_conversation=on_conversation,
    )


def _words(files: Mapping[str, str], main: str) -> tuple[StudyWords, tuple[str, ...]]:
    if main not in files:
        return StudyWords(), ("The release carries no study, so codes stand for questions.",)
    try:
        return study_words(read_study(files, main)), ()
    except InputError as error:
        first = error.faults[0]
        reason = f"{first.file}: found {first.found}, expected {first.expected}"
        note = f"The release’s study cannot be loaded, so codes stand for questions ({reason})."
        return StudyWords(), (note,)


def _source(release: NativeRelease, directory: Path) -> Source:
    manifest = release.manifest
    if manifest is None:
        note = "There is no manifest: these files are not a finished release."
        return Source(release_id=directory.resolve().name, notes=(note,))
    return Source(
        release_id=manifest.release_id,
        study_id=manifest.study_id,
        version=manifest.version,
        created_at=manifest.created_at,
        study_digest=manifest.study_digest,
        manifest_sha256=sha256(directory / MANIFEST),
        title=manifest.title,
        notes=tuple(manifest.notes),
    )
