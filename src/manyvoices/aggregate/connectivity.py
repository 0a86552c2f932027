"""Whether battles can order the models at all, asked before any score is believed.

Scores that maximise a likelihood are finite only where a chain of wins leads from every model to
every other one (Ford 1957, "Solution of a ranking problem from binary comparisons", American
Mathematical Monthly 64, 28-33). Half a win each way for a tie links two models in both directions.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components

from manyvoices.aggregate.battles import Battles
from manyvoices.aggregate.kinds import BoolArray, FloatArray, Ties


@dataclass(frozen=True, slots=True)
class Connectivity:
    """What the graph "i won over j" says about a set of battles."""

    models: tuple[str, ...]
    components: tuple[tuple[str, ...], ...]
    """Strongly connected groups of models, largest first; one group when all is well."""
    unbeaten: tuple[tuple[str, ...], ...]
    """Groups that never lost to a model outside the group, though they won over some."""
    winless: tuple[tuple[str, ...], ...]
    """Groups that never won over a model outside the group, though they lost to some."""
    isolated: tuple[tuple[str, ...], ...]
    """Groups that were never compared with the others."""
    n_battles: int | None
    n_participants: int | None
    effective_participants: float | None
    """(sum of battles per person)^2 / sum of squares: equals the number of participants when all
    contribute alike, and falls towards 1 when one person contributes nearly all (Kish 1965)."""
    pairs_compared: int
    pairs_possible: int

    @property
    def is_strong(self) -> bool:
        """Whether a chain of wins leads from every model to every other one."""
        return len(self.components) <= 1

    def why(self) -> str:
        """Say in words what keeps the models from being compared; empty when nothing does."""
        parts = [
            *(f"{_named(group)} never lost to the other models" for group in self.unbeaten),
            *(f"{_named(group)} never won over the other models" for group in self.winless),
            *(f"{_named(group)} never met the other models" for group in self.isolated),
        ]
        return ", ".join(parts)


def diagnose(battles: Battles, *, ties: Ties = "half") -> Connectivity:
    """Return which models the battles connect, and on how many people the battles rest."""
    per_person = None
    if battles.cluster is not None:
        per_person = np.bincount(battles.cluster).astype(np.float64)
    return connectivity(
        battles.tally(ties), battles.models, n_battles=len(battles), battles_per_person=per_person
    )


def connectivity(
    wins: FloatArray,
    models: tuple[str, ...],
    *,
    n_battles: int | None = None,
    battles_per_person: FloatArray | None = None,
) -> Connectivity:
    """As `diagnose`, from wins (n, n): entry [i, j] = comparisons that i won over j."""
    won = wins > 0
    _, label = connected_components(csr_array(won), directed=True, connection="strong")
    groups = [np.flatnonzero(label == value) for value in np.unique(label)]
    groups.sort(key=lambda group: (-len(group), group[0]))
    beats = [bool(won[group][:, label != label[group[0]]].any()) for group in groups]
    loses = [bool(won[label != label[group[0]]][:, group].any()) for group in groups]

    def named(wanted: tuple[bool, bool]) -> tuple[tuple[str, ...], ...]:
        found = zip(groups, beats, loses, strict=True)
        return tuple(_names(models, g) for g, beat, lost in found if (beat, lost) == wanted)

    met = np.triu(won | won.T, 1)
    alone = len(groups) == 1
    people = None if battles_per_person is None else battles_per_person[battles_per_person > 0]
    return Connectivity(
        models=models,
        components=tuple(_names(models, group) for group in groups),
        unbeaten=() if alone else named((True, False)),
        winless=() if alone else named((False, True)),
        isolated=() if alone else named((False, False)),
        n_battles=n_battles,
        n_participants=None if people is None else len(people),
        effective_participants=(
            None if people is None else float(people.sum() ** 2 / (people**2).sum())
        ),
        pairs_compared=int(met.sum()),
        pairs_possible=len(models) * (len(models) - 1) // 2,
    )


def strongly_connected(wins: FloatArray) -> BoolArray:
    """Return (B,), whether each of wins (B, n, n) links every model to every other both ways.

    It suffices that model 0 reaches all and is reached by all; both searches spread over all B
    graphs at once, so a pass costs one product of (B, 1, n) with (B, n, n).
    """
    return _reach_all(wins) & _reach_all(wins.transpose(0, 2, 1))


def _reach_all(wins: FloatArray) -> BoolArray:
    batch, n, _ = wins.shape
    reached = np.zeros((batch, n), dtype=np.bool_)
    reached[:, :1] = True
    while True:
        stepped = (reached[:, None, :].astype(np.float64) @ wins)[:, 0, :] > 0
        wider = reached | stepped
        if (wider == reached).all():
            return np.asarray(reached.all(axis=1))
        reached = wider


def _names(
    models: tuple[str, ...], group: np.ndarray[tuple[int], np.dtype[np.intp]]
) -> tuple[str, ...]:
    return tuple(models[code] for code in group)


def _named(group: tuple[str, ...]) -> str:
    return group[0] if len(group) == 1 else "{" + ", ".join(group) + "}"
