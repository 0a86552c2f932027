"""OASST's messages as the rows of a table, as they were published on the Hugging Face hub.

One row for each message, without replies; ``emojis`` and ``labels`` are parallel arrays, and every
row has every column. So this form cannot tell null from absent: a null is read as absent. A reply's
tree is found by ``message_tree_id`` and its parent by ``parent_id``.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import msgspec
from msgspec import UNSET

from manyvoices.io.checks import TreeCheck
from manyvoices.io.faults import FaultLog
from manyvoices.io.lines import OnBytes, read_records
from manyvoices.io.registry import Format, Written, register
from manyvoices.io.writing import write_records
from manyvoices.schema import LabelSummary, Message, Record

NULLS = "nulls (absent when read back)"
"""What `write_flat` counts a null as."""


class Counts(Record, frozen=True, kw_only=True):
    """Emojis as two arrays."""

    name: list[str]
    count: list[int]


class Summaries(Record, frozen=True, kw_only=True):
    """Labels as three arrays."""

    name: list[str]
    value: list[float]
    count: list[int]


class Detoxify(msgspec.Struct, frozen=True, kw_only=True):
    """The scores of the published data set; the columns of Parquet."""

    toxicity: float | None = None
    severe_toxicity: float | None = None
    obscene: float | None = None
    identity_attack: float | None = None
    insult: float | None = None
    threat: float | None = None
    sexual_explicit: float | None = None


class _Row(Record, frozen=True, kw_only=True):
    """The published columns, in their order."""

    message_id: str
    parent_id: str | None = None
    user_id: str | None = None
    created_date: str | None = None
    text: str
    role: str
    lang: str | None = None
    review_count: int | None = None
    review_result: bool | None = None
    deleted: bool | None = None
    rank: int | None = None
    synthetic: bool | None = None
    model_name: str | None = None
    detoxify: Detoxify | None = None
    message_tree_id: str | None = None
    tree_state: str | None = None
    emojis: Counts | None = None
    labels: Summaries | None = None


class FlatMessage(Message, frozen=True, kw_only=True):
    """A row as it is decoded: what a message has, with arrays for its mappings."""

    emojis: Counts | msgspec.UnsetType | None = UNSET  # type: ignore[assignment]
    labels: Summaries | msgspec.UnsetType | None = UNSET  # type: ignore[assignment]
    detoxify: dict[str, float | None] | msgspec.UnsetType | None = UNSET  # type: ignore[assignment]


_decoder = msgspec.json.Decoder(FlatMessage)
_FIELDS = _Row.__struct_fields__


def from_flat(row: FlatMessage) -> Message:
    """The message of a row, its nulls kept.

    Raises:
        msgspec.ValidationError: Arrays that belong together differ in length.
    """
    fields: dict[str, Any] = msgspec.structs.asdict(row)
    if isinstance(row.emojis, Counts):
        fields["emojis"] = dict(_zip("emojis", row.emojis.name, row.emojis.count))
    if isinstance(row.labels, Summaries):
        labels = row.labels
        both = list(_zip("labels", labels.value, labels.count))
        summaries = [LabelSummary(value=value, count=count) for value, count in both]
        fields["labels"] = dict(_zip("labels", labels.name, summaries))
    if isinstance(row.detoxify, dict):
        fields["detoxify"] = {k: v for k, v in row.detoxify.items() if v is not None}
    return Message(**fields)


def decode_flat(line: bytes) -> Message:
    """The message of a line, its nulls kept; raises one of `DECODE_ERRORS`."""
    return from_flat(_decoder.decode(line))


def read_flat(
    path: Path | str,
    *,
    strict: bool = True,
    log: FaultLog | None = None,
    on_bytes: OnBytes | None = None,
) -> Iterator[Message]:
    """The messages of a file of rows, one by one; what is null there is absent here.

    Raises:
        DataError: After the last good row, with all faults of the file, when `strict`.
    """
    log = FaultLog() if log is None else log
    check = TreeCheck(log.reporter(path))
    return read_records(
        path,
        lambda line: _without_nulls(decode_flat(line)),
        Message,
        check=check.message,
        strict=strict,
        log=log,
        on_bytes=on_bytes,
        at_end=check.end,
    )


def write_flat(messages: Iterable[Message], path: Path | str) -> Written:
    """Write messages and all that is nested below them as rows, depth first.

    A reply's row names its parent and its tree, whether or not the reply itself did. Not carried
    are ``events``, and the difference between null and absent.
    """
    left_out: Counter[str] = Counter()
    rows = (row for message in messages for row in _rows(message, left_out))
    return Written(write_records(rows, path, row=_Row), dict(left_out))


def below(root: Message) -> Iterator[tuple[Message, Message | None]]:
    """(message, its parent) for a message and all below it, depth first, replies in their order."""
    stack: list[tuple[Message, Message | None]] = [(root, None)]
    while stack:
        message, parent = stack.pop()
        yield message, parent
        if message.replies:
            stack.extend((reply, message) for reply in reversed(message.replies))


def _rows(root: Message, left_out: Counter[str]) -> Iterator[dict[str, Any]]:
    for message, parent in below(root):
        if message.events:
            left_out["events"] += 1
        nulls = sum(getattr(message, name) is None for name in message.__struct_fields__)
        if nulls:
            left_out[NULLS] += nulls
        row = flat_row(message)
        if parent is not None:
            row["parent_id"] = parent.message_id
            row["message_tree_id"] = row["message_tree_id"] or root.message_tree_id or None
            row["tree_state"] = row["tree_state"] or root.tree_state or None
        yield row


def flat_row(message: Message) -> dict[str, Any]:
    """The row of one message, without its replies."""
    row = {name: getattr(message, name) for name in _FIELDS}
    if isinstance(message.emojis, dict):
        row["emojis"] = {"name": list(message.emojis), "count": list(message.emojis.values())}
    if isinstance(message.labels, dict):
        summaries = list(message.labels.values())
        row["labels"] = {
            "name": list(message.labels),
            "value": [summary.value for summary in summaries],
            "count": [summary.count for summary in summaries],
        }
    return {name: None if value is UNSET else value for name, value in row.items()}


def _zip(field: str, names: list[Any], values: list[Any]) -> Iterator[tuple[Any, Any]]:
    if len(names) != len(values):
        raise msgspec.ValidationError(f"Expected lists of equal length - at `$.{field}`")
    return zip(names, values, strict=True)


def _without_nulls(message: Message) -> Message:
    nulls = {n: UNSET for n in message.__struct_fields__ if getattr(message, n) is None}
    return msgspec.structs.replace(message, **nulls) if nulls else message


def _is_flat(record: dict[str, Any]) -> bool:
    """Whether a first record is a table's row: arrays of names, or every column and no replies."""
    arrays = [record[name] for name in ("emojis", "labels") if isinstance(record.get(name), dict)]
    if arrays:
        return any(isinstance(value.get("name"), list) for value in arrays)
    return record.keys() >= {*_FIELDS} - {"detoxify"} and "replies" not in record


register(
    Format(
        name="oasst-flat",
        looks_like="OASST messages as a table's rows: emojis and labels as parallel arrays",
        content="messages",
        read=read_flat,
        write=write_flat,
        marks=(frozenset({"message_id", "role"}),),
        recognise=_is_flat,
    )
)
