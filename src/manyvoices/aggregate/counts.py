"""Counts of comparisons out of a table: who won over whom, how often."""

from __future__ import annotations

import csv
import gzip
from os import PathLike, fspath
from pathlib import Path
from typing import Any

import numpy as np

from manyvoices.aggregate.kinds import FloatArray
from manyvoices.aggregate.outcomes import MAX_FAULTS
from manyvoices.schema.errors import DataError, Fault

COUNT_COLUMNS = ("winner", "loser", "n_comparisons")


def read_counts(path: str | PathLike[str]) -> tuple[FloatArray, tuple[str, ...]]:
    """Read a CSV with columns winner, loser, n_comparisons: wins (n, n) and the models, sorted.

    A pair that comes twice is added up. Raises `DataError` with every line at fault.
    """
    name = str(path)
    found: list[tuple[str, str, float]] = []
    faults: list[Fault] = []
    with _open_text(Path(fspath(path))) as file:
        reader = csv.DictReader(file)
        missing = [column for column in COUNT_COLUMNS if column not in (reader.fieldnames or ())]
        if missing:
            header = ", ".join(reader.fieldnames or ()) or "an empty file"
            wanted = "a header with winner,loser,n_comparisons"
            raise DataError([Fault(name, 1, "", header, wanted)])
        for row in reader:
            count = _count(row["n_comparisons"])
            if count is None:
                wanted = "a number of at least 0"
                faults.append(
                    Fault(
                        name, reader.line_num, "n_comparisons", repr(row["n_comparisons"]), wanted
                    )
                )
            elif row["winner"] == row["loser"] or not row["winner"] or not row["loser"]:
                both = f"{row['winner']!r} and {row['loser']!r}"
                faults.append(Fault(name, reader.line_num, "", both, "two different models"))
            else:
                found.append((row["winner"], row["loser"], count))
    if faults:
        raise DataError(faults[:MAX_FAULTS], n_more=max(0, len(faults) - MAX_FAULTS))
    if not found:
        raise DataError([Fault(name, None, "", "no rows", "at least one pair of models")])
    return _as_matrix(found)


def _as_matrix(found: list[tuple[str, str, float]]) -> tuple[FloatArray, tuple[str, ...]]:
    models = tuple(sorted({model for winner, loser, _ in found for model in (winner, loser)}))
    code = {model: place for place, model in enumerate(models)}
    wins = np.zeros((len(models), len(models)))
    for winner, loser, count in found:
        wins[code[winner], code[loser]] += count
    return wins, models


def _open_text(path: Path) -> Any:
    if path.suffix == ".gz":
        return gzip.open(path, "rt", encoding="utf-8-sig", newline="")
    return path.open(encoding="utf-8-sig", newline="")


def _count(text: str | None) -> float | None:
    try:
        number = float(text or "")
    except ValueError:
        return None
    return number if np.isfinite(number) and number >= 0 else None
