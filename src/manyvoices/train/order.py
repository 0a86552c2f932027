"""Which examples come when: an order that depends on the seed and the epoch alone.

The order is drawn for all processes together and dealt out afterwards, so that the global batch
of an update is the same set of examples for one process and for several:
``batch_size * accumulate`` of one process equal ``batch_size * accumulate * world`` of several.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

import numpy as np

Item = TypeVar("Item")
Batch = TypeVar("Batch")


def shuffled(n: int, seed: int, epoch: int) -> list[int]:
    """Numbers 0 to n - 1 in the order of `epoch`; the same for equal arguments anywhere."""
    order: list[int] = np.random.default_rng([seed, epoch]).permutation(n).tolist()
    return order


@dataclass(frozen=True, slots=True)
class Shuffled(Generic[Item, Batch]):
    """Batches of equal size from a list, as `manyvoices.train.loop.fit` takes them."""

    items: Sequence[Item]
    collate: Callable[[list[Item]], Batch]
    batch_size: int
    """Examples per process and forward pass."""
    accumulate: int
    """Forward passes per update."""
    seed: int

    def __call__(self, epoch: int, rank: int, world: int) -> Iterator[Batch]:
        """The batches of one process in one epoch; the last update may be smaller, never dropped.

        Process r of an update takes its examples r, r + world, ...: sizes differ by at most one.
        """
        order = shuffled(len(self.items), self.seed, epoch)
        together = self.batch_size * self.accumulate * world
        for start in range(0, len(order), together):
            own = order[start : start + together][rank::world]
            for at in range(0, len(own), self.batch_size):
                yield self.collate([self.items[i] for i in own[at : at + self.batch_size]])

    def steps(self, world: int) -> int:
        """Updates per epoch."""
        return -(-len(self.items) // (self.batch_size * self.accumulate * world))
