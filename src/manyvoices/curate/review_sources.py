"""Where the texts of a review and their flags come from.

A curated release has its flags in ``metadata/``, joined to the texts by their names. Of another
release languages and personal information are looked for on the spot; what a moderation model
would have said cannot be, so there must be flags. A Parquet file may carry both texts and flags.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from manyvoices.curate.review import Item, item_of
from manyvoices.schema.errors import DataError, Fault
from manyvoices.schema.reviews import ReviewKind

if TYPE_CHECKING:
    import pyarrow as pa

FLAG_OF: dict[ReviewKind, str] = {
    "pii": "pii_flag",
    "language": "language_flag",
    "moderation": "moderation_flag",
}


def review_items(source: Path | str, kind: ReviewKind) -> Iterator[Item | None]:
    """Every text of `source` with its flag; None for a text that nobody has looked at.

    `source` is a release folder (native, PRISM's, or curated), or a Parquet file with at least
    ``instance_id``, ``column_id`` and ``text``. Texts of bots are left out.

    Raises:
        DataError: It is neither, or has no flags where they cannot be made.
        MissingExtraError: pyarrow, or what finds the flags, is not installed.
    """
    source = Path(source)
    tables, fill = _of_file(source, kind) if source.is_file() else _of_release(source, kind)
    for table in tables:
        for row in fill(table).to_pylist():
            if not row.get("simulated"):
                yield item_of(row, kind)


def _of_file(path: Path, kind: ReviewKind) -> tuple[Iterator[pa.Table], Callable[..., Any]]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        file = pq.ParquetFile(path)
    except (pa.ArrowInvalid, OSError) as error:
        no_parquet = "a file that is no Parquet, or a broken one"
        found = str(error) if isinstance(error, OSError) else no_parquet
        fault = Fault(str(path), None, "", found, "a release folder or a Parquet file")
        raise DataError([fault]) from None
    names = file.schema_arrow.names
    missing = [name for name in ("instance_id", "column_id", "text") if name not in names]
    if missing:
        hint = "give the release itself: its metadata is read with it" if "text" in missing else ""
        raise DataError(
            [Fault(str(path), None, name, "nothing", "a column", hint) for name in missing]
        )
    tables = (pa.Table.from_batches([batch]) for batch in file.iter_batches(4096))
    return tables, _as_is if FLAG_OF[kind] in names else _filler(path, kind)


def _of_release(folder: Path, kind: ReviewKind) -> tuple[Iterator[pa.Table], Callable[..., Any]]:
    import pyarrow as pa

    from manyvoices.curate.texts import text_instances

    tables = (pa.Table.from_batches([batch]) for batch in text_instances(folder))
    flags = folder / "metadata" / f"{kind}.parquet"
    return tables, _joiner(flags) if flags.exists() else _filler(folder, kind)


def _as_is(table: pa.Table) -> pa.Table:
    return table


def _filler(source: Path, kind: ReviewKind) -> Callable[[pa.Table], pa.Table]:
    if kind == "language":
        from manyvoices.curate.language import annotate_language

        return annotate_language
    if kind == "pii":
        from manyvoices.curate.pii import annotate_pii

        return annotate_pii
    hint = "ask a model first: manyvoices curate RELEASE --moderation URL"
    raise DataError([Fault(str(source), None, "moderation_flag", "nothing", "verdicts", hint)])


def _joiner(path: Path) -> Callable[[pa.Table], pa.Table]:
    """Adds a metadata file's columns to a table of texts; a text without a row gets nulls."""
    import pyarrow.parquet as pq

    flags = pq.read_table(path)
    rows = {name: row for row, name in enumerate(flags["instance_id"].to_pylist())}

    def join(table: pa.Table) -> pa.Table:
        import pyarrow as pa

        at = pa.array([rows.get(name) for name in table["instance_id"].to_pylist()], pa.int64())
        for name in flags.column_names:
            if name not in table.column_names:
                table = table.append_column(name, flags[name].take(at))
        return table

    return join
