"""Battles as verdicts on units, so that judges who saw the same pair can be compared.

Which verdicts belong to one unit is a choice that changes every figure, so it has a name. "pair":
two models on one question are one unit whoever stood on the left, and a verdict names the side that
comes first in alphabetical order. "shown": the pair in the order in which it was shown, so
that the same two models the other way round are another unit.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from manyvoices.aggregate.battles import Battles

Join = Literal["pair", "shown"]
FIRST, SECOND, TIE = "first", "second", "tie"
Key = tuple[Any, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Verdicts:
    """All verdicts on each unit."""

    of: dict[Key, list[str]]
    """(fields..., model, other model) -> "first", "second" or "tie", one for each judgement."""
    join: Join

    @classmethod
    def from_battles(
        cls, battles: Battles, fields: Sequence[str] = (), *, join: Join | str = "pair"
    ) -> Verdicts:
        """Gather the verdicts of `battles` on units told apart by group `fields` and the models."""
        if join not in ("pair", "shown"):
            raise ValueError(f"join must be 'pair' or 'shown', found {join!r}")
        missing = [name for name in fields if name not in battles.groups]
        if missing:
            known = ", ".join(battles.groups) or "none"
            raise ValueError(f"no field {missing[0]!r}; the fields read are: {known}")
        names = np.array(battles.models, dtype=object)
        a, b, outcome = names[battles.a], names[battles.b], battles.outcome
        if join == "pair":
            turned = a > b
            a, b = np.where(turned, b, a), np.where(turned, a, b)
            outcome = np.where(turned, 1.0 - outcome, outcome)
        words = np.array([SECOND, TIE, FIRST], dtype=object)[(2 * outcome).astype(np.int64)]
        columns = [*(battles.groups[name] for name in fields), a, b]
        found: dict[Key, list[str]] = {}
        for key, word in zip(zip(*columns, strict=True), words, strict=True):
            found.setdefault(key, []).append(word)
        return cls(found, "pair" if join == "pair" else "shown")

    def __len__(self) -> int:
        return len(self.of)

    def majority(self) -> dict[Key, str]:
        """Return each unit's most frequent verdict; where two lead, nobody won: a tie."""
        return {key: _leading(words) for key, words in self.of.items()}

    def paired_with(self, other: Verdicts, *, ties: bool = True) -> tuple[list[str], list[str]]:
        """Return the majority verdicts of both on the units that both judged.

        Without `ties`, units on which either side's verdict is a tie are left out.
        """
        if self.join != other.join:
            raise ValueError(f"units joined by {self.join!r} and {other.join!r} are not the same")
        mine, yours = self.majority(), other.majority()
        pairs = [(mine[key], yours[key]) for key in mine if key in yours]
        kept = [pair for pair in pairs if ties or TIE not in pair]
        return [one for one, _ in kept], [two for _, two in kept]


def _leading(words: list[str]) -> str:
    count = {word: words.count(word) for word in set(words)}
    most = max(count.values())
    leading = [word for word, times in count.items() if times == most]
    return leading[0] if len(leading) == 1 else TIE
