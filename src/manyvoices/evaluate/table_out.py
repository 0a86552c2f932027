"""A table of results as CSV and Parquet, for whoever goes on with other tools."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import isnan
from pathlib import Path
from typing import Any


def write_table(out: Path, name: str, rows: Sequence[Mapping[str, Any]]) -> None:
    """``NAME.csv`` and ``NAME.parquet`` in `out`, each replaced at once; NaN is no value.

    Columns are those of the rows, in order of first use. A table without rows leaves no file, and
    takes away that of an earlier run.
    """
    import polars as pl

    out.mkdir(parents=True, exist_ok=True)
    paths = {kind: out / f"{name}.{kind}" for kind in ("csv", "parquet")}
    if not rows:
        for path in paths.values():
            path.unlink(missing_ok=True)
        return
    columns = dict.fromkeys(column for row in rows for column in row)
    table = pl.DataFrame(
        {column: [_known(row.get(column)) for row in rows] for column in columns}, strict=False
    )
    for kind, path in paths.items():
        new = path.with_name(f".{path.name}.new")
        if kind == "csv":
            table.write_csv(new)
        else:
            table.write_parquet(new)
        new.replace(path)


def _known(value: Any) -> Any:
    return None if isinstance(value, float) and isnan(value) else value
