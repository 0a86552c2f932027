"""Counting byte n-grams of many texts at once, with NumPy alone.

Both language models that we use (langid's and py3langid's) find their features by walking an
automaton over a text's UTF-8, one byte after the other. In Python that walk is most of the cost.
Here it is cut into pieces of equal length that are walked side by side. A piece may begin in the
middle of a text, since these automata forget: where they stand depends on the last few bytes only,
as many as the longest n-gram has, so that a piece warms up on the bytes before it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import sparse

IntArray = npt.NDArray[np.int64]

SEPARATOR = 0xFF
"""Stands between two texts: the one byte value, with 0xFE, that UTF-8 never has."""
PIECE = 64
"""Bytes that one lane of the walk takes. Shorter pieces waste more on warming up."""


@dataclass(frozen=True)
class Automaton:
    """Moves over bytes, from state 0, and the feature that each visited state stands for."""

    moves: npt.NDArray[np.integer]
    """Row base + byte -> next state, (n_rows * 256,)."""
    bases: npt.NDArray[np.integer]
    """State -> where its row begins in `moves`, (n_states,)."""
    memory: int
    """How many bytes back the automaton can remember."""

    @classmethod
    def build(
        cls, moves: npt.NDArray[np.integer], rows: npt.NDArray[np.integer] | None = None
    ) -> Automaton:
        """From a table of 256 moves per row; `rows` says which row a state has, if it is shared."""
        table = np.array(moves).reshape(-1, 256)
        table[:, SEPARATOR] = 0
        index = np.arange(len(table)) if rows is None else np.asarray(rows)
        bases = index.astype(np.int64) * 256
        return cls(table.ravel(), bases, _depth(table, index))

    def states(self, data: npt.NDArray[np.uint8]) -> npt.NDArray[np.integer]:
        """The state after each byte of `data`, (len(data),)."""
        n_pieces = -(-len(data) // PIECE)
        padded = np.full(self.memory + n_pieces * PIECE, SEPARATOR, dtype=np.uint8)
        padded[self.memory : self.memory + len(data)] = data
        windows = np.lib.stride_tricks.sliding_window_view(padded, PIECE + self.memory)[::PIECE]
        visited = np.empty((PIECE, n_pieces), dtype=self.moves.dtype)
        state = np.zeros(n_pieces, dtype=self.moves.dtype)
        for step, symbols in enumerate(np.ascontiguousarray(windows.T)):
            state = self.moves[self.bases[state] + symbols]
            if step >= self.memory:
                visited[step - self.memory] = state
        return np.ascontiguousarray(visited.T).reshape(-1)[: len(data)]


def _depth(table: npt.NDArray[np.integer], rows: npt.NDArray[np.integer]) -> int:
    """Length of the longest n-gram: how far the farthest state is from state 0."""
    seen = np.zeros(len(rows), dtype=bool)
    seen[0] = True
    frontier, depth = np.zeros(1, dtype=np.int64), 0
    while len(frontier):
        reached = np.zeros(len(rows), dtype=bool)
        reached[table[np.unique(rows[frontier])].ravel()] = True
        frontier = np.flatnonzero(reached & ~seen)
        seen |= reached
        depth += len(frontier) > 0
    return depth


def visits(automaton: Automaton, texts: Sequence[bytes]) -> tuple[IntArray, IntArray]:
    """Which text came to which state: two arrays of the same length, in the order of the texts."""
    separator = bytes([SEPARATOR])
    data = np.frombuffer(separator.join(texts) + separator, dtype=np.uint8)
    lengths = np.fromiter((len(text) + 1 for text in texts), np.int64, len(texts))
    states = automaton.states(data).astype(np.int64)
    return np.repeat(np.arange(len(texts)), lengths), states


def count(
    rows: IntArray, columns: IntArray, shape: tuple[int, int], dtype: type[np.floating]
) -> sparse.csr_matrix:
    """How often each (row, column) occurs, as a sparse matrix with sorted columns in each row.

    Sorted, so that a product sums in one order: a text's score does not depend on its neighbours.
    """
    keys = np.sort(rows * shape[1] + columns)
    starts = np.flatnonzero(np.concatenate(([True], keys[1:] != keys[:-1])) if len(keys) else [])
    counts = np.diff(np.append(starts, len(keys))).astype(dtype)
    row, column = np.divmod(keys[starts], shape[1])
    ends = np.searchsorted(row, np.arange(shape[0] + 1))
    return sparse.csr_matrix((counts, column, ends), shape=shape)
