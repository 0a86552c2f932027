"""Which examples an epoch takes where several data sets are mixed.

As Open-Assistant's ``PerDatasetSampler`` does: a fixed share or number of each data set per epoch,
drawn anew each time, so that a large one does not drown a small one. Draws depend on the seed and
the epoch alone, so that a resumed run sees what an uninterrupted one would have seen.
"""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Share:
    """How much of one data set an epoch takes: all where both are None."""

    fraction: float | None = None
    size: int | None = None

    def of(self, n: int) -> int:
        """How many of `n` examples; at least one of a data set that has any."""
        if self.size is not None:
            return min(self.size, n)
        return n if self.fraction is None else min(n, max(1, round(self.fraction * n)))


@dataclass(frozen=True, slots=True)
class EpochSampler:
    """Orders of examples, epoch by epoch."""

    sources: tuple[int, ...]
    """Data set of each example."""
    shares: tuple[Share, ...]
    """By data set."""
    seed: int

    def __len__(self) -> int:
        """Examples per epoch."""
        counts = (self.sources.count(number) for number in range(len(self.shares)))
        return sum(share.of(n) for share, n in zip(self.shares, counts, strict=True))

    def indices(self, epoch: int) -> list[int]:
        """The examples of one epoch, shuffled: equal seed and epoch, equal list."""
        rng = random.Random(f"{self.seed}/{epoch}")
        by_source: dict[int, list[int]] = defaultdict(list)
        for index, source in enumerate(self.sources):
            by_source[source].append(index)
        chosen = [
            index
            for source in sorted(by_source)
            for index in rng.sample(
                by_source[source], self.shares[source].of(len(by_source[source]))
            )
        ]
        rng.shuffle(chosen)
        return chosen


def sampler_of(sources: Sequence[int], shares: Sequence[Share], seed: int) -> EpochSampler:
    """An `EpochSampler` of examples whose data sets are `sources`."""
    return EpochSampler(tuple(sources), tuple(shares), seed)
