"""Flattened groups: one padded row per reply, each with its own copy of what it answers.

This is Open-Assistant's collation, kept as an arm to compare with, for models that cannot pack
(without positions as an argument, or with a sliding window), and as the oracle of the tests.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from manyvoices.train.reward.lengths import TokenGroup
from manyvoices.train.reward.packing import as_order
from manyvoices.train.reward.pairs import Order


@dataclass(frozen=True, slots=True)
class Rows:
    """The rows of some groups. m rows, one per reply."""

    ids: tuple[tuple[int, ...], ...]
    """(m,) rows of token ids, not yet padded."""
    groups: tuple[tuple[TokenGroup, tuple[int, ...]], ...]
    """Each group with the rows of its replies."""

    @property
    def n_padded(self) -> int:
        """Tokens that the model computes, padding included."""
        return len(self.ids) * max(map(len, self.ids))

    def orders(self) -> tuple[Order, ...]:
        """The groups as orders over the scores of these rows."""
        return tuple(as_order(group, places) for group, places in self.groups)


def flatten(groups: Sequence[TokenGroup]) -> Rows:
    """One row per reply, in the order of the groups."""
    ids: list[tuple[int, ...]] = []
    placed = []
    for group in groups:
        prefix = tuple(token for part in group.prefix for token in part)
        places = tuple(range(len(ids), len(ids) + len(group.replies)))
        ids.extend(prefix + reply for reply in group.replies)
        placed.append((group, places))
    return Rows(tuple(ids), tuple(placed))
