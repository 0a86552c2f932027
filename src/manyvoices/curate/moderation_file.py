"""The file in which verdicts are kept as they come, so that none is ever asked for twice.

One JSON object to a line, appended and flushed batch by batch. A process that is killed leaves at
most one line unfinished at the end; the next one drops it and asks again for that text.
"""

from __future__ import annotations

import fcntl
from collections.abc import Iterable
from pathlib import Path
from types import TracebackType
from typing import BinaryIO

import msgspec

from manyvoices.io.faults import FaultLog
from manyvoices.schema.errors import DataError, Fault
from manyvoices.schema.moderation import Verdict

_decoder = msgspec.json.Decoder(Verdict)
_encoder = msgspec.json.Encoder()


def read_verdicts(path: Path | str, *, asked_model: str | None = None) -> dict[str, Verdict]:
    """Verdicts by the text's SHA-256, those of `asked_model` only if it is given.

    An unfinished last line is passed over. Of two verdicts on one text the later counts.

    Raises:
        DataError: Lines are not verdicts; or there are several models' and none is named.
    """
    log, found, models = FaultLog(), {}, set()
    for number, line in enumerate(_whole_lines(Path(path)), start=1):
        try:
            verdict = _decoder.decode(line)
        except (msgspec.MsgspecError, UnicodeDecodeError) as error:
            log.add(Fault(str(path), number, "", f"no verdict ({error})", "a moderation verdict"))
            continue
        if asked_model in (None, verdict.asked_model):
            models.add(verdict.asked_model)
            found[verdict.text_sha256] = verdict
    if len(models) > 1:
        named = ", ".join(sorted(models))
        log.add(Fault(str(path), None, "asked_model", named, "one model's verdicts"))
    log.raise_if_any()
    return found


def _whole_lines(path: Path) -> list[bytes]:
    return path.read_bytes().split(b"\n")[:-1]


class VerdictFile:
    """A file of verdicts that grows; used in a ``with`` block, by one process at a time."""

    def __init__(self, path: Path | str, *, asked_model: str) -> None:
        """Nothing is opened yet. Only verdicts of `asked_model` count."""
        self._path, self._asked_model = Path(path), asked_model
        self.known: dict[str, Verdict] = {}
        """What is in the file, by the text's SHA-256."""

    def __enter__(self) -> VerdictFile:
        """Read what is there; raises `DataError` as `read_verdicts` does, or if it is in use."""
        self._path.parent.mkdir(parents=True, exist_ok=True)
        self._path.touch()
        self._file = self._path.open("r+b")
        try:
            _lock(self._file, self._path)
            self.known = read_verdicts(self._path, asked_model=self._asked_model)
            whole = sum(len(line) + 1 for line in _whole_lines(self._path))
            self._file.truncate(whole)
            self._file.seek(whole)
        except BaseException:
            self._file.close()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._file.close()

    def add(self, verdicts: Iterable[Verdict]) -> None:
        """Append verdicts; they are out of this process when this returns."""
        for verdict in verdicts:
            self._file.write(_encoder.encode(verdict) + b"\n")
            self.known[verdict.text_sha256] = verdict
        self._file.flush()


def _lock(file: BinaryIO, path: Path) -> None:
    """Keep a second process out for as long as the file is open; it is let go even by a kill."""
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        found = "in use by another run"
        raise DataError([Fault(str(path), None, "", found, "one run at a time")]) from None
