"""What is done with a conversation that is longer than a row, and how much that costs.

Nothing is ever dropped in silence: every function here gives a `Cut` beside what it kept, cuts add
up, and a run prints the sum.
"""

from __future__ import annotations

import random
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal, TypeAlias

from manyvoices.train.masks import Encoded

TooLong: TypeAlias = Literal["split", "right", "left", "window"]
"""``split``: several rows, every trained token in one of them. ``right``, ``left``: what is beyond
the limit is cut off at that side. ``window``: a random part, as Open-Assistant's collator takes."""


@dataclass(frozen=True, slots=True)
class Cut:
    """What did not fit."""

    n_seen: int = 0
    """Conversations looked at."""
    n_long: int = 0
    """Of these, longer than a row."""
    n_tokens: int = 0
    """Tokens cut off."""
    n_trained: int = 0
    """Of these, tokens that would have been trained."""
    n_empty: int = 0
    """Rows left out because nothing in them is trained."""

    def __add__(self, other: Cut) -> Cut:
        return Cut(
            self.n_seen + other.n_seen,
            self.n_long + other.n_long,
            self.n_tokens + other.n_tokens,
            self.n_trained + other.n_trained,
            self.n_empty + other.n_empty,
        )

    def line(self, max_length: int) -> str:
        """One sentence for the progress of a run; empty where nothing happened."""
        if not self.n_long and not self.n_empty:
            return ""
        return (
            f"{self.n_long:,} of {self.n_seen:,} conversations are longer than {max_length:,} "
            f"tokens: {self.n_tokens:,} tokens were cut off, {self.n_trained:,} of them to be "
            f"trained; {self.n_empty:,} rows without trained tokens were left out"
        )


def fitted(
    encoded: Encoded,
    max_length: int,
    how: TooLong = "split",
    *,
    overlap: int | None = None,
    rng: random.Random | None = None,
) -> tuple[list[Encoded], Cut]:
    """Rows of at most `max_length` tokens, those without a trained token left out, and the cut.

    Args:
        overlap: ``split``: tokens that a row repeats of the one before it, as context that is not
            trained again; a quarter of a row if None.
        rng: ``window`` needs one.
    """
    if len(encoded) <= max_length:
        return _trained_rows([encoded], Cut(1))
    if how == "split":
        shared = max_length // 4 if overlap is None else overlap
        return _trained_rows(list(_pieces(encoded, max_length, shared)), Cut(1, 1))
    start = _start(len(encoded) - max_length, how, rng)
    kept = encoded.part(start, start + max_length)
    lost = len(encoded) - max_length, encoded.n_trained - kept.n_trained
    return _trained_rows([kept], Cut(1, 1, *lost))


def _start(surplus: int, how: TooLong, rng: random.Random | None) -> int:
    if how == "window":
        if rng is None:
            raise ValueError("a random window needs a random generator")
        return rng.randint(0, surplus)
    return surplus if how == "left" else 0


def _pieces(encoded: Encoded, max_length: int, overlap: int) -> Iterable[Encoded]:
    if not 0 <= overlap < max_length:
        raise ValueError(f"overlap must be from 0 to below max_length, found {overlap}")
    yield encoded.part(0, max_length)
    done = max_length
    while done < len(encoded):
        start = done - overlap
        piece = encoded.part(start, start + max_length)
        trained = (*(False for _ in range(overlap)), *piece.trained[overlap:])
        yield Encoded(piece.ids, trained, piece.turn)
        done = start + len(piece)


def _trained_rows(rows: list[Encoded], cut: Cut) -> tuple[list[Encoded], Cut]:
    kept = [row for row in rows if row.n_trained]
    return kept, cut + Cut(n_empty=len(rows) - len(kept))
