"""What the metadata steps found, split into files of their own and put into PRISM's rows.

In memory are the flags and the name of each text, never a text; see `FlagTable`.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from msgspec.structs import replace

from manyvoices.curate.engine import Step
from manyvoices.curate.filtering import names_of
from manyvoices.curate.moderation import prism_moderation
from manyvoices.curate.place import Place
from manyvoices.curate.texts import KEYS, instance_id, regrouped, texts_of, write_table
from manyvoices.io.prism import find, read_prism_file
from manyvoices.schema import PrismMetadata

FLAGS = ("pii_flag", "language_flag", "en_flag", "moderation_flag")
"""The columns of steps that have a field of that name in PRISM's ``metadata.jsonl``."""
_SCORES = "moderation_scores"
"""Goes into the same field as ``moderation_flag``."""

_AT_ONCE = 10_000


@dataclass(frozen=True, slots=True)
class Group:
    """A step, and the columns of it that are kept in ``metadata/<name>.parquet``."""

    name: str
    step: Step
    columns: tuple[str, ...]


def write_metadata(shards: Sequence[Path], groups: Sequence[Group], folder: Path) -> None:
    """Split finished shards into one Parquet file for each group, all rows in their order; how the
    shards were cut does not show."""
    if not shards:
        return
    for group in groups:
        wanted = [*KEYS, *group.columns]
        # A shard's own mark would end up in the schema of the file that holds them all.
        schema = pa.schema([pq.read_schema(shards[0]).field(name) for name in wanted])
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / f"{group.name}.parquet"
        with pq.ParquetWriter(path, schema, compression="zstd") as writer:
            for table in regrouped(_rows(shards, wanted), _AT_ONCE):
                writer.write_table(table.replace_schema_metadata(), row_group_size=_AT_ONCE)


def _rows(shards: Sequence[Path], columns: list[str]) -> Iterator[pa.RecordBatch]:
    for path in shards:
        table = pq.read_table(path, columns=columns)
        yield from table.replace_schema_metadata().to_batches()


def write_manual(shards: Sequence[Path], manual: Mapping[str, bool | None], folder: Path) -> int:
    """Write what people decided, with the keys of each text; return decisions on no text here."""
    names = pa.array(manual, pa.string())
    kept = [
        table.filter(pc.is_in(table["instance_id"], names))
        for table in (pq.read_table(path, columns=list(KEYS)) for path in shards)
    ]
    if manual and kept:
        table = pa.concat_tables(kept).replace_schema_metadata()
        flags = [manual[name] for name in table["instance_id"].to_pylist()]
        table = table.append_column("pii_manual_flag", pa.array(flags, pa.bool_()))
        folder.mkdir(parents=True, exist_ok=True)
        write_table(table, folder / "pii_manual.parquet")
    return len(manual) - sum(table.num_rows for table in kept)


class FlagTable:
    """Flags by text. Held: one row of Arrow columns and one name for each text of the release
    (measured for PRISM's 106,554 texts in `benchmarks.curate`)."""

    def __init__(self, shards: Sequence[Path], manual: Mapping[str, bool | None]) -> None:
        there = pq.read_schema(shards[0]).names if shards else []
        self.columns = [name for name in (*FLAGS, _SCORES) if name in there]
        tables = [pq.read_table(path, columns=["instance_id", *self.columns]) for path in shards]
        table = pa.concat_tables(tables) if tables else pa.table({"instance_id": []})
        self._flags = table.select(self.columns)
        names = table["instance_id"].to_pylist() if self.columns else []
        self._rows = {name: row for row, name in enumerate(names)}
        self._manual = manual

    def flagged(self, rows: Iterable[PrismMetadata]) -> Iterator[PrismMetadata]:
        """`rows` with what was found of their texts; what nobody looked for stays as it was."""
        rows = iter(rows)
        while chunk := list(islice(rows, _AT_ONCE)):
            yield from self._chunk(chunk)

    def _chunk(self, rows: list[PrismMetadata]) -> Iterator[PrismMetadata]:
        found = [self._row(row) for row in rows]
        taken = iter(self._flags.take([row for row in found if row is not None]).to_pylist())
        for row, at in zip(rows, found, strict=True):
            changes: dict[str, Any] = {} if at is None else _prisms(next(taken))
            for name in _names(row):
                if name in self._manual:
                    changes["pii_manual_flag"] = self._manual[name]
            yield replace(row, **changes) if changes else row

    def _row(self, row: PrismMetadata) -> int | None:
        rows = (self._rows.get(name) for name in _names(row))
        return next((at for at in rows if at is not None), None)


def _prisms(found: dict[str, Any]) -> dict[str, Any]:
    """What was found as PRISM's fields."""
    if _SCORES in found:
        scores = found.pop(_SCORES)
        found["moderation_flag"] = prism_moderation(found["moderation_flag"], scores)
    return found


def _names(row: PrismMetadata) -> Iterator[str]:
    keys = (row.column_id, row.user_id, row.conversation_id, row.interaction_id)
    if row.utterance_id is None:
        yield instance_id(*keys)
        return
    for name in names_of(row.conversation_id, row.utterance_id):
        yield instance_id(*keys, name)


def metadata_rows(prism: Path) -> Iterator[PrismMetadata]:
    """The rows of ``metadata.jsonl``, or new ones for every text where there are none."""
    rows: Iterator[PrismMetadata] = iter(())
    with contextlib.suppress(StopIteration):
        if (path := find(prism, "metadata")).exists():
            rows = read_prism_file(path, "metadata")
            yield next(rows)
            yield from rows
            return
    for text in texts_of(Place(prism, native=False, prism=prism, manifest=None)):
        yield PrismMetadata(
            **{name: getattr(text, name) for name in KEYS[1:]},
            **dict.fromkeys((*FLAGS, "pii_manual_flag")),
            **({} if text.simulated is None else {"simulated": text.simulated}),
        )
