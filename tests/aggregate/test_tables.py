"""Plain tables in files: what is told from the columns, and which cells are at fault."""

from __future__ import annotations

import gzip
import sys
from pathlib import Path

import polars as pl
import pytest

from manyvoices.aggregate.tables import (
    battles_from_table,
    kind_of_table,
    read_table,
    scores_from_table,
)
from manyvoices.schema.errors import DataError, MissingExtraError


def write(path: Path, text: str) -> Path:
    path.write_bytes(gzip.compress(text.encode()) if path.suffix == ".gz" else text.encode())
    return path


@pytest.mark.parametrize("name", ["t.csv", "t.csv.gz"])
def test_battles_in_csv_may_use_words_or_numbers_and_other_names(tmp_path: Path, name: str) -> None:
    text = "model_a,model_b,winner,judge,weight\nx,y,model_a,p,2\ny,x,0.5,q,\nx,y,tie,,1\n"
    battles = battles_from_table(write(tmp_path / name, text))
    assert battles.outcome.tolist() == [1.0, 0.5, 0.5]
    assert battles.weight is not None
    assert battles.weight.tolist() == [2, 1, 1]
    assert battles.n_participants == 3  # a row without a person is one of its own
    assert battles.participants == ("p", "q")


def test_the_kind_of_a_table_is_told_from_its_columns(tmp_path: Path) -> None:
    headers = {"model_a,model_b,winner\nx,y,tie\n": "battles",
               "user_id,turn,model_name,score\np,1,x,3\n": "scores",
               "winner,loser,n_comparisons\nx,y,3\n": "counts"}  # fmt: skip
    for text, kind in headers.items():
        assert kind_of_table(write(tmp_path / "t.csv", text)) == kind


def test_scores_keep_openings_and_leave_out_what_was_not_rated(tmp_path: Path) -> None:
    text = (
        "participant_id,turn_id,model,score,opening,age\n"
        "p,1,x,80,True,old\np,1,y,,True,old\np,2,x,10,false,old\nq,3,y,5,1,young\n"
    )
    scores = scores_from_table(write(tmp_path / "t.csv", text), groups=["age"], tie_threshold=3)
    assert scores.score.tolist() == [80, 10, 5]
    assert scores.is_opening.tolist() == [True, False, True]
    assert scores.excluded == {"unrated": 1}
    assert scores.groups["age"].tolist() == ["old", "old", "young"]
    assert scores.tie_threshold == 3
    with pytest.raises(ValueError, match="planet"):
        scores_from_table(tmp_path / "t.csv", groups=["planet"])


def test_every_line_of_json_at_fault_is_named(tmp_path: Path) -> None:
    path = write(tmp_path / "t.jsonl", '{"model": "x"}\n[1]\n\n{"model": \n')
    with pytest.raises(DataError) as caught:
        read_table(path)
    assert [fault.line for fault in caught.value.faults] == [2, 4]


@pytest.mark.parametrize("text", ["", "model_a,model_b,outcome\n"])
def test_a_table_without_rows_is_a_fault(tmp_path: Path, text: str) -> None:
    with pytest.raises(DataError, match="no rows"):
        battles_from_table(write(tmp_path / "t.csv", text))


def test_a_column_that_lacks_is_named(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="outcome"):
        battles_from_table(write(tmp_path / "t.csv", "model_a,model_b\nx,y\n"))


@pytest.mark.parametrize("without", [(), ("polars",), ("polars", "pyarrow.parquet")])
def test_parquet_is_read_by_what_is_installed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, without: tuple[str, ...]
) -> None:
    path = tmp_path / "t.parquet"
    pl.DataFrame({"model_a": ["x"], "model_b": ["y"], "outcome": ["A"]}).write_parquet(path)
    for name in without:
        monkeypatch.setitem(sys.modules, name, None)
    if len(without) == 2:
        with pytest.raises(MissingExtraError, match="analysis"):
            battles_from_table(path)
    else:
        assert battles_from_table(path).outcome.tolist() == [1.0]
