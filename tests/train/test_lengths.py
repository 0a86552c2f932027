"""Rows of limited length: what is cut is counted, and splitting loses nothing."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from manyvoices.train.lengths import Cut, fitted
from manyvoices.train.masks import Encoded


def encoded(trained: list[bool]) -> Encoded:
    n = len(trained)
    return Encoded(tuple(range(n)), tuple(trained), (0,) * n)


@given(st.lists(st.booleans(), min_size=1, max_size=200), st.integers(2, 40), st.data())
def test_splitting_trains_every_token_once(
    trained: list[bool], length: int, data: st.DataObject
) -> None:
    overlap = data.draw(st.integers(0, length - 1))
    rows, cut = fitted(encoded(trained), length, "split", overlap=overlap)
    targets = [i for row in rows for i, t in zip(row.ids, row.trained, strict=True) if t]
    assert sorted(targets) == [i for i, t in enumerate(trained) if t]
    assert all(len(row) <= length for row in rows)
    assert all(row.ids == tuple(range(row.ids[0], row.ids[0] + len(row))) for row in rows)
    assert (cut.n_tokens, cut.n_trained, cut.n_long) == (0, 0, int(len(trained) > length))


@pytest.mark.parametrize(("how", "kept"), [("right", (0, 1, 2)), ("left", (2, 3, 4))])
def test_cutting_at_a_side_counts_what_it_loses(how: str, kept: tuple[int, ...]) -> None:
    rows, cut = fitted(encoded([True, False, True, True, True]), 3, how)  # type: ignore[arg-type]
    assert [row.ids for row in rows] == [kept]
    assert cut == Cut(n_seen=1, n_long=1, n_tokens=2, n_trained=2 if how == "right" else 1)


def test_a_random_window_is_seeded_and_needs_a_generator() -> None:
    long = encoded([True] * 50)
    first, _ = fitted(long, 5, "window", rng=random.Random(3))
    again, _ = fitted(long, 5, "window", rng=random.Random(3))
    assert first == again
    assert {fitted(long, 5, "window", rng=random.Random(s))[0][0].ids[0] for s in range(50)} > {0}
    with pytest.raises(ValueError, match="random generator"):
        fitted(long, 5, "window")


def test_rows_without_a_target_are_left_out_and_counted() -> None:
    rows, cut = fitted(encoded([False] * 4), 10)
    assert (rows, cut) == ([], Cut(n_seen=1, n_empty=1))


def test_cuts_add_up_to_one_line() -> None:
    total = sum((fitted(encoded([True] * n), 3, "right")[1] for n in (2, 5)), Cut())
    assert total.line(3) == (
        "1 of 2 conversations are longer than 3 tokens: 2 tokens were cut off, 2 of them to be "
        "trained; 0 rows without trained tokens were left out"
    )
    assert Cut(n_seen=4).line(3) == ""
