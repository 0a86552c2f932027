"""The native form: ``native/participants.jsonl``, ``answers.jsonl`` and ``conversations.jsonl``,
and ``comparisons.jsonl`` where models were compared side by side.

It holds everything that a study recorded. The other forms are made from it and lose something each.
A release folder also carries the study itself, under ``study/``, so that the data never parts from
the exact questions that were asked.
"""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from types import TracebackType
from typing import Any, cast

import msgspec

from manyvoices.io.checks import NativeCheck
from manyvoices.io.faults import FaultLog
from manyvoices.io.lines import OnBytes, Stream, read_records
from manyvoices.io.manifest import MANIFEST, read_manifest, refuse_finished
from manyvoices.io.native_comparisons import comparisons_path, read_comparisons
from manyvoices.io.prism import find
from manyvoices.io.registry import Content, Format, Reader, Writer, Written, register
from manyvoices.io.writing import LineWriter, replacing, write_records, write_text
from manyvoices.schema import (
    Answer,
    Comparison,
    Conversation,
    DataError,
    Fault,
    Participant,
    Release,
)

NATIVE_FILES = ("participants", "answers", "conversations")
"""Names of the native files, each ``<name>.jsonl`` or ``<name>.jsonl.gz`` under ``native/``."""

_TYPES: dict[str, Any] = {
    "participants": Participant,
    "answers": Answer,
    "conversations": Conversation,
}
_FILE_OF: dict[type, str] = {kind: name for name, kind in _TYPES.items()} | {
    Comparison: "comparisons"
}
_DECODERS = {name: msgspec.json.Decoder(kind) for name, kind in _TYPES.items()}


@dataclass(frozen=True, slots=True)
class NativeRelease:
    """A release folder. Each part reads its file anew whenever it is iterated.

    Iterating raises `DataError` at the end of a file that has faults.
    """

    directory: Path
    manifest: Release | None
    """None where the folder has no manifest, and so is not a release yet."""
    study: Mapping[str, str]
    """Name -> text of ``study.yaml`` and the files it names; empty where none are there."""
    participants: Iterable[Participant]
    answers: Iterable[Answer]
    conversations: Iterable[Conversation]
    comparisons: Iterable[Comparison] = ()
    """None in a release of a study without the stage."""


def read_native(directory: Path | str, *, strict: bool = True) -> NativeRelease:
    """Open a release folder; records are not read before they are iterated.

    Hashes are not checked here: `manyvoices.io.verify_manifest` does that.

    Raises:
        DataError: There are no native files in the folder, or its manifest cannot be read.
    """
    folder = Path(directory)
    if not (folder / "native").is_dir():
        found, wanted = "no folder of that name", "a folder with native files"
        raise DataError([Fault(str(folder / "native"), None, "", found, wanted)])

    def stream(name: str) -> Stream[Any]:
        path = find(folder / "native", name)
        return Stream(lambda: read_native_file(path, name, strict=strict))

    participants, answers, conversations = map(stream, NATIVE_FILES)
    manifest = read_manifest(folder) if (folder / MANIFEST).exists() else None
    study = read_study_files(folder)
    compared = Stream(lambda: read_comparisons(folder, strict=strict))
    return NativeRelease(folder, manifest, study, participants, answers, conversations, compared)


def read_native_file(
    path: Path | str,
    name: str,
    *,
    strict: bool = True,
    log: FaultLog | None = None,
    on_bytes: OnBytes | None = None,
) -> Iterator[Any]:
    """The records of one of `NATIVE_FILES`, `name` saying which. A file without records is right:
    a study may not have had any."""
    return read_records(
        path,
        _DECODERS[name].decode,
        _TYPES[name],
        check=getattr(NativeCheck(), name.removesuffix("s")),
        strict=strict,
        log=log,
        allow_empty=True,
        on_bytes=on_bytes,
    )


class NativeWriter:
    """Writes the native files of a release; they appear together when the block ends well.

    ::

        with NativeWriter(directory) as writer:
            for conversation in conversations:
                writer.write(conversation)
        writer.n_rows["conversations"]

    The file of comparisons is there only if one was written.

    Raises:
        DataError: The folder holds a finished release, which is never written over.
    """

    def __init__(self, directory: Path | str, *, compress: bool = False) -> None:
        self._folder = Path(directory)
        self._suffix = ".jsonl.gz" if compress else ".jsonl"
        self._stack = contextlib.ExitStack()
        self._writers: dict[type, LineWriter] = {}

    def __enter__(self) -> NativeWriter:
        refuse_finished(self._folder)
        for name, kind in _TYPES.items():
            self._open(name, kind)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stack.__exit__(kind, error, trace)

    @property
    def n_rows(self) -> dict[str, int]:
        """Records written so far, by file."""
        return {_FILE_OF[kind]: writer.n_rows for kind, writer in self._writers.items()}

    def write(self, record: Participant | Answer | Conversation | Comparison) -> None:
        """Append one record to the file of its kind."""
        if type(record) is Comparison and Comparison not in self._writers:
            self._open("comparisons", Comparison)
        self._writers[type(record)].write(record)

    def _open(self, name: str, kind: type) -> None:
        path = self._folder / "native" / f"{name}{self._suffix}"
        self._writers[kind] = LineWriter(self._stack.enter_context(replacing(path)), path)


