"""Trees on their way out: OASST's files as they are published, and native ones with everything.

The database is read once, a batch of trees at a time; what was read waits in a temporary file, and
every format is made from that, so that all of them say the same.
"""

from __future__ import annotations

import tempfile
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec
from msgspec import UNSET

from manyvoices.collect.people import consents
from manyvoices.collect.people.models import Participant
from manyvoices.collect.snapshots import snapshot
from manyvoices.collect.studies.models import Study
from manyvoices.collect.trees.records import Outlet
from manyvoices.collect.trees.selection import Selection
from manyvoices.curate.privacy import Pseudonyms, check_coarseness
from manyvoices.curate.privacy.records import sorted_on_disk
from manyvoices.io import write_trees
from manyvoices.io.converting_trees import tree_threads
from manyvoices.io.oasst_flat import below, write_flat
from manyvoices.io.oasst_threads import write_threads
from manyvoices.io.writing import write_records
from manyvoices.schema import Fault, InputError, Label, Message, MessageTree, Ranking
from manyvoices.schema.grown import GrownTree

Progress = Callable[[int], None]
"""Called with the number of trees read so far."""


@dataclass(slots=True)
class Exported:
    """What an export wrote, and what it left out."""

    files: dict[str, int] = field(default_factory=dict)
    """Path below the folder -> rows."""
    n_trees: int = 0
    n_messages: int = 0
    n_reviews: int = 0
    n_rankings: int = 0
    left_out: dict[str, int] = field(default_factory=dict)
    """Reason -> messages."""

    def notes(self) -> list[str]:
        """What a reader must know of what is not there."""
        return [f"trees: {n} {reason}" for reason, n in sorted(self.left_out.items())]


def outlet_for(
    study: Study,
    selection: Selection,
    *,
    simulated: str = "exclude",
    purposes: Iterable[str] = (),
    key: bytes | None = None,
    dates: str = "none",
) -> Outlet:
    """What of a study's trees may leave: people who are still there, as their consent allows.

    Args:
        simulated: ``include``, ``exclude`` or ``only``: rehearsal bots.
        key: Of this export's pseudonyms (`release_key`); None leaves ids as they are.
        dates: As for `write_release`.

    Raises:
        InputError: No such coarseness.
    """
    check_coarseness(dates)
    allowed = consents.allowed(study, frozenset(purposes))
    people = Participant.objects.filter(study=study, withdrawn_at=None)
    if simulated != "include":
        people = people.filter(simulated=simulated == "only")
    return Outlet(
        study, allowed.people(people), allowed, selection, names=Pseudonyms(key), dates=dates
    )


FLAT = ("messages", "flat")
"""Formats that need no trees."""
FORMATS: dict[str, str] = {
    "trees": "OASST trees, one to a line, replies nested",
    "messages": "OASST messages, one to a line, each naming its parent and its tree",
    "flat": "the same as a table's rows: emojis and labels as parallel arrays",
    "threads": "every path from a prompt to a last message",
    "native": "whole trees with single reviews and rankings, steps and consensus",
    "labels": "one row for each person's answer to one label",
    "rankings": "one row for each person's order of replies",
}


def check_formats(formats: Sequence[str], selection: Selection) -> None:
    """Refuse formats that there are not, or that a selection cannot fill.

    Raises:
        InputError: Naming each.
    """
    faults = []
    for name in formats:
        if name not in FORMATS:
            wanted = f"any of {', '.join(FORMATS)}"
            faults.append(Fault("--format", None, "", name, wanted))
        elif selection.is_flat and name not in FLAT:
            wanted = f"{' or '.join(FLAT)}: the filters leave messages without their trees"
            faults.append(Fault("--format", None, "", name, wanted))
    if not formats:
        faults.append(Fault("--format", None, "", "nothing", f"any of {', '.join(FORMATS)}"))
    if faults:
        raise InputError(faults)


