"""Writing a study's records as PRISM's four files, in a stream or in memory."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeAlias

import msgspec

from manyvoices.io.croissant import to_croissant
from manyvoices.io.faults import FaultLog
from manyvoices.io.lines import OnBytes
from manyvoices.io.native import NativeRelease, read_native
from manyvoices.io.prism import (
    PRISM_FILES,
    PrismRelease,
    find,
    read_prism_file,
    write_prism_conversations,
)
from manyvoices.io.prism_rows import PrismBuilder
from manyvoices.io.prism_survey import SurveyQuestion
from manyvoices.io.registry import Format, Written, register
from manyvoices.io.writing import LineWriter, replacing, write_records
from manyvoices.schema import (
    Answer,
    Conversation,
    Participant,
    PrismConversation,
    PrismMetadata,
    PrismSurveyRow,
    PrismUtterance,
)


@dataclass(frozen=True, slots=True)
class PrismRecords:
    """A whole study in PRISM's form, in memory."""

    survey: list[PrismSurveyRow]
    conversations: list[PrismConversation]
    utterances: list[PrismUtterance]
    metadata: list[PrismMetadata]
    n_left_out: dict[str, int] = field(default_factory=dict)
    """Reason, one of `manyvoices.io.prism_rows.LeftOut` -> how many; absent where none were."""


@dataclass(frozen=True, slots=True)
class PrismWritten:
    """What was written, and what PRISM's form has no room for."""

    n_rows: dict[str, int]
    n_left_out: dict[str, int]


Source: TypeAlias = Path | str | NativeRelease | PrismRelease | PrismRecords


def prism_records(
    participants: Iterable[Participant],
    answers: Iterable[Answer],
    conversations: Iterable[Conversation],
    questions: Iterable[SurveyQuestion] = (),
) -> PrismRecords:
    """Native records as PRISM's rows, in memory; `write_prism` does the same in a stream.

    Left out and counted: people who withdrew and all that is theirs, unfinished conversations,
    turns that no model answered, utterances without an answer. Metadata rows carry no flags yet.
    """
    builder = PrismBuilder(participants, answers, questions)
    kept = [rows for c in conversations if (rows := builder.conversation(c)) is not None]
    survey, texts = _apart(builder.survey())
    return PrismRecords(
        survey=survey,
        conversations=[rows.conversation for rows in kept],
        utterances=[u for rows in kept for u in rows.utterances],
        metadata=[m for rows in kept for m in rows.metadata] + texts,
        n_left_out=dict(builder.n_left_out),
    )


def _apart(
    rows: Iterable[tuple[PrismSurveyRow, list[PrismMetadata]]],
) -> tuple[list[PrismSurveyRow], list[PrismMetadata]]:
    """Survey rows and the metadata rows of their texts, apart."""
    survey, texts = [], []
    for row, metadata in rows:
        survey.append(row)
        texts += metadata
    return survey, texts


def write_prism(
    source: Source, directory: Path | str, *, questions: Iterable[SurveyQuestion] = ()
) -> PrismWritten:
    """Write PRISM's four files into `directory`.

    Args:
        source: A native release (or its folder), a folder in PRISM's form that was read, or rows.
        questions: The study's survey (`manyvoices.design.survey_columns`): with it a native
            release gets a column for every question, also where nobody was asked.

    Raises:
        DataError: The source has faults; nothing is written then.
    """
    folder = Path(directory)
    if isinstance(source, Path | str):
        source = read_native(source)
    if isinstance(source, NativeRelease):
        return _write_native(source, folder, questions)
    left_out = source.n_left_out if isinstance(source, PrismRecords) else {}
    n_rows = {}
    for name in PRISM_FILES:
        write = write_prism_conversations if name == "conversations" else write_records
        n_rows[name] = write(getattr(source, name), folder / f"{name}.jsonl")
    return PrismWritten(n_rows, dict(left_out))


def _write_native(
    release: NativeRelease, folder: Path, questions: Iterable[SurveyQuestion]
) -> PrismWritten:
    builder = PrismBuilder(release.participants, release.answers, questions)
    with contextlib.ExitStack() as stack:
        out = {
            name: LineWriter(stack.enter_context(replacing(folder / f"{name}.jsonl")), name)
            for name in PRISM_FILES
        }
        for conversation in release.conversations:
            if (rows := builder.conversation(conversation)) is not None:
                out["conversations"].write(rows.conversation)
                _write_all(out["utterances"], rows.utterances)
                _write_all(out["metadata"], rows.metadata)
        for row, texts in builder.survey():
            out["survey"].write(row)
            _write_all(out["metadata"], texts)
    n_rows = {name: writer.n_rows for name, writer in out.items()}
    return PrismWritten(n_rows, dict(builder.n_left_out))


def _write_all(writer: LineWriter, records: Iterable[Any]) -> None:
    for record in records:
        writer.write(record)


def _read_folder(
    path: Path | str,
    *,
    strict: bool = True,
    log: FaultLog | None = None,
    on_bytes: OnBytes | None = None,
) -> Iterator[Any]:
    """All rows of the four files, one file after the other."""
    log, before = FaultLog() if log is None else log, 0
    for name in PRISM_FILES:
        file = find(Path(path), name)
        report = None if on_bytes is None else _beyond(on_bytes, before)
        yield from read_prism_file(file, name, strict=False, log=log, on_bytes=report)
        before += file.stat().st_size if file.is_file() else 0
    if strict:
        log.raise_if_any()


def _beyond(on_bytes: OnBytes, before: int) -> OnBytes:
    return lambda n_bytes: on_bytes(before + n_bytes)


def _write_folder(records: Iterable[Any], path: Path) -> Written:
    """Write rows of all four kinds, each to its file."""
    with contextlib.ExitStack() as stack:
        out = {}
        for name, kind in _KINDS.items():
            file = path / f"{name}.jsonl"
            out[kind] = LineWriter(stack.enter_context(replacing(file)), file)
        for row in records:
            out[type(row)].write(_as_published(row))
    return Written(sum(writer.n_rows for writer in out.values()))


def _as_published(row: Any) -> Any:
    is_croissant = isinstance(row, PrismConversation) and row.split is not msgspec.UNSET
    return to_croissant(row) if is_croissant else row


_KINDS: dict[str, type] = {
    "survey": dict,
    "conversations": PrismConversation,
    "utterances": PrismUtterance,
    "metadata": PrismMetadata,
}

register(
    Format(
        name="prism",
        looks_like="a folder with PRISM's survey, conversations, utterances and metadata",
        content="prism",
        read=_read_folder,
        write=_write_folder,
        folder=True,
    )
)
