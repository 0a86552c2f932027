"""What one forward and backward pass is given: packs, or padded rows, of some trees or groups."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from manyvoices.train.reward.lengths import TokenGroup
from manyvoices.train.reward.packing import Pack, lay_out, n_tokens
from manyvoices.train.reward.rows import Rows, flatten

Part = tuple[TokenGroup, ...]
"""Groups of one tree, or of the part of it that fits into a pack: what batches are drawn from."""


@dataclass(frozen=True, slots=True)
class Batch:
    """One micro-batch: packs, or one block of rows."""

    packs: tuple[Pack, ...] = ()
    rows: Rows | None = None

    @property
    def parts(self) -> tuple[Pack | Rows, ...]:
        """What the model is called with, one call each."""
        return self.packs if self.rows is None else (self.rows,)

    @property
    def n_tokens(self) -> int:
        """Tokens without padding."""
        if self.rows is not None:
            return sum(map(len, self.rows.ids))
        return sum(map(len, self.packs))

    @property
    def trees(self) -> tuple[str, ...]:
        """Whose groups they are, for messages."""
        return tuple({g.source.tree_id: None for part in self.parts for g, _ in part.groups})


def packed(parts: Sequence[Part], max_tokens: int) -> Batch:
    """Trees as few packs of at most `max_tokens` tokens."""
    return Batch(packs=fill(tuple(parts), max_tokens))


def in_rows(parts: Sequence[Part]) -> Batch:
    """Groups as one block of rows, padded to the longest."""
    return Batch(rows=flatten([group for part in parts for group in part]))


def fill(parts: Sequence[Part], max_tokens: int) -> tuple[Pack, ...]:
    """Parts put together into packs of at most `max_tokens` tokens, the longest first.

    First fit decreasing: at most 11/9 of the least number of packs (Johnson 1973). A part longer
    than the budget has a pack of its own.
    """
    lengths = [n_tokens(part) for part in parts]
    bins: list[list[int]] = []
    room: list[int] = []
    for i in sorted(range(len(parts)), key=lambda i: -lengths[i]):
        for place, free in enumerate(room):
            if lengths[i] <= free:
                bins[place].append(i)
                room[place] -= lengths[i]
                break
        else:
            bins.append([i])
            room.append(max_tokens - lengths[i])
    return tuple(lay_out([g for i in sorted(bin) for g in parts[i]]) for bin in bins)
