"""A conversation as tokens, each with whether it is trained: the one mask of all trainers.

A token is trained when the model is to learn to produce it: the assistant's words and the token
that ends its turn. `Encoded.labels` gives the form that transformers and TRL take, where models
shift by one themselves. Over-long conversations are cut or split here, and what is lost is counted
by the caller: `Cut` says how much.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

IGNORED = -100
"""Label of a token that is not trained, in transformers and TRL."""


@dataclass(frozen=True, slots=True)
class Encoded:
    """Three parallel tuples, one entry per token."""

    ids: tuple[int, ...]
    trained: tuple[bool, ...]
    """True where the token is a target."""
    turn: tuple[int, ...]
    """Index of the turn that the token belongs to, as the turns were given."""

    def __len__(self) -> int:
        return len(self.ids)

    @property
    def n_trained(self) -> int:
        """How many tokens are targets."""
        return sum(self.trained)

    @property
    def labels(self) -> tuple[int, ...]:
        """Ids where trained, `IGNORED` elsewhere; not shifted."""
        pairs = zip(self.ids, self.trained, strict=True)
        return tuple(i if trained else IGNORED for i, trained in pairs)

    def part(self, start: int, stop: int) -> Encoded:
        """Tokens `start` to `stop`."""
        return Encoded(self.ids[start:stop], self.trained[start:stop], self.turn[start:stop])


def joined(parts: Iterable[Encoded]) -> Encoded:
    """One after the other."""
    listed = list(parts)
    return Encoded(
        tuple(i for part in listed for i in part.ids),
        tuple(t for part in listed for t in part.trained),
        tuple(t for part in listed for t in part.turn),
    )