def export_trees(
    outlet: Outlet,
    out: Path,
    formats: Sequence[str] = ("trees",),
    *,
    suffix: str = ".jsonl",
    progress: Progress | None = None,
) -> Exported:
    """Write what an outlet lets through to files ``out/FORMAT.jsonl``.

    With pseudonyms, files are in order of the names, so that two exports cannot be laid side by
    side. All files are of one state of the database.

    Args:
        suffix: ``.jsonl``, ``.jsonl.gz`` or ``.parquet``.

    Raises:
        InputError: No such format, or one that the filters leave nothing for.
    """
    check_formats(formats, outlet.selection)
    done = Exported()
    with snapshot():
        if outlet.selection.is_flat:
            _write_flat_selection(outlet, out, formats, suffix, done)
        else:
            _write_trees(outlet, out, formats, suffix, done, progress)
    done.left_out = dict(sorted(outlet.left_out.items()))
    return done


def _write_flat_selection(
    outlet: Outlet, out: Path, formats: Sequence[str], suffix: str, done: Exported
) -> None:
    def messages() -> Iterator[Message]:
        found = outlet.messages()
        if outlet.names.changes:
            found = sorted_on_disk(found, Message, lambda m: (m.message_id,))
        return found

    for name in formats:
        outlet.left_out.clear()
        path = out / f"{name}{suffix}"
        n = write_flat(messages(), path).n_rows if name == "flat" else _write_rows(messages(), path)
        done.files[path.name] = done.n_messages = n


def _write_trees(
    outlet: Outlet,
    out: Path,
    formats: Sequence[str],
    suffix: str,
    done: Exported,
    progress: Progress | None,
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        staged = Path(folder) / "trees.jsonl"
        grown = _watched(outlet.trees(), done, progress)
        if outlet.names.changes:
            grown = sorted_on_disk(grown, GrownTree, lambda tree: (tree.tree.message_tree_id,))
        write_records(grown, staged)
        for name in formats:
            path = out / f"{name}{suffix}"
            done.files[path.name] = _WRITERS[name](staged_trees(staged), path)


def _watched(
    trees: Iterable[GrownTree], done: Exported, progress: Progress | None
) -> Iterator[GrownTree]:
    for tree in trees:
        done.n_trees += 1
        done.n_messages += len(tree.messages)
        done.n_reviews += len(tree.reviews)
        done.n_rankings += len(tree.rankings)
        if progress is not None:
            progress(done.n_trees)
        yield tree


_decode = msgspec.json.Decoder(GrownTree).decode


def staged_trees(path: Path) -> Iterator[GrownTree]:
    """The trees of a native file of ours, without checks."""
    with path.open("rb") as file:
        yield from map(_decode, file)


def _trees(grown: Iterable[GrownTree]) -> Iterator[MessageTree]:
    return (record.tree for record in grown)


def rows(trees: Iterable[MessageTree]) -> Iterator[Message]:
    """Messages one by one, without their replies; each names its tree and the tree's state."""
    for tree in trees:
        for message, _parent in below(tree.prompt):
            yield msgspec.structs.replace(
                message,
                replies=UNSET,
                message_tree_id=tree.message_tree_id,
                tree_state=tree.tree_state,
            )


def labels(grown: Iterable[GrownTree]) -> Iterator[Label]:
    """Each answer to a label by itself. A label that was left open has no row."""
    for record in grown:
        for review in record.reviews:
            for name, value in review.labels.items():
                yield Label(
                    message_id=review.message_id,
                    participant_id=review.participant_id,
                    name=name,
                    value=value,
                    cannot_tell=value is None,
                    source=review.source,
                    created_at=review.created_at,
                    simulated=review.simulated,
                )


def _rankings(grown: Iterable[GrownTree]) -> Iterator[Ranking]:
    for record in grown:
        yield from record.rankings


def _write_rows(messages: Iterable[Message], path: Path) -> int:
    return write_records(messages, path, row=Message)


_WRITERS: dict[str, Callable[[Iterator[GrownTree], Path], int]] = {
    "trees": lambda grown, path: write_trees(_trees(grown), path),
    "messages": lambda grown, path: _write_rows(rows(_trees(grown)), path),
    "flat": lambda grown, path: write_flat(rows(_trees(grown)), path).n_rows,
    "threads": lambda grown, path: write_threads(tree_threads(_trees(grown), _ignored()), path),
    "native": lambda grown, path: write_records(grown, path, row=GrownTree),
    "labels": lambda grown, path: write_records(labels(grown), path, row=Label),
    "rankings": lambda grown, path: write_records(_rankings(grown), path, row=Ranking),
}


def _ignored() -> Counter[Any]:
    """Threads have no place for a tree's origin; `native` and `trees` have."""
    return Counter()
