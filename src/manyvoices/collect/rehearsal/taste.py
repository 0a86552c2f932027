"""What bots like about a text: weights over measured style, so that a preference is known exactly.

The features are those of `manyvoices.llm.features`, each brought to 0..1. A weight is the share of
the rating scale by which a text that has the feature to the full is rated higher than one without.
"""

from __future__ import annotations

import random
from dataclasses import asdict, dataclass

from manyvoices.llm import measure

LONG_WORDS = 150
"""A text of this many words or more counts as fully long."""
MANY_LINES = 8
BASE = 0.34
"""Where on the scale (0..1) an answer without any of the features is put."""
NOISE_SD = 0.13
"""Spread of one rating around what the bot's taste says, as a share of the scale."""


@dataclass(frozen=True, slots=True)
class Taste:
    """Weights, each a share of the rating scale."""

    length: float = 0.0
    enumerated: float = 0.0
    line_breaks: float = 0.0
    closing_question: float = 0.0
    refusal: float = 0.0
    self_identification: float = 0.0
    warmth: float = 0.0

    def plus(self, other: Taste, times: float = 1.0) -> Taste:
        """This taste, moved by `times` the weights of `other`."""
        return Taste(
            **{
                name: round(weight + times * getattr(other, name), 6)
                for name, weight in asdict(self).items()
            }
        )

    def utility(self, text: str) -> float:
        """By how much of the scale `text` is liked beyond a text without any feature."""
        return self.of_style(style(text))

    def of_style(self, shown: Taste) -> float:
        """As `utility`, for a text whose style has been measured."""
        return float(sum(getattr(self, name) * getattr(shown, name) for name in self.__slots__))


EVERYONE = Taste(
    length=0.28,
    enumerated=0.11,
    line_breaks=0.18,
    closing_question=0.08,
    refusal=-0.22,
    self_identification=-0.16,
    warmth=0.27,
)
"""Tuned against the personas: any two differ by about five hundredths of the scale or more."""
DIFFERENCE = Taste(length=0.17, enumerated=0.09, closing_question=-0.05, warmth=-0.34)
"""Added for the planted group, taken off for the others: long and listed against short and warm."""


def style(text: str) -> Taste:
    """The features of `text`, each from 0 to 1, under the names of the weights."""
    seen = measure(text)
    return Taste(
        length=min(seen.words / LONG_WORDS, 1.0),
        enumerated=float(seen.enumerated),
        line_breaks=min(seen.line_breaks / MANY_LINES, 1.0),
        closing_question=float(seen.closing_question),
        refusal=float(seen.refusal),
        self_identification=float(seen.self_identification),
        warmth=seen.warmth,
    )


def on_scale(share: float, limits: tuple[int, int]) -> int:
    """`share` of the way from one end of a scale to the other, as a whole number within it."""
    low, high = limits
    return max(low, min(high, round(low + share * (high - low))))


def rate(
    text: str, taste: Taste, *, bias: float, limits: tuple[int, int], rng: random.Random
) -> int:
    """One rating: base, taste, the bot's own severity, and noise, cut off at the scale's ends."""
    share = BASE + taste.utility(text) + bias + rng.gauss(0.0, NOISE_SD)
    return on_scale(share, limits)
