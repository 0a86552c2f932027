"""Locking the pairs of one large election with Numba, where it is installed.

The twin of `ranked_pairs.lock`, which needs nothing: same pairs, same result (a test holds the
two together). Python's long integers are bit sets already, so the twin pays only from hundreds of
candidates on; below that Numba would take longer to load than the merge.
"""

from __future__ import annotations

from functools import cache
from importlib import import_module
from typing import Any

import numpy as np

from manyvoices.aggregate.kinds import AnyArray, IntArray

FROM = 600
"""Candidates from which on the compiled twin is used."""


def lock_compiled(
    winners: IntArray, losers: IntArray, sizes: AnyArray, n: int
) -> tuple[list[int], bool] | None:
    """Lock pairs given in order; as `ranked_pairs.lock`. None where Numba is not installed."""
    kernel = _kernel()
    if kernel is None:
        return None
    level = np.zeros(len(sizes), dtype=np.int64)
    level[1:] = np.cumsum(sizes[1:] != sizes[:-1])
    reach, is_unique = kernel(winners, losers, level, n)
    masks = [int.from_bytes(row.tobytes(), "little") for row in reach.astype("<u8")]
    return masks, bool(is_unique)


def _lock(
    winners: IntArray, losers: IntArray, level: IntArray, n: int
) -> tuple[AnyArray, bool]:  # pragma: no cover (runs compiled)
    """below, above (n, words): bit sets of the candidates below and above each one."""
    words = (n + 63) // 64
    below = np.zeros((n, words), dtype=np.uint64)
    above = np.zeros((n, words), dtype=np.uint64)
    before = np.zeros((n, words), dtype=np.uint64)
    one = np.uint64(1)
    is_unique = True
    last = np.int64(-1)
    n_open = n * (n - 1) // 2
    changed = False
    for pair in range(len(winners)):
        winner, loser = winners[pair], losers[pair]
        if level[pair] != last:
            last = level[pair]
            if changed:
                before[:] = below
                changed = False
            if n_open == 0:
                break
        word, bit = winner >> 6, one << np.uint64(winner & 63)
        if below[loser, word] & bit:
            if not before[loser, word] & bit:
                is_unique = False
            continue
        other, other_bit = loser >> 6, one << np.uint64(loser & 63)
        if below[winner, other] & other_bit:
            continue
        changed = True
        for code in range(n):
            if code != winner and not above[winner, code >> 6] & (one << np.uint64(code & 63)):
                continue
            for each in range(words):
                more = below[loser, each]
                if each == other:
                    more |= other_bit
                fresh = more & ~below[code, each]
                below[code, each] |= fresh
                place = each * 64
                while fresh:
                    if fresh & one:
                        above[place, code >> 6] |= one << np.uint64(code & 63)
                        n_open -= 1
                    fresh >>= one
                    place += 1
    return below, is_unique


@cache
def _kernel() -> Any | None:
    try:
        numba = import_module("numba")
    except ImportError:
        return None
    try:
        compiled = numba.njit(cache=True, nogil=True)(_lock)
    except RuntimeError:  # nowhere to keep what was compiled
        compiled = numba.njit(nogil=True)(_lock)
    return compiled