def write_native(
    directory: Path | str,
    *,
    participants: Iterable[Participant],
    answers: Iterable[Answer],
    conversations: Iterable[Conversation],
    study: Mapping[str, str] | None = None,
    main: str = "study.yaml",
    compress: bool = False,
) -> dict[str, int]:
    """Write the native files, and the study's own where given; return rows by file.

    Args:
        study: Name -> text, relative to the folder of the study's main file, which is among them.
        main: Name of that main file.
        compress: Write ``.jsonl.gz``.
    """
    with NativeWriter(directory, compress=compress) as writer:
        for records in (participants, answers, conversations):
            for record in records:
                writer.write(record)
    if study:
        write_study_files(directory, study, main=main)
    return writer.n_rows


def write_study_files(
    directory: Path | str, files: Mapping[str, str], *, main: str = "study.yaml"
) -> None:
    """Write a study's files under ``study/``, where they can be loaded again as they were, and the
    `main` one as ``study.yaml`` at the top as well, where a reader of the release looks first.

    Raises:
        DataError: A name leads out of the folder.
    """
    folder = Path(directory)
    for name, text in files.items():
        place = PurePosixPath(name)
        if place.is_absolute() or ".." in place.parts:
            raise DataError([Fault(name, None, "", "a name that leads out", "a name inside")])
        write_text(text, folder / "study" / place)
        if name == main:
            write_text(text, folder / "study.yaml")


def read_study_files(directory: Path | str) -> dict[str, str]:
    """Name -> text of the study files that a release carries, in order of name.

    Raises:
        DataError: A file is not UTF-8 text.
    """
    folder = Path(directory) / "study"
    texts = {}
    for path in sorted(p for p in folder.rglob("*") if p.is_file()):
        try:
            texts[path.relative_to(folder).as_posix()] = path.read_bytes().decode()
        except UnicodeDecodeError as error:
            found = f"byte 0x{error.object[error.start]:02x}, which is not UTF-8"
            raise DataError([Fault(str(path), None, "", found, "UTF-8 text")]) from error
    return texts


def _read_folder(
    path: Path | str,
    *,
    strict: bool = True,
    log: FaultLog | None = None,
    on_bytes: OnBytes | None = None,
) -> Iterator[Any]:
    """Every participant, then every answer, conversation and comparison."""
    log, before = FaultLog() if log is None else log, 0
    for name in NATIVE_FILES:
        file = find(Path(path) / "native", name)
        report = None if on_bytes is None else _beyond(on_bytes, before)
        yield from read_native_file(file, name, strict=False, log=log, on_bytes=report)
        before += file.stat().st_size if file.is_file() else 0
    if (compared := comparisons_path(path)) is not None:
        report = None if on_bytes is None else _beyond(on_bytes, before)
        yield from read_comparisons(compared, strict=False, log=log, on_bytes=report)
    if strict:
        log.raise_if_any()


def _beyond(on_bytes: OnBytes, before: int) -> OnBytes:
    return lambda n_bytes: on_bytes(before + n_bytes)


def _write_folder(records: Iterable[Any], path: Path) -> Written:
    with NativeWriter(path) as writer:
        for record in records:
            writer.write(record)
    return Written(sum(writer.n_rows.values()))


def _write_of(kind: type) -> Writer:
    return lambda records, path: Written(write_records(records, path, row=kind))


register(
    Format(
        name="native",
        looks_like="a release folder with native/ in it",
        content="release",
        read=_read_folder,
        write=_write_folder,
        folder=True,
    )
)

_MARKS = {
    "participants": {"participant_id", "consented_at"},
    "answers": {"participant_id", "question_id"},
    "conversations": {"participant_id", "turns"},
}
_CONTENTS: dict[str, Content] = {
    "participants": "participants",
    "answers": "survey-answers",
    "conversations": "conversations",
}
for _name in NATIVE_FILES:
    register(
        Format(
            name=f"native-{_name}",
            looks_like=f"native {_name}.jsonl alone",
            content=_CONTENTS[_name],
            read=cast(Reader, functools.partial(read_native_file, name=_name)),
            write=_write_of(_TYPES[_name]),
            marks=(frozenset(_MARKS[_name]),),
        )
    )


def main_study_file(directory: Path | str, files: Mapping[str, str]) -> str:
    """Which of a release's study files is the study itself: the one that stands at the top too.

    It need not be called ``study.yaml`` among the others: a study's folder may hold several.
    """
    top = Path(directory) / "study.yaml"
    if "study.yaml" in files or not top.is_file():
        return "study.yaml"
    text = top.read_bytes().decode(errors="replace")
    return next((name for name, found in files.items() if found == text), "study.yaml")
