"""The one list of formats: what each is called, how it is told, read and written.

A module that brings a format registers it when it is imported, and `BUILT_IN` names the modules, so
that detection, ``validate``, ``convert`` and the documentation all speak of the same list. What a
format holds is its content: two formats of one content carry the same records, and
`manyvoices.io.converting` goes from one content to another.

Every format of lines is also read and written as ``.gz`` and ``.parquet``: `iter_lines` unpacks
what it finds, and `write_records` goes by the name of the file.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Protocol, TypeAlias

if TYPE_CHECKING:
    from manyvoices.io.faults import FaultLog
    from manyvoices.io.lines import OnBytes

Content: TypeAlias = Literal[
    "release",
    "participants",
    "survey-answers",
    "conversations",
    "prism",
    "prism-survey",
    "prism-conversations",
    "prism-utterances",
    "prism-metadata",
    "trees",
    "grown",
    "labels",
    "rankings",
    "comparisons",
    "messages",
    "threads",
    "battles",
    "pairs",
    "dialogues",
    "labelled",
    "ratings",
    "answers",
]
"""What records a format holds.

``release``: `Participant`, then `Answer`, then `Conversation`, in one stream; ``participants``,
``survey-answers`` and ``conversations`` are one of the three. ``prism``: PRISM's four kinds in one
stream, a survey row being a dict; ``prism-survey`` and so on are one of the four. ``trees``:
`MessageTree`. ``grown``: `GrownTree`; ``labels``: `Label`; ``rankings``: `Ranking`.
``comparisons``: `Comparison`. ``messages``: `Message`, nested or row by row. ``threads``:
`MessageThread`. ``battles``: `Battle`. ``pairs``: `PreferencePair`. ``dialogues``: `Dialogue`.
``labelled``: `LabelledCompletion`. ``ratings``: `RatedText`. ``answers``: `Answer` as a survey tool
exported it.
"""


@dataclass(frozen=True, slots=True)
class Written:
    """What a writer wrote, and what its format has no place for."""

    n_rows: int
    n_left_out: Mapping[str, int] = field(default_factory=dict)
    """Field or reason -> how many; empty where everything was carried."""


class Reader(Protocol):
    """Reads a path record by record; faults are raised at the end, or go to `log`."""

    def __call__(
        self,
        path: Path | str,
        *,
        strict: bool = True,
        log: FaultLog | None = None,
        on_bytes: OnBytes | None = None,
    ) -> Iterator[Any]:
        """The records of `path`, as they are read."""


Writer: TypeAlias = Callable[[Iterable[Any], Path], Written]


@dataclass(frozen=True, slots=True)
class Format:
    """One format. All that is said about a format anywhere comes from here."""

    name: str
    """As in ``--format``, ``--from`` and ``--to``."""
    looks_like: str
    """In a few words, for a person who has a file and no name for it."""
    content: Content
    read: Reader
    write: Writer | None = None
    """None where it is only read."""
    marks: tuple[frozenset[str], ...] = ()
    """Sets of fields: a file is told by a first record that has all fields of one of them. Of all
    formats that match, the one with the most fields wins, then the first in order of name."""
    recognise: Callable[[dict[str, Any]], bool] | None = None
    """Looks at a first record that has the marks; where it says yes it counts as one field more."""
    sniff: Callable[[bytes], bool] | None = None
    """For files that are no JSON lines (CSV, one JSON document): looks at the first 64 KiB,
    unpacked. It is asked before any line is read as JSON."""
    folder: bool = False
    """Whether the format is a folder and not a file."""


BUILT_IN = (
    "manyvoices.io.native",
    "manyvoices.io.native_trees",
    "manyvoices.io.native_comparisons",
    "manyvoices.io.prism",
    "manyvoices.io.prism_export",
    "manyvoices.io.prism_wide",
    "manyvoices.io.oasst",
    "manyvoices.io.oasst_flat",
    "manyvoices.io.oasst_threads",
    "manyvoices.io.arena",
    "manyvoices.io.trl",
    "manyvoices.io.hh",
    "manyvoices.io.rated",
)
"""Modules that register formats."""

ALIASES: dict[str, tuple[str, ...]] = {
    "oasst": ("oasst-trees", "oasst-messages", "oasst-flat", "oasst-threads"),
    "battles": ("arena",),
}
"""A name for any one of several formats; which of them is told from the content."""

_formats: dict[str, Format] = {}


def register(format: Format) -> Format:
    """Add a format to the list; a name can be taken only once."""
    known = _formats.setdefault(format.name, format)
    if known is not format:
        raise ValueError(f"two formats are called {format.name}")
    return format


def formats() -> Mapping[str, Format]:
    """Name -> format, all of them, in order of name: imports may come in any order."""
    for module in BUILT_IN:
        importlib.import_module(module)
    return dict(sorted(_formats.items()))


def get(name: str) -> Format:
    """The format of that name.

    Raises:
        KeyError: There is none.
    """
    return formats()[name]
