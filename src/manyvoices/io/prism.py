"""PRISM's four files: survey, conversations, utterances and metadata.

Conversations come in two forms, as published and as the Croissant tools export them; both are read,
and each is written back in the form that it came in.
"""

from __future__ import annotations

import functools
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar, cast

import msgspec

from manyvoices.io.checks import Unique, UniqueField
from manyvoices.io.croissant import MARK, from_croissant, to_croissant
from manyvoices.io.faults import FaultLog, describe
from manyvoices.io.lines import Check, OnBytes, Problem, Stream, read_records
from manyvoices.io.registry import Content, Format, Reader, Writer, Written, register
from manyvoices.io.writing import write_records
from manyvoices.schema import (
    PrismConversation,
    PrismMetadata,
    PrismSurveyRow,
    PrismUtterance,
)

T = TypeVar("T")

PRISM_FILES = ("survey", "conversations", "utterances", "metadata")
"""Names of the four files, each ``<name>.jsonl`` or ``<name>.jsonl.gz``."""

_conversation_decoder = msgspec.json.Decoder(PrismConversation)
_utterance_decoder = msgspec.json.Decoder(PrismUtterance)
_metadata_decoder = msgspec.json.Decoder(PrismMetadata)
_survey_decoder = msgspec.json.Decoder(dict[str, Any])


@dataclass(frozen=True, slots=True)
class PrismRelease:
    """A folder in PRISM's form. Each part reads its file anew whenever it is iterated.

    Iterating raises `DataError` at the end of a file that has faults.
    """

    directory: Path
    survey: Iterable[PrismSurveyRow]
    conversations: Iterable[PrismConversation]
    utterances: Iterable[PrismUtterance]
    metadata: Iterable[PrismMetadata]


def read_prism(directory: Path | str, *, strict: bool = True) -> PrismRelease:
    """Open a folder that holds PRISM's four files; nothing is read before it is iterated."""
    folder = Path(directory)

    def stream(name: str) -> Stream[Any]:
        return Stream(lambda: read_prism_file(find(folder, name), name, strict=strict))

    survey, conversations, utterances, metadata = map(stream, PRISM_FILES)
    return PrismRelease(folder, survey, conversations, utterances, metadata)


def read_prism_conversations(
    path: Path | str,
    *,
    strict: bool = True,
    log: FaultLog | None = None,
    on_bytes: OnBytes | None = None,
) -> Iterator[PrismConversation]:
    """The rows of a ``conversations.jsonl``, in either form.

    Raises:
        DataError: After the last good row, with all faults of the file, when `strict`.
    """
    return read_prism_file(
        path, "conversations", strict=strict, log=log, on_bytes=on_bytes, allow_empty=False
    )


def write_prism_conversations(rows: Iterable[PrismConversation], path: Path | str) -> int:
    """Write rows, each in the form that it was read in; return how many there were."""
    return write_records(
        (row if row.split is msgspec.UNSET else to_croissant(row) for row in rows), path
    )


def find(directory: Path, name: str) -> Path:
    """The file of that name in a folder: plain, gzipped or Parquet, the first that is there; the
    plain path if there is none."""
    paths = [directory / f"{name}{suffix}" for suffix in (".jsonl", ".jsonl.gz", ".parquet")]
    return next((path for path in paths if path.exists()), paths[0])


def read_prism_file(
    path: Path | str,
    name: str,
    *,
    strict: bool = True,
    log: FaultLog | None = None,
    on_bytes: OnBytes | None = None,
    allow_empty: bool = True,
) -> Iterator[Any]:
    """The rows of one of `PRISM_FILES`, `name` saying which."""
    decode, expected, check = _READERS[name]
    return read_records(
        path,
        decode,
        expected,
        check=check(),
        strict=strict,
        log=log,
        on_bytes=on_bytes,
        allow_empty=allow_empty,
    )


def _decode_conversation(line: bytes) -> PrismConversation:
    return from_croissant(line) if MARK in line else _conversation_decoder.decode(line)


def _unique(field: str) -> Check[Any]:
    """A check that `field` is used once in the file."""
    return UniqueField(field).problems


def _survey_check() -> Check[PrismSurveyRow]:
    seen = Unique()

    def check(row: PrismSurveyRow, line: int) -> list[Problem]:
        user = row.get("user_id")
        if isinstance(user, str):
            return seen.problems(user, line, "user_id")
        found = describe(user) if "user_id" in row else "nothing"
        return [("user_id", found, "a string")]

    return check


_READERS: dict[str, tuple[Any, Any, Any]] = {
    "survey": (_survey_decoder.decode, dict[str, Any], _survey_check),
    "conversations": (
        _decode_conversation,
        PrismConversation,
        lambda: _unique("conversation_id"),
    ),
    "utterances": (_utterance_decoder.decode, PrismUtterance, lambda: _unique("utterance_id")),
    "metadata": (_metadata_decoder.decode, PrismMetadata, lambda: None),
}


def prism_readers() -> dict[str, tuple[Any, Any, Any]]:
    """Name of a file -> (decoder of a line, type for faults, maker of a check)."""
    return _READERS


def _of_file(name: str) -> Reader:
    return cast(Reader, functools.partial(read_prism_file, name=name))


def _write_of(name: str) -> Writer:
    def write(rows: Iterable[Any], path: Path) -> Written:
        if name == "conversations":
            return Written(write_prism_conversations(rows, path))
        return Written(write_records(rows, path))

    return write


_MARKS: dict[str, tuple[set[str], ...]] = {
    "survey": ({"user_id", "survey_only"},),
    "conversations": ({"conversation_history"}, {"conversations/conversation_history"}),
    "utterances": ({"utterance_id", "model_response"},),
    "metadata": ({"column_id", "user_id"},),
}
_CONTENTS: dict[str, Content] = {
    "survey": "prism-survey",
    "conversations": "prism-conversations",
    "utterances": "prism-utterances",
    "metadata": "prism-metadata",
}
for _name in PRISM_FILES:
    register(
        Format(
            name=f"prism-{_name}",
            looks_like=f"PRISM's {_name}.jsonl alone",
            content=_CONTENTS[_name],
            read=_of_file(_name),
            write=_write_of(_name),
            marks=tuple(map(frozenset, _MARKS[_name])),
        )
    )
