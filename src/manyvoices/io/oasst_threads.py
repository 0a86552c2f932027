"""OASST's threads: one line for each path from a prompt to a last message.

``thread_id`` is the id of the path's last message, which no other path ends with, and ``thread``
holds its messages from the prompt on, without replies. A message with several replies stands in
several threads.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

import msgspec

from manyvoices.io.checks import Unique
from manyvoices.io.faults import FaultLog, describe
from manyvoices.io.lines import OnBytes, Problem, read_records
from manyvoices.io.registry import Format, Written, register
from manyvoices.io.writing import write_records
from manyvoices.schema.trees import MessageThread

_decoder = msgspec.json.Decoder(MessageThread)


def read_threads(
    path: Path | str,
    *,
    strict: bool = True,
    log: FaultLog | None = None,
    on_bytes: OnBytes | None = None,
) -> Iterator[MessageThread]:
    """The threads of a file, one by one.

    Raises:
        DataError: After the last good thread, with all faults of the file, when `strict`.
    """
    return read_records(
        path,
        _decoder.decode,
        MessageThread,
        check=_Check().thread,
        strict=strict,
        log=log,
        on_bytes=on_bytes,
    )


def write_threads(threads: Iterable[MessageThread], path: Path | str) -> int:
    """Write threads; return how many."""
    return write_records(threads, path, row=MessageThread)


class _Check:
    """Thread ids used once, and each message naming the one before it."""

    def __init__(self) -> None:
        self._seen = Unique()

    def thread(self, record: MessageThread, line: int) -> list[Problem]:
        problems = self._seen.problems(record.thread_id, line, "thread_id")
        if not record.thread:
            problems.append(("thread", "a list of 0", "one message at least"))
        before: str | None = None
        for index, message in enumerate(record.thread):
            named, path = message.parent_id, f"thread[{index}].parent_id"
            if isinstance(named, str) and named != before:
                wanted = "null" if before is None else describe(before)
                problems.append((path, describe(named), f"{wanted}, the message before it"))
            if message.replies:
                wanted = "no replies: a thread is one path"
                problems.append((f"thread[{index}].replies", describe(message.replies), wanted))
            before = message.message_id
        return problems


register(
    Format(
        name="oasst-threads",
        looks_like="OASST threads: thread_id and thread, a list of messages, on every line",
        content="threads",
        read=read_threads,
        write=lambda threads, path: Written(write_threads(threads, path)),
        marks=(frozenset({"thread_id", "thread"}),),
    )
)
