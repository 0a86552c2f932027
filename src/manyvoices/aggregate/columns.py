"""Columns of any table as integer codes, without importing the library that holds the table.

A table is whatever answers to ``table["name"]``: a dict of sequences, a pandas or polars frame, a
pyarrow table. Each library has its own fast way to number the distinct values of a column; it is
reached through the column object itself, so this room keeps standing on NumPy alone.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from manyvoices.aggregate.errors import MixedTypesError
from manyvoices.aggregate.kinds import AnyArray, IntArray
from manyvoices.schema.errors import DataError, Fault

Encoded = tuple[IntArray, list[Any]]
"""Codes (rows,), -1 where the value is missing, and the label of each code."""


def column_names(table: Any) -> list[str]:
    """Return the names of a table's columns."""
    names = getattr(table, "column_names", None)  # pyarrow
    if names is None:
        names = table.keys() if isinstance(table, dict) else table.columns
    return [str(name) for name in names]


def require_columns(table: Any, wanted: Sequence[str]) -> None:
    """Raise a `DataError` that names every column of `wanted` which the table lacks."""
    names = column_names(table)
    missing = [name for name in wanted if name not in names]
    if missing:
        raise DataError(
            Fault("<frame>", None, name, f"columns {', '.join(names) or 'none'}", "this column",
                  "name the column that holds it, e.g. from_frame(frame, model_a='left')")
            for name in missing
        )  # fmt: skip


def encode(column: Any) -> Encoded:
    """Number the distinct values of a column; the order of the labels is not defined."""
    return _encoder(column)(column)


def encode_pair(first: Any, second: Any) -> tuple[IntArray, IntArray, tuple[str, ...]]:
    """Number two columns of names in one numbering, labels in sorted order."""
    codes_1, labels_1 = encode(first)
    codes_2, labels_2 = encode(second)
    kinds = {type(label) for label in (*labels_1, *labels_2)}
    if len(kinds) > 1:
        raise MixedTypesError(kind.__name__ for kind in kinds)
    names = sorted({str(label) for label in (*labels_1, *labels_2)})
    code_of = {name: code for code, name in enumerate(names)}
    return (
        _renumber(codes_1, labels_1, code_of),
        _renumber(codes_2, labels_2, code_of),
        tuple(names),
    )


def encode_names(column: Any) -> tuple[IntArray, tuple[str, ...]]:
    """Number one column of names, labels in sorted order."""
    codes, labels = encode(column)
    names = sorted({str(label) for label in labels})
    return _renumber(codes, labels, {name: code for code, name in enumerate(names)}), tuple(names)


def encode_sorted(column: Any) -> tuple[IntArray, list[Any]]:
    """Number one column, labels sorted by type and text, so that a seed means the same everywhere.

    Labels of several types stay apart: participants 1 and "1" are two.
    """
    codes, labels = encode(column)
    order = sorted(range(len(labels)), key=lambda i: (type(labels[i]).__name__, str(labels[i])))
    place = np.empty(len(labels) + 1, dtype=np.int64)
    place[order] = np.arange(len(labels))
    place[-1] = -1  # serves the code -1, so that missing stays missing
    return place[codes], [labels[code] for code in order]


def as_array(column: Any) -> AnyArray:
    """Return a column of numbers or truth values as a NumPy array."""
    to_numpy = getattr(column, "to_numpy", None)
    return np.asarray(to_numpy() if to_numpy is not None else column)


def _renumber(codes: IntArray, labels: list[Any], code_of: dict[str, int]) -> IntArray:
    # The extra last place serves the code -1, so that missing stays missing.
    new = np.array([*(code_of[str(label)] for label in labels), -1], dtype=np.int64)
    return new[codes]


def _encoder(column: Any) -> Callable[[Any], Encoded]:
    library = type(column).__module__.partition(".")[0]
    if library == "pandas":
        return _encode_pandas
    if library == "polars" and str(column.dtype) in {"String", "Categorical"}:
        return _encode_polars
    if library == "pyarrow":
        return _encode_arrow
    if isinstance(column, np.ndarray) and column.dtype.kind in "iufbU":
        return _encode_numpy
    return _encode_plain


def _encode_pandas(column: Any) -> Encoded:
    codes, labels = column.factorize()
    return np.asarray(codes, dtype=np.int64), list(labels)


def _encode_polars(column: Any) -> Encoded:
    polars = sys.modules["polars"]
    text = column.cast(polars.String)
    labels = text.drop_nulls().unique()
    codes = text.cast(polars.Enum(labels)).to_physical().cast(polars.Int64).fill_null(-1)
    return codes.to_numpy(), labels.to_list()


def _encode_arrow(column: Any) -> Encoded:
    whole = column.combine_chunks() if hasattr(column, "combine_chunks") else column
    if hasattr(whole, "num_chunks"):
        whole = whole.chunk(0)
    coded = whole if hasattr(whole, "indices") else whole.dictionary_encode()
    return coded.indices.fill_null(-1).to_numpy().astype(np.int64), coded.dictionary.to_pylist()


def _encode_numpy(column: AnyArray) -> Encoded:
    labels, codes = np.unique(column, return_inverse=True)
    known = labels == labels  # only NaN differs from itself
    codes = np.where(known[codes], codes, -1)
    return codes.astype(np.int64), [label.item() for label in labels[known]]


def _encode_plain(column: Any) -> Encoded:
    table: dict[Any, int] = {}
    values = column.to_list() if hasattr(column, "to_list") else column
    codes = np.fromiter(
        (-1 if value is None or value != value else table.setdefault(value, len(table))
         for value in values),
        dtype=np.int64,
    )  # fmt: skip
    return codes, list(table)
