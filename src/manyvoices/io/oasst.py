"""OpenAssistant's files: message trees, and messages on their own.

Three forms are read. Trees and nested messages are those of the ``oasst-data`` package. Flat
messages are the rows of the data set as published in tables, where ``emojis`` and ``labels`` are
parallel arrays; they become the same `Message`, and `write_messages` makes them flat again.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

import msgspec

from manyvoices.io.checks import TreeCheck
from manyvoices.io.faults import FaultLog
from manyvoices.io.lines import OnBytes, read_records
from manyvoices.io.oasst_flat import decode_flat, flat_row
from manyvoices.io.registry import Format, Written, register
from manyvoices.io.writing import write_records
from manyvoices.schema import Message, MessageTree

_tree_decoder = msgspec.json.Decoder(MessageTree)
_message_decoder = msgspec.json.Decoder(Message)


# Only a table's row holds arrays of names; quotes inside a JSON string are escaped, so neither
# marker can be somebody's text.
_FLAT_MARKS = (b'"name":[', b'"name": [')


def read_trees(
    path: Path | str,
    *,
    strict: bool = True,
    log: FaultLog | None = None,
    on_bytes: OnBytes | None = None,
) -> Iterator[MessageTree]:
    """The trees of a file, plain or gzipped, one at a time.

    Raises:
        DataError: After the last good tree, with all faults of the file, when `strict`.
    """
    log = FaultLog() if log is None else log
    check = TreeCheck(log.reporter(path))
    return read_records(
        path,
        _tree_decoder.decode,
        MessageTree,
        check=check.tree,
        strict=strict,
        log=log,
        on_bytes=on_bytes,
        at_end=check.end,
    )


def write_trees(trees: Iterable[MessageTree], path: Path | str) -> int:
    """Write trees as they are published; return how many. Fields that are absent stay absent."""
    return write_records(trees, path, row=MessageTree)


def read_messages(
    path: Path | str,
    *,
    strict: bool = True,
    log: FaultLog | None = None,
    on_bytes: OnBytes | None = None,
) -> Iterator[Message]:
    """The messages of a file, with their replies where they are nested; flat rows as well.

    Raises:
        DataError: After the last good message, with all faults of the file, when `strict`.
    """
    log = FaultLog() if log is None else log
    check = TreeCheck(log.reporter(path))
    return read_records(
        path,
        _decode_message,
        Message,
        check=check.message,
        strict=strict,
        log=log,
        on_bytes=on_bytes,
        at_end=check.end,
    )


def write_messages(messages: Iterable[Message], path: Path | str, *, flat: bool = False) -> int:
    """Write messages, nested as they are, or `flat`: the rows of a table, without replies.

    A flat row is written for the message itself only; walk the replies first to keep them.
    """
    return write_records((flat_row(m) for m in messages) if flat else messages, path)


def _decode_message(line: bytes) -> Message:
    if any(mark in line for mark in _FLAT_MARKS):
        return decode_flat(line)
    return _message_decoder.decode(line)


register(
    Format(
        name="oasst-trees",
        looks_like="OASST trees: message_tree_id and prompt on every line",
        content="trees",
        read=read_trees,
        write=lambda trees, path: Written(write_trees(trees, path)),
        marks=(frozenset({"message_tree_id", "prompt"}),),
    )
)
register(
    Format(
        name="oasst-messages",
        looks_like="OASST messages: message_id, text and role on every line",
        content="messages",
        read=read_messages,
        write=lambda messages, path: Written(write_messages(messages, path)),
        marks=(frozenset({"message_id", "role"}),),
    )
)
