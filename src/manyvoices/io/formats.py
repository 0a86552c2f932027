"""Telling what a file or folder is from what is in it, never from its name alone."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec

from manyvoices.io.explain import DECODE_ERRORS, explain
from manyvoices.io.faults import FaultLog, describe, shorten
from manyvoices.io.lines import iter_lines
from manyvoices.io.manifest import MANIFEST
from manyvoices.io.native import NATIVE_FILES
from manyvoices.io.prism import PRISM_FILES, find
from manyvoices.schema import DataError, Fault

FORMATS = {
    "native": "a release folder with native/ in it",
    "prism": "a folder with PRISM's survey, conversations, utterances and metadata",
    "oasst-trees": "OASST trees: message_tree_id and prompt on every line",
    "oasst-messages": "OASST messages: message_id, text and role on every line",
    "arena": "battles: model_a, model_b and winner on every line",
    **{f"prism-{name}": f"PRISM's {name}.jsonl alone" for name in PRISM_FILES},
    **{f"native-{name}": f"native {name}.jsonl alone" for name in NATIVE_FILES},
}
"""Name of each format that can be read here -> what it looks like."""

_ALIASES = {"oasst": ("oasst-trees", "oasst-messages"), "battles": ("arena",)}

# The first whose fields are all there wins, so the more particular come first.
_MARKS = (
    ("oasst-trees", {"message_tree_id", "prompt"}),
    ("arena", {"model_a", "model_b"}),
    ("oasst-messages", {"message_id", "role"}),
    ("prism-conversations", {"conversation_history"}),
    ("prism-conversations", {"conversations/conversation_history"}),
    ("prism-utterances", {"utterance_id", "model_response"}),
    ("prism-metadata", {"column_id", "user_id"}),
    ("native-answers", {"participant_id", "question_id"}),
    ("native-conversations", {"participant_id", "turns"}),
    ("native-participants", {"participant_id", "consented_at"}),
    ("prism-survey", {"user_id", "survey_only"}),
)


def detect_format(path: Path | str) -> str:
    """Which of `FORMATS` a file or folder is in.

    Raises:
        DataError: None of them; the message says what was there and what was looked for.
    """
    path = Path(path)
    if path.is_dir():
        return _detect_folder(path)
    keys = set(_first_record(path))
    for name, marks in _MARKS:
        if marks <= keys:
            return name
    names = shorten(", ".join(sorted(keys)), 200) or "no fields"
    raise _unknown(path, f"records with {names}")


def resolve_format(path: Path | str, name: str | None) -> str:
    """The format that `name` means for this path; detected where `name` is None.

    Raises:
        DataError: There is no such format, or the path cannot be in it.
    """
    if name in FORMATS:
        return str(name)
    if name is not None and name not in _ALIASES:
        raise _unknown(Path(path), f"the format name {describe(name)}", names_only=True)
    detected = detect_format(path)
    if name is not None and detected not in _ALIASES[name]:
        wanted = " or ".join(_ALIASES[name])
        raise DataError([Fault(str(path), None, "", detected, wanted)])
    return detected


def _detect_folder(path: Path) -> str:
    if (path / MANIFEST).exists() or (path / "native").is_dir():
        return "native"
    if any(find(path, name).exists() for name in PRISM_FILES):
        return "prism"
    entries = sorted(entry.name for entry in path.iterdir())
    names = shorten(", ".join(entries[:6]), 200)
    raise _unknown(path, f"a folder with {names}" if names else "an empty folder")


def _first_record(path: Path) -> dict[str, Any]:
    log = FaultLog()
    lines: Iterator[tuple[int, bytes]] = iter_lines(path, log)
    for number, line in lines:
        try:
            record = msgspec.json.decode(line)
        except DECODE_ERRORS as error:
            raise DataError([explain(error, line, str(path), number, dict)]) from error
        if isinstance(record, dict):
            return record
        hint = "write one record to a line, without a list around them"
        wanted = "one JSON object on each line"
        raise DataError([Fault(str(path), number, "", describe(record), wanted, hint)])
    log.raise_if_any()
    raise DataError([Fault(str(path), None, "", "an empty file", "at least one record")])


def _unknown(path: Path, found: str, *, names_only: bool = False) -> DataError:
    known = [name if names_only else f"{name} ({what})" for name, what in FORMATS.items()]
    return DataError([Fault(str(path), None, "", found, "one of " + "; ".join(known))])
