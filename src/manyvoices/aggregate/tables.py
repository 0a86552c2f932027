"""Battles and scores out of plain tables in files: CSV, JSON lines, Parquet.

The columns are those of docs/data-shapes.md, under these names or the usual other ones. Parquet is
read by polars or pyarrow, whichever is there, imported only then.
"""

from __future__ import annotations

import csv
import gzip
import json
from collections.abc import Iterable, Sequence
from importlib import import_module
from os import PathLike, fspath
from pathlib import Path
from typing import Any, TextIO, cast

from manyvoices.aggregate.battles import Battles
from manyvoices.aggregate.columns import column_names
from manyvoices.aggregate.labels import require_groups
from manyvoices.aggregate.outcomes import MAX_FAULTS, BothBad
from manyvoices.aggregate.scores import TIE_THRESHOLD, Scores
from manyvoices.schema.errors import DataError, Fault, MissingExtraError

OTHER_NAMES = {
    "outcome": ("winner",),
    "participant_id": ("judge", "user_id", "annotator"),
    "turn_id": ("interaction_id", "turn"),
    "model": ("model_name",),
}
"""Name of a column here -> names under which others publish it."""

TRUE = ("true", "1", "1.0")
BATTLE_COLUMNS = {"model_a", "model_b"}
SCORE_COLUMNS = {"model", "score"}


def read_table(path: str | PathLike[str]) -> Any:
    """Read a CSV, JSONL (both .gz too) or Parquet file: a dict of columns, or a frame.

    CSV cells are text; an empty cell is None. Raises `DataError` for lines at fault and for an
    empty file, `MissingExtraError` where nothing that reads Parquet is installed.
    """
    file = Path(fspath(path))
    stem = file.name.removesuffix(".gz")
    if stem.endswith((".parquet", ".pq")):
        return _read_parquet(file)
    with _open_text(file) as lines:
        table = _read_csv(lines) if stem.endswith(".csv") else _read_jsonl(lines, str(path))
    if not table or not any(len(column) for column in table.values()):
        raise DataError([Fault(str(path), None, "", "no rows", "at least one row")])
    return table


def kind_of_table(path: str | PathLike[str]) -> str:
    """Return "battles", "scores" or "counts", told from the names of the columns."""
    names = {_own_name(name) for name in column_names(read_table(path))}
    if names >= BATTLE_COLUMNS:
        return "battles"
    return "scores" if names >= SCORE_COLUMNS else "counts"


def battles_from_table(
    path: str | PathLike[str], *, groups: Sequence[str] = (), both_bad: BothBad = "tie"
) -> Battles:
    """Read battles: columns model_a, model_b, outcome, and participant_id, weight if there."""
    table = _named(read_table(path))
    names = column_names(table)
    if "outcome" in names:
        table["outcome"] = [_outcome(value) for value in table["outcome"]]
    if "weight" in names:
        table["weight"] = _numbers(table["weight"], "weight", str(path), missing=1.0)
    require_groups(groups, names)
    return Battles.from_frame(
        table,
        weight="weight" if "weight" in names else None,
        groups=groups,
        both_bad=both_bad,
        source=str(path),
    )


def scores_from_table(
    path: str | PathLike[str],
    *,
    groups: Sequence[str] = (),
    tie_threshold: float = TIE_THRESHOLD,
) -> Scores:
    """Read rated answers: columns participant_id, turn_id, model, score; opening and weight too."""
    table = _named(read_table(path))
    names = column_names(table)
    if "score" in names:
        table["score"] = _numbers(table["score"], "score", str(path), missing=float("nan"))
    if "weight" in names:
        table["weight"] = _numbers(table["weight"], "weight", str(path), missing=1.0)
    if "opening" in names:
        table["opening"] = [
            str(value).lower() in ("true", "1", "1.0") for value in table["opening"]
        ]
    require_groups(groups, names)
    return Scores.from_frame(
        table,
        weight="weight" if "weight" in names else None,
        groups=groups,
        tie_threshold=tie_threshold,
    )


def _read_csv(lines: Iterable[str]) -> dict[str, list[Any]]:
    reader = csv.DictReader(lines)
    table: dict[str, list[Any]] = {name: [] for name in reader.fieldnames or ()}
    for row in reader:
        for name, column in table.items():
            column.append(row[name] or None)
    return table


def _read_jsonl(lines: Iterable[str], name: str) -> dict[str, list[Any]]:
    rows: list[dict[str, Any]] = []
    faults: list[Fault] = []
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
        except ValueError as error:
            row, why = None, str(error)
        else:
            why = type(row).__name__
        if isinstance(row, dict):
            rows.append(row)
        else:
            faults.append(Fault(name, number, "", why, "one JSON object on each line"))
    if faults:
        raise DataError(faults[:MAX_FAULTS], n_more=max(0, len(faults) - MAX_FAULTS))
    keys = dict.fromkeys(key for row in rows for key in row)
    return {key: [row.get(key) for row in rows] for key in keys}


def _read_parquet(path: Path) -> Any:
    for name, read in (("polars", "read_parquet"), ("pyarrow.parquet", "read_table")):
        try:
            return getattr(import_module(name), read)(path)
        except ImportError:
            continue
    raise MissingExtraError(f"reading {path.name}", "analysis")


def _open_text(path: Path) -> TextIO:
    if path.suffix == ".gz":
        return cast(TextIO, gzip.open(path, "rt", encoding="utf-8-sig", newline=""))
    return path.open(encoding="utf-8-sig", newline="")


def _own_name(name: str) -> str:
    return next((own for own, others in OTHER_NAMES.items() if name in others), name)


def _named(table: Any) -> dict[str, Any]:
    """Return the columns under our names; a column that has ours already keeps it."""
    names = column_names(table)
    named = {name: _plain(table[name]) for name in names}
    for name in names:
        if _own_name(name) not in names:
            named[_own_name(name)] = named[name]
    return named


def _plain(column: Any) -> Any:
    """Columns of pyarrow as lists, since they iterate over values of their own types."""
    return column.to_pylist() if hasattr(column, "to_pylist") else column


def _outcome(value: Any) -> Any:
    """Numbers as text are numbers; words stay words."""
    try:
        return value if value is None else float(value)
    except (TypeError, ValueError):
        return value


def _numbers(column: Any, name: str, source: str, *, missing: float) -> list[float]:
    found, faults = [], []
    for number, value in enumerate(column, 1):
        try:
            found.append(missing if value is None else float(value))
        except (TypeError, ValueError):
            faults.append(Fault(source, number, name, repr(value), "a number, or nothing"))
    if faults:
        raise DataError(faults[:MAX_FAULTS], n_more=max(0, len(faults) - MAX_FAULTS))
    return found
