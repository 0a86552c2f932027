"""A budget shared among reasons, and among the asks of one reason: whole verdicts, none lost."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import floor, inf

from manyvoices.design.comparisons.batch import Ask


@dataclass(frozen=True, slots=True)
class Wish:
    """An ask, and how much it matters beside others of its reason."""

    ask: Ask
    weight: float = 1.0
    most: int | None = None
    """Verdicts beyond which more of them are of no use; None = no end."""


def share_out(n: int, weights: Mapping[str, float], most: Mapping[str, float]) -> dict[str, int]:
    """`n` shared in proportion to `weights`, nobody given more than `most`.

    What one cannot use is shared among the others in the same proportion; fractions go by largest
    remainder, ties by name. The sum is `n`, or what all can use where that is less.
    """
    left = {name: min(most.get(name, inf), n) for name in weights if weights[name] > 0}
    given = dict.fromkeys(weights, 0)
    while n > 0 and (open_ := {name for name, room in left.items() if room > 0}):
        part = _proportional(n, {name: weights[name] for name in sorted(open_)})
        for name, wanted in part.items():
            taken = int(min(wanted, left[name]))
            given[name] += taken
            left[name] -= taken
            n -= taken
    return given


def _proportional(n: int, weights: Mapping[str, float]) -> dict[str, int]:
    total = sum(weights.values())
    exact = {name: n * weight / total for name, weight in weights.items()}
    found = {name: floor(value) for name, value in exact.items()}
    rest = n - sum(found.values())
    for name in sorted(exact, key=lambda name: (found[name] - exact[name], name))[:rest]:
        found[name] += 1
    return found


def allot(wishes: Sequence[Wish], n: int) -> list[Ask]:
    """The asks of one reason with `n` verdicts shared among them; those that get none are left."""
    names = {f"{place:06d}": wish for place, wish in enumerate(wishes)}
    shares = share_out(
        n,
        {name: wish.weight for name, wish in names.items()},
        {name: wish.most for name, wish in names.items() if wish.most is not None},
    )
    return [
        wish.ask.model_copy(update={"n": shares[name]})
        for name, wish in names.items()
        if shares[name] > 0
    ]


def room_of(wishes: Sequence[Wish]) -> float:
    """How many verdicts `wishes` have a use for."""
    return sum(inf if wish.most is None else wish.most for wish in wishes if wish.weight > 0)
