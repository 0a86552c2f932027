"""Files of trees as `GrownTree` records, whatever they were: OASST, native, seeds, samples.

A file is read twice: first for its faults, of which a single one keeps all of it out, then tree by
tree. So nothing is half-imported, and memory holds one tree.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from manyvoices.io import read_grown, read_messages, read_trees
from manyvoices.io.converting_trees import message_trees
from manyvoices.io.faults import FaultLog, describe
from manyvoices.io.lines import OnBytes
from manyvoices.io.oasst_flat import below
from manyvoices.schema import Fault, Message, MessageTree
from manyvoices.schema.grown import GrownTree

MOST_RANK = 32_767
"""What a column of ranks and counts holds."""


@dataclass(frozen=True, slots=True)
class Arriving:
    """A tree of a file."""

    tree: MessageTree
    line: int
    """Where it stands."""
    more: GrownTree | None = None
    """What a native file says besides."""
    prompt_key: str = ""
    """Samples: what the tree is found by, so that another report adds to it."""


def read_oasst(path: Path, log: FaultLog, on_bytes: OnBytes | None = None) -> Iterator[Arriving]:
    """OASST trees, or messages nested or row by row."""
    if _is_messages(path):
        found = read_messages(path, strict=False, log=log, on_bytes=on_bytes)
        trees = message_trees(found, _Lost(path, log), gather=True)
    else:
        trees = read_trees(path, strict=False, log=log, on_bytes=on_bytes)
    for tree in trees:
        arriving = Arriving(tree, log.line)
        if _is_fit(arriving, path, log):
            yield arriving


def _is_messages(path: Path) -> bool:
    from manyvoices.io.formats import detect_format

    return detect_format(path) in ("oasst-messages", "oasst-flat")


class _Lost(Counter[str]):
    """Turns what a converter would leave out into faults: an import loses nothing in silence."""

    def __init__(self, path: Path, log: FaultLog) -> None:
        super().__init__()
        self._path, self._log = path, log

    def __setitem__(self, key: str, value: int) -> None:
        if value > self.get(key, 0):
            wanted = "messages that each belong to one whole tree"
            self._log.add(Fault(str(self._path), None, "", f"{key}", wanted))
        super().__setitem__(key, value)


def read_native_trees(
    path: Path, log: FaultLog, on_bytes: OnBytes | None = None
) -> Iterator[Arriving]:
    """Whole trees, as ``manyvoices trees export --format native`` writes them."""
    for record in read_grown(path, strict=False, log=log, on_bytes=on_bytes):
        arriving = Arriving(record.tree, log.line, record)
        if _is_fit(arriving, path, log):
            yield arriving


Problem = tuple[str, str, str]


def _is_fit(arriving: Arriving, path: Path, log: FaultLog) -> bool:
    """Whether the columns can hold a tree; each thing that they cannot is a fault."""
    is_fit = True
    origin = arriving.tree.origin
    if isinstance(origin, str) and len(origin) > 200:
        log.add(Fault(str(path), arriving.line, "origin", describe(origin), "200 characters"))
        is_fit = False
    for message, _parent in below(arriving.tree.prompt):
        for where, found, wanted in message_problems(message):
            place = f"message {message.message_id}: {where}"
            log.add(Fault(str(path), arriving.line, place, found, wanted))
            is_fit = False
    return is_fit


def message_problems(message: Message) -> Iterator[Problem]:
    """What of a message the database cannot hold."""
    if "\x00" in message.text:
        yield "text", "a NUL character", "text without one: no database column holds it"
    for name, most in (("lang", 20), ("model_name", 200), ("message_id", 200), ("user_id", 80)):
        value = getattr(message, name)
        if isinstance(value, str) and (len(value) > most or "\x00" in value):
            yield name, describe(value), f"{most} characters at most"
    for name in ("rank", "review_count"):
        value = getattr(message, name)
        if isinstance(value, int) and not 0 <= value <= MOST_RANK:
            yield name, describe(value), f"a number from 0 to {MOST_RANK:,}"
    if isinstance(message.created_date, str) and moment(message.created_date) is None:
        yield "created_date", describe(message.created_date), "a date and time, ISO 8601"


def moment(text: str) -> dt.datetime | None:
    """An ISO 8601 date and time; in UTC where it names no zone; None where it is none."""
    try:
        found = dt.datetime.fromisoformat(text)
    except ValueError:
        return None
    return found if found.tzinfo is not None else found.replace(tzinfo=dt.UTC)


Reader = Callable[[Path, FaultLog, OnBytes | None], Iterable[Arriving]]
