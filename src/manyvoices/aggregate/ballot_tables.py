"""Ballots out of long tables: one row for each voter and candidate.

A table is whatever answers to ``table["name"]``: a dict of columns, a pandas or polars frame, a
pyarrow table; see `columns`.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from manyvoices.aggregate.ballot_errors import (
    MAX_FAULTS,
    BallotError,
    BallotWeightError,
    DuplicateCandidateError,
)
from manyvoices.aggregate.ballots import Ballots, Unranked
from manyvoices.aggregate.columns import as_array, encode_names, require_columns
from manyvoices.aggregate.kinds import FloatArray, IntArray
from manyvoices.schema.errors import DataError, Fault


def ballots_from_frame(
    frame: Any,
    *,
    voter: str = "voter",
    candidate: str = "candidate",
    place: str = "place",
    weight: str | None = None,
    unranked: Unranked = "no_opinion",
) -> Ballots:
    """Read one election from a long table; see `Ballots.from_frame`."""
    require_columns(frame, [voter, candidate, place, *([weight] if weight else [])])
    voters, n_voters = _codes(frame, voter)
    codes, labels = encode_names(frame[candidate])
    _require_all(codes, candidate)
    places = _numbers(frame[place], place)
    table = np.full((n_voters, len(labels)), np.nan)
    at = voters * len(labels) + codes
    _refuse_repeats(at, [labels[code] for code in codes])
    table.ravel()[at] = places
    weights = None if weight is None else _weights(frame[weight], voters, n_voters, weight)
    return Ballots.from_places(table, labels, weights, unranked)


def elections_from_frame(
    frame: Any,
    *,
    election: str = "election",
    voter: str = "voter",
    candidate: str = "candidate",
    place: str = "place",
    weight: str | None = None,
    unranked: Unranked = "no_opinion",
) -> dict[str, Ballots]:
    """Read many elections from one long table: label -> its ballots, labels sorted.

    The candidates of an election are those that its rows name; a row without a place names a
    candidate that this voter left unranked. Else as `Ballots.from_frame`.
    """
    names = [election, voter, candidate, place, *([weight] if weight else [])]
    require_columns(frame, names)
    codes, labels = encode_names(frame[election])
    _require_all(codes, election)
    columns = {name: np.asarray(_listed(frame[name]), dtype=object) for name in names[1:]}
    order = np.argsort(codes, kind="stable")
    ends = np.searchsorted(codes[order], np.arange(len(labels) + 1))
    found = {}
    for row, label in enumerate(labels):
        part = order[ends[row] : ends[row + 1]]
        rows = {name: column[part].tolist() for name, column in columns.items()}
        try:
            found[label] = ballots_from_frame(
                rows, voter=voter, candidate=candidate, place=place, weight=weight,
                unranked=unranked,
            )  # fmt: skip
        except DataError as error:
            raise _within(label, error) from error
    return found


def _codes(frame: Any, name: str) -> tuple[IntArray, int]:
    codes, labels = encode_names(frame[name])
    _require_all(codes, name)
    return codes, len(labels)


def _listed(column: Any) -> list[Any]:
    for method in ("to_list", "to_pylist", "tolist"):
        if hasattr(column, method):
            return list(getattr(column, method)())
    return list(column)


def _numbers(column: Any, name: str) -> FloatArray:
    """Return a column as numbers, NaN where there is nothing; text that is a number is one."""
    try:
        return as_array(column).astype(np.float64)
    except (TypeError, ValueError) as error:
        raise BallotError([Fault("<frame>", None, name, str(error), "numbers or nothing")]) from (
            error
        )


def _require_all(codes: IntArray, name: str) -> None:
    if (codes < 0).any():
        row = int(np.argmax(codes < 0)) + 1
        raise BallotError([Fault("<frame>", row, name, "nothing", "a name in every row")])


def _refuse_repeats(at: IntArray, labels: list[str]) -> None:
    _, first = np.unique(at, return_index=True)
    again = np.setdiff1d(np.arange(len(at)), first)
    if len(again):
        faults = [
            Fault("<frame>", int(row) + 1, "", f"candidate {labels[row]!r} a second time",
                  "each candidate once for each voter")
            for row in again[:MAX_FAULTS]
        ]  # fmt: skip
        raise DuplicateCandidateError(faults, n_more=max(0, len(again) - MAX_FAULTS))


def _weights(column: Any, voters: IntArray, n_voters: int, name: str) -> FloatArray:
    values = _numbers(column, name)
    weights = np.zeros(n_voters)
    weights[voters] = values
    torn = np.flatnonzero(weights[voters] != values)
    if len(torn):
        found = f"{values[torn[0]]:g} and {weights[voters[torn[0]]]:g} for one voter"
        raise BallotWeightError([Fault("<frame>", int(torn[0]) + 1, name, found, "one weight")])
    return weights


def _within(label: str, error: DataError) -> DataError:
    faults = [
        Fault(fault.file, fault.line, f"election {label}: {fault.path}".rstrip(": "), fault.found,
              fault.expected, fault.hint)
        for fault in error.faults
    ]  # fmt: skip
    return type(error)(faults, n_more=error.n_more)
