"""Ballots out of long tables of any library."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from manyvoices.aggregate import (
    BallotError,
    Ballots,
    BallotWeightError,
    DuplicateCandidateError,
    elections_from_frame,
    margins,
)
from manyvoices.schema.errors import DataError

COLUMNS: dict[str, list[Any]] = {
    "voter": ["p", "p", "p", "q", "q", "r", "r"],
    "candidate": ["a", "b", "c", "b", "c", "a", "b"],
    "place": [1.0, 2.0, 2.0, 1.0, 3.0, 1.0, None],
    "often": [2, 2, 2, 1, 1, 3, 3],
}
FRAMES = {"dict": dict, "pandas": pd.DataFrame, "polars": pl.DataFrame, "pyarrow": pa.table}


@pytest.mark.parametrize("library", FRAMES)
def test_a_long_table_says_what_the_rankings_say(library: str) -> None:
    columns = {name: [np.nan if v is None else v for v in COLUMNS[name]] for name in COLUMNS}
    frame = FRAMES[library](columns)
    for unranked in ("no_opinion", "last"):
        read = Ballots.from_frame(frame, weight="often", unranked=unranked)
        listed = Ballots.from_rankings(
            [["a", ["b", "c"]], ["b", "c"], ["a"]], "abc", [2, 1, 3], unranked
        )
        assert read.candidates == ("a", "b", "c")
        assert margins(read).tolist() == margins(listed).tolist()


@pytest.mark.parametrize("library", FRAMES)
def test_one_table_can_hold_many_elections(library: str) -> None:
    frame = FRAMES[library](
        {
            "election": ["two", "one", "two", "one"],
            "voter": ["p", "p", "p", "p"],
            "candidate": ["x", "a", "y", "b"],
            "place": [2, 1, 1, 2],
        }
    )
    found = elections_from_frame(frame)
    assert list(found) == ["one", "two"]
    assert found["two"].candidates == ("x", "y")
    assert margins(found["two"]).tolist() == [[0, -1], [1, 0]]


@pytest.mark.parametrize(
    ("change", "error", "words"),
    [
        ({"candidate": ["a", "a", *"cbcab"]}, DuplicateCandidateError, ":2: .*'a' a second time"),
        ({"voter": [None, *"ppqqrr"]}, BallotError, ":1: voter"),
        ({"often": [1, 2, 2, 1, 1, 3, 3]}, BallotWeightError, "one weight"),
        ({"often": [-2, -2, -2, 1, 1, 3, 3]}, BallotWeightError, "-2"),
        ({"place": None}, DataError, "place"),
        ({"place": ["first", *"223131"]}, BallotError, "place: .*expected numbers"),
    ],
)
def test_tables_at_fault_are_refused_by_row(
    change: dict[str, Any], error: type[Exception], words: str
) -> None:
    columns = {name: column for name, column in (COLUMNS | change).items() if column is not None}
    with pytest.raises(error, match=words):
        Ballots.from_frame(columns, weight="often")


def test_a_fault_among_many_elections_names_its_election() -> None:
    columns = {"election": ["e", "e"], "voter": ["p", "p"], "candidate": ["a", "a"],
               "place": [1, 2]}  # fmt: skip
    with pytest.raises(DuplicateCandidateError, match="election e"):
        elections_from_frame(columns)
