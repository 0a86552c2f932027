"""The native files of message trees: whole trees, and single labels and rankings row by row.

``native/trees.jsonl`` of a release holds every tree in every state with all that is known of how it
grew (`GrownTree`); ``labels.jsonl`` and ``rankings.jsonl`` are what ``manyvoices trees export``
writes of it for tables. A release of a study without trees has none of them.
"""

from __future__ import annotations

import functools
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, cast

import msgspec

from manyvoices.io.checks import TreeCheck, version_problems
from manyvoices.io.converting import Converter, NotCarried, register_converter
from manyvoices.io.faults import FaultLog, describe
from manyvoices.io.lines import OnBytes, Problem, read_records
from manyvoices.io.oasst_flat import below
from manyvoices.io.registry import Content, Format, Reader, Written, register
from manyvoices.io.writing import write_records
from manyvoices.schema import Label, MessageTree, Ranking
from manyvoices.schema.grown import GrownTree

TREE_FILES = ("trees", "labels", "rankings")
"""Names of the files of trees, each ``<name>.jsonl`` or ``<name>.jsonl.gz`` under ``native/``."""

_TYPES: dict[str, Any] = {"trees": GrownTree, "labels": Label, "rankings": Ranking}
_DECODERS = {name: msgspec.json.Decoder(kind) for name, kind in _TYPES.items()}


def read_grown(
    path: Path | str,
    *,
    strict: bool = True,
    log: FaultLog | None = None,
    on_bytes: OnBytes | None = None,
) -> Iterator[GrownTree]:
    """The trees of a native file, one at a time.

    Message ids are unique in the file, and reviews, rankings and merged orders are of messages of
    their tree.

    Raises:
        DataError: After the last good tree, with all faults of the file, when `strict`.
    """
    return read_tree_file(path, "trees", strict=strict, log=log, on_bytes=on_bytes)


def write_grown(trees: Iterable[GrownTree], path: Path | str) -> int:
    """Write whole trees; return how many."""
    return write_records(trees, path, row=GrownTree)


def read_tree_file(
    path: Path | str,
    name: str,
    *,
    strict: bool = True,
    log: FaultLog | None = None,
    on_bytes: OnBytes | None = None,
) -> Iterator[Any]:
    """The records of one of `TREE_FILES`, `name` saying which. A file without records is right."""
    log = FaultLog() if log is None else log
    check = TreeCheck(log.reporter(path))
    return read_records(
        path,
        _DECODERS[name].decode,
        _TYPES[name],
        check=functools.partial(_grown_problems, check) if name == "trees" else _row_problems,
        strict=strict,
        log=log,
        allow_empty=True,
        on_bytes=on_bytes,
        at_end=check.end,
    )


def _row_problems(record: Label | Ranking, line: int) -> list[Problem]:
    del line
    found = version_problems(record)
    if isinstance(record, Label) and record.cannot_tell and record.value is not None:
        found.append(("value", describe(record.value), "null: the answer was that one cannot tell"))
    return found


def _grown_problems(check: TreeCheck, record: GrownTree, line: int) -> list[Problem]:
    found = [(f"tree.{where}", *rest) for where, *rest in check.tree(record.tree, line)]
    return [*version_problems(record), *found, *_unknown_ids(record)]  # type: ignore[list-item]


def _unknown_ids(record: GrownTree) -> Iterator[Problem]:
    """Reviews and rankings of messages that the tree does not hold."""
    there = {message.message_id for message, _ in below(record.tree.prompt)}
    wanted = "the id of a message of this tree"
    if {more.message_id for more in record.messages} != there:
        yield "messages", describe(list(record.messages)), "one for each message of the tree"
    for i, review in enumerate(record.reviews):
        if review.message_id not in there:
            yield f"reviews[{i}].message_id", describe(review.message_id), wanted
    for i, ranking in enumerate(record.rankings):
        for name in [ranking.parent_id, *(key for group in ranking.ranking for key in group)]:
            if name not in there:
                yield f"rankings[{i}]", describe(name), wanted
    for i, consensus in enumerate(record.consensus):
        for name in [consensus.parent_id, *(key for group in consensus.groups for key in group)]:
            if name not in there:
                yield f"consensus[{i}]", describe(name), wanted


LOST = ("messages (what is known beside OASST's fields)", "steps", "consensus", "reviews")
"""Fields that `grown_trees` cannot carry; rankings go into no tree either."""


def grown_trees(grown: Iterable[GrownTree], not_carried: NotCarried) -> Iterator[MessageTree]:
    """The tree in each record, as it would be published."""
    for record in grown:
        not_carried[LOST[0]] += len(record.messages)
        for name in (*LOST[1:], "rankings"):
            if rows := getattr(record, name):
                not_carried[name] += len(rows)
        yield record.tree


def grown_rankings(grown: Iterable[GrownTree], not_carried: NotCarried) -> Iterator[Ranking]:
    """Each person's order of replies by itself."""
    for record in grown:
        not_carried["trees"] += 1
        yield from record.rankings


register_converter(Converter("grown", "trees", grown_trees, (*LOST, "rankings")))
register_converter(Converter("grown", "rankings", grown_rankings, ("trees",)))

_MARKS = {
    "trees": {"tree", "goal_size"},
    "labels": {"message_id", "participant_id", "name", "value"},
    "rankings": {"parent_id", "participant_id", "ranking"},
}
_SAID = {
    "trees": "native trees.jsonl alone: tree, reviews and rankings",
    "labels": "native labels.jsonl alone: one answer to one label",
    "rankings": "native rankings.jsonl alone: one order of replies",
}
_CONTENTS: dict[str, Content] = {"trees": "grown", "labels": "labels", "rankings": "rankings"}


def _write(name: str, records: Iterable[Any], path: Path) -> Written:
    return Written(write_records(records, path, row=_TYPES[name]))


for _name in TREE_FILES:
    register(
        Format(
            name=f"native-{_name}",
            looks_like=_SAID[_name],
            content=_CONTENTS[_name],
            read=cast("Reader", functools.partial(read_tree_file, name=_name)),
            write=functools.partial(_write, _name),
            marks=(frozenset(_MARKS[_name]),),
        )
    )
