"""Reading battles from tables and rows, and what is left out on the way."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from manyvoices.aggregate import Battles
from manyvoices.aggregate.rows import numbered
from manyvoices.schema import Battle, Outcome
from manyvoices.schema.errors import DataError

COLUMNS: dict[str, list[Any]] = {
    "model_a": ["cedar", "ash", "ash", "birch"],
    "model_b": ["ash", "birch", "cedar", "cedar"],
    "outcome": ["A", "B", "TIE", "model_a"],
    "participant_id": ["p2", "p1", "p2", None],
    "country": ["US", None, "UK", "US"],
}


def as_numpy(columns: dict[str, list[Any]]) -> dict[str, np.ndarray]:
    return {name: np.array(values, dtype=object) for name, values in columns.items()}


def categorical(columns: dict[str, list[Any]]) -> pd.DataFrame:
    return pd.DataFrame(columns).astype("category")


def polars_categorical(columns: dict[str, list[Any]]) -> pl.DataFrame:
    return pl.DataFrame(columns).with_columns(pl.all().cast(pl.Categorical))


def chunked(columns: dict[str, list[Any]]) -> pa.Table:
    table = pa.table(columns)
    return pa.concat_tables([table.slice(0, 2), table.slice(2)])


@pytest.mark.parametrize(
    "build", [dict, as_numpy, pd.DataFrame, categorical, pl.DataFrame, polars_categorical, pa.table,
              chunked]
)  # fmt: skip
def test_every_kind_of_table_gives_the_same_battles(build: Any) -> None:
    battles = Battles.from_frame(build(COLUMNS), groups=["country"])
    assert battles.models == ("ash", "birch", "cedar")
    assert battles.a.tolist() == [2, 0, 0, 1]
    assert battles.b.tolist() == [0, 1, 2, 2]
    assert battles.outcome.tolist() == [1.0, 0.0, 0.5, 1.0]
    assert battles.n_participants == 3
    assert battles.cluster is not None
    assert battles.cluster[0] == battles.cluster[2]
    assert battles.groups["country"].tolist() == ["US", "(not given)", "UK", "US"]


def test_numbers_are_outcomes_too() -> None:
    battles = Battles.from_frame({"model_a": ["x"] * 3, "model_b": ["y"] * 3,
                                  "outcome": np.array([1.0, 0.5, 0.0])})  # fmt: skip
    assert battles.outcome.tolist() == [1.0, 0.5, 0.0]
    assert battles.cluster is None
    assert battles.n_participants is None


def test_an_unknown_outcome_is_a_fault_with_its_row_and_never_a_tie() -> None:
    table = {"model_a": ["x"] * 3, "model_b": ["y"] * 3, "outcome": ["A", "draw", "nobody"]}
    with pytest.raises(DataError) as caught:
        Battles.from_frame(table)
    assert [(fault.line, fault.found) for fault in caught.value.faults] == [
        (2, "'draw'"),
        (3, "'nobody'"),
    ]
    assert "TIE" in str(caught.value)


def test_missing_columns_are_all_named_with_what_is_there() -> None:
    with pytest.raises(DataError) as caught:
        Battles.from_frame({"left": ["x"], "model_b": ["y"]})
    assert [fault.path for fault in caught.value.faults] == ["model_a", "outcome"]
    assert "left, model_b" in str(caught.value)


def test_rows_without_a_verdict_are_excluded_and_counted_by_reason() -> None:
    rows = [
        ("x", "y", "A"),
        ("x", "z", "FAILED"),
        ("x", "y", None),
        ("x", "x", "A"),
        (None, "y", "B"),
        ("y", "x", "BOTH_BAD"),
    ]
    battles = Battles.from_rows(rows)
    assert battles.excluded == {"failed": 1, "unrated": 1, "same_model": 1, "no_model": 1}
    assert battles.outcome.tolist() == [1.0, 0.5]
    assert battles.models == ("x", "y")
    assert battles.unseen == ("z",)
    strict = Battles.from_rows(rows, both_bad="drop")
    assert strict.excluded["both_bad"] == 1
    assert len(strict) == 1


def test_records_mappings_and_tuples_are_read_alike() -> None:
    record = Battle(model_a="x", model_b="y", outcome=Outcome.B, participant_id="p",
                    groups={"lang": "en"}, simulated=True)  # fmt: skip
    mapping = {"model_a": "x", "model_b": "y", "outcome": "B", "participant_id": "p", "lang": "en"}
    battles = Battles.from_rows([record, mapping, ("x", "y", 0.0, "p")], groups=["lang"])
    assert battles.outcome.tolist() == [0.0, 0.0, 0.0]
    assert battles.n_participants == 1
    assert battles.groups["lang"].tolist() == ["en", "en", "(not given)"]
    assert battles.n_simulated == 1


def test_a_tie_counts_half_a_win_each_way_or_as_asked() -> None:
    battles = Battles.from_rows([("x", "y", "A"), ("x", "y", "TIE")])
    assert battles.tally("half").tolist() == [[0, 1.5], [0.5, 0]]
    assert battles.tally("both").tolist() == [[0, 2], [1, 0]]
    assert battles.tally("drop").tolist() == [[0, 1], [0, 0]]
    with pytest.raises(ValueError, match="half"):
        battles.tally("third")  # type: ignore[arg-type]


def test_weights_count_as_repeated_rows() -> None:
    rows = [("x", "y", 1.0), ("y", "z", 0.5), ("z", "x", 0.0)]
    weighted = Battles.from_frame(
        {"model_a": ["x", "y", "z"], "model_b": ["y", "z", "x"], "outcome": [1.0, 0.5, 0.0],
         "w": [3, 1, 2]}, weight="w")  # fmt: skip
    repeated = Battles.from_rows([rows[0]] * 3 + [rows[1]] + [rows[2]] * 2)
    assert weighted.tally().tolist() == repeated.tally().tolist()


def test_a_selection_keeps_only_the_models_that_it_has() -> None:
    battles = Battles.from_frame(COLUMNS, groups=["country"])
    parts = dict(battles.split("country"))
    assert list(parts) == ["(not given)", "UK", "US"]
    assert parts["UK"].models == ("ash", "cedar")
    assert parts["UK"].unseen == ("birch",)
    assert parts["US"].models == ("ash", "birch", "cedar")
    assert sum(len(part) for part in parts.values()) == len(battles)
    with pytest.raises(ValueError, match="country"):
        next(battles.split("age"))


@pytest.mark.parametrize(
    ("change", "word"),
    [
        ({"b": np.array([0])}, "itself"),
        ({"b": np.array([2])}, "outside"),
        ({"outcome": np.array([0.7])}, "outcome"),
        ({"weight": np.array([-1.0])}, "weights"),
        ({"outcome": np.array([1.0, 1.0])}, "rows"),
    ],
)
def test_columns_that_cannot_be_battles_are_refused(change: dict[str, Any], word: str) -> None:
    columns = {"a": np.array([0]), "b": np.array([1]), "outcome": np.array([1.0])} | change
    with pytest.raises(ValueError, match=word):
        Battles(models=("x", "y"), **columns)


def test_any_object_with_the_right_names_is_a_row() -> None:
    row = SimpleNamespace(model_a="x", model_b="y", outcome="tie", weight=2.0)
    battles = Battles.from_rows([row])
    assert battles.weight is not None
    assert battles.weight.tolist() == [2.0]


@settings(deadline=None)
@given(st.lists(st.integers(-3, 40) | st.integers(0, 10**12), max_size=30))
def test_codes_are_numbered_as_unique_numbers_them(values: list[int]) -> None:
    codes = np.array(values, dtype=np.int64)
    distinct, place = numbered(codes)
    expected, inverse = np.unique(codes, return_inverse=True)
    assert distinct.tolist() == expected.tolist()
    assert place.tolist() == inverse.tolist()
