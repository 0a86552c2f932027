"""The files of a leaderboard that others compute with: JSON, CSV, Parquet."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from manyvoices.evaluate.files import as_json, put

JSON, CSV, PARQUET = "leaderboard.json", "leaderboard.csv", "leaderboard.parquet"
COLUMNS = (
    "field", "value", "model", "rank_low", "rank_high", "score", "low", "high", "win_rate",
    "n_battles", "board_people", "board_battles",
)  # fmt: skip
"""Of the table: one row to each model on each board; ``field`` is empty on everybody's."""


def write_files(out: Path, results: Mapping[str, Any]) -> None:
    """All three; ``leaderboard.json`` last. Parquet needs polars, and is left out without it."""
    out.mkdir(parents=True, exist_ok=True)
    rows = list(table(results))
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    writer.writerows([row[name] for name in COLUMNS] for row in rows)
    put(out / CSV, text.getvalue())
    _parquet(out / PARQUET, rows)
    put(out / JSON, as_json(results))


def table(results: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """The boards as rows."""
    for board in results["boards"]:
        whole = {
            "field": board["field"] or "",
            "value": board["value"] or "",
            "board_people": board["n_people"],
            "board_battles": board["n_battles"],
        }
        for row in board["rows"]:
            yield {**whole, **row}


def _parquet(path: Path, rows: list[dict[str, Any]]) -> None:
    try:
        import polars as pl
    except ImportError:
        return
    text = dict.fromkeys(("field", "value", "model"), pl.String)
    whole = dict.fromkeys(
        ("rank_low", "rank_high", "n_battles", "board_people", "board_battles"), pl.Int64
    )
    schema = {name: {**text, **whole}.get(name, pl.Float64) for name in COLUMNS}
    pl.DataFrame(rows, schema=schema).write_parquet(path)
