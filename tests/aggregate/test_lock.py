"""Locking pairs: the compiled twin, the pure one, and many elections at once agree."""

from __future__ import annotations

import sys

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from manyvoices.aggregate import lock_fast, ranked_pairs
from manyvoices.aggregate.lock_fast import lock_compiled
from manyvoices.aggregate.lock_many import lock_many
from manyvoices.aggregate.ranked_pairs import lock, lock_pairs, sorted_pairs

MODULE = sys.modules["manyvoices.aggregate.ranked_pairs"]  # the room's name is the function


def random_margins(n: int, top: int, seed: int) -> np.ndarray:
    rng = np.random.default_rng(seed)
    table = np.triu(rng.integers(-top, top + 1, (n, n)), 1)
    return table - table.T


@settings(deadline=None)  # the first example compiles
@given(st.integers(0, 9), st.integers(0, 4), st.integers(0, 2**32 - 1))
def test_the_compiled_twin_locks_what_the_pure_one_locks(n: int, top: int, seed: int) -> None:
    pytest.importorskip("numba")
    pairs = sorted_pairs(random_margins(n, top, seed))
    assert lock_compiled(*pairs, n) == lock_pairs(*pairs, n)


@pytest.mark.parametrize("n", [63, 64, 65, 129])
@pytest.mark.parametrize("top", [1, 1000])
def test_the_twins_agree_where_bit_sets_take_several_words(n: int, top: int) -> None:
    pytest.importorskip("numba")
    pairs = sorted_pairs(random_margins(n, top, n))
    assert lock_compiled(*pairs, n) == lock_pairs(*pairs, n)


def test_without_numba_large_elections_are_merged_all_the_same(monkeypatch) -> None:
    table = random_margins(70, 9, 1)
    expected = ranked_pairs(table)
    monkeypatch.setitem(sys.modules, "numba", None)
    monkeypatch.setattr(MODULE, "FROM", 10)
    lock_fast._kernel.cache_clear()
    try:
        assert lock_compiled(*sorted_pairs(table), 70) is None
        assert ranked_pairs(table).order == expected.order
    finally:
        lock_fast._kernel.cache_clear()


def test_large_elections_are_handed_to_the_twin(monkeypatch) -> None:
    pytest.importorskip("numba")
    table = random_margins(70, 9, 2)
    expected = ranked_pairs(table)
    monkeypatch.setattr(MODULE, "FROM", 10)
    merged = ranked_pairs(table)
    assert (merged.order, merged.is_unique) == (expected.order, expected.is_unique)


@given(st.integers(1, 17), st.integers(0, 4), st.integers(0, 2**32 - 1))
def test_many_tables_at_once_are_locked_as_each_alone(n: int, top: int, seed: int) -> None:
    tables = np.stack([random_margins(n, top, seed + each) for each in range(6)], axis=-1)
    orders, is_unique = lock_many(tables)
    for each in range(6):
        masks, alone = lock(tables[:, :, each])
        assert is_unique[each] == alone
        heights = [mask.bit_count() for mask in masks]
        assert orders[each].tolist() == sorted(range(n), key=lambda code: -heights[code])
