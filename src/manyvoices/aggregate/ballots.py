"""Ballots of one election, and the pairwise margins they add up to."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

from manyvoices.aggregate.ballot_reading import (
    UNRANKED,
    code_of,
    read_rankings,
    read_weights,
)
from manyvoices.aggregate.kinds import AnyArray, FloatArray, IntArray

Unranked = Literal["no_opinion", "last"]
Label: TypeAlias = Hashable
Ranking: TypeAlias = Sequence[Any]
"""Candidates, or groups (list, tuple, set) of candidates ranked equal, best first."""

Margins: TypeAlias = NDArray[Any]
"""(n, n), int64 where all weights are whole, else float64."""

FEW = 4
"""Voters per candidate below which votes are counted along an axis."""


@dataclass(frozen=True, slots=True, eq=False)
class Ballots:
    """All ballots of one election."""

    candidates: tuple[Any, ...]
    """Labels; their order is the order in which "lex" breaks ties."""
    places: NDArray[np.int32]
    """(voters, n) place of each candidate on each ballot, 0 = best; equal places are a tie, -1
    is unranked."""
    weights: IntArray | FloatArray
    """(voters,) how often each ballot counts; integers as long as all given weights are whole."""
    unranked: Unranked = "no_opinion"
    """"no_opinion": a ballot says nothing about pairs with an unranked candidate.
    "last": unranked candidates tie below all ranked ones."""

    def __len__(self) -> int:
        return len(self.places)

    @classmethod
    def from_rankings(
        cls,
        rankings: Iterable[Ranking],
        candidates: Sequence[Any] | None = None,
        weights: Sequence[float] | FloatArray | None = None,
        unranked: Unranked = "no_opinion",
    ) -> Ballots:
        """Read rankings; a ranking lists candidates, or groups of candidates ranked equal.

        Without `candidates`, they are all that some ballot ranks, in sorted order. A ballot that
        ranks nobody is allowed and says nothing. Raises a `BallotError` that lists every ballot
        with an unknown candidate, a candidate twice, or no ranking at all, and every weight that
        is negative or not a number.
        """
        _check_unranked(unranked)
        known, places = read_rankings(rankings, candidates)
        return cls(known, places, read_weights(weights, len(places)), unranked)

    @classmethod
    def from_places(
        cls,
        places: Any,
        candidates: Sequence[Any] | None = None,
        weights: Sequence[float] | FloatArray | None = None,
        unranked: Unranked = "no_opinion",
    ) -> Ballots:
        """Read a table (voters, n) of places: smaller is better, equal is a tie, NaN is unranked.

        Only the order of the numbers within a row counts, so ranks from 1, ranks from 0 and
        ranks with gaps say the same. `candidates` default to 0..n-1.
        """
        _check_unranked(unranked)
        table = np.asarray(places, dtype=np.float64)
        if table.ndim != 2:
            raise ValueError(f"places must have shape (voters, n), found {table.shape}")
        labels = list(range(table.shape[1])) if candidates is None else list(candidates)
        if len(code_of(labels)) != table.shape[1]:
            raise ValueError(f"{table.shape[1]} columns need as many candidates")
        return cls(tuple(labels), _dense(table), read_weights(weights, len(table)), unranked)

    @classmethod
    def from_frame(
        cls,
        frame: Any,
        *,
        voter: str = "voter",
        candidate: str = "candidate",
        place: str = "place",
        weight: str | None = None,
        unranked: Unranked = "no_opinion",
    ) -> Ballots:
        """Read a long table with one row for each voter and candidate.

        `frame`: a dict of columns, a pandas or polars frame, or a pyarrow table. Places as in
        `from_places`; candidates become text. `weight` names a column with one weight per voter.
        """
        from manyvoices.aggregate.ballot_tables import ballots_from_frame

        return ballots_from_frame(frame, voter=voter, candidate=candidate, place=place,
                                  weight=weight, unranked=unranked)  # fmt: skip

    @property
    def n_empty(self) -> int:
        """Ballots that rank nobody; they count as ballots and say nothing."""
        return int((self.places == UNRANKED).all(axis=1).sum())


def margins(ballots: Ballots) -> Margins:
    """Return (n, n): entry [i, j] = weight of ballots that put i above j, minus the reverse.

    A pair tied on a ballot counts for neither side. Integers where the weights are whole.
    """
    above = preferences(ballots)
    return np.asarray(above - above.T)


def preferences(ballots: Ballots) -> Margins:
    """Return (n, n): entry [i, j] = weight of ballots that put i above j."""
    mine, yours = _comparable(ballots)
    n, n_voters = mine.shape
    above = np.zeros((n, n), dtype=ballots.weights.dtype)
    alike = bool((ballots.weights == 1).all())
    weights = ballots.weights.astype(np.float64)  # exact for whole numbers up to 2**53
    for code in range(n):
        if not alike:
            above[code] = (mine[code] < yours) @ weights
        elif n_voters < FEW * n:
            above[code] = np.count_nonzero(mine[code] < yours, axis=1)
        else:  # counting one long row at a time is twice as fast as counting along an axis
            above[code] = [np.count_nonzero(mine[code] < row) for row in yours]
    return above


def _comparable(ballots: Ballots) -> tuple[AnyArray, AnyArray]:
    """Return (n, voters) twice: i stands above j on a ballot where mine[i] < yours[j].

    An unranked candidate is never above anyone, and is below the ranked ones only under "last".
    """
    n = len(ballots.candidates)
    # Places from 1 on, 0 for unranked, in the smallest type: half of the time goes into comparing.
    places = np.ascontiguousarray(ballots.places.astype(np.min_scalar_type(n + 1)).T) + 1
    unranked = places == 0
    if not unranked.any():
        return places, places
    mine = np.where(unranked, n + 1, places).astype(places.dtype)
    return mine, mine if ballots.unranked == "last" else places


def _dense(table: FloatArray) -> NDArray[np.int32]:
    """Number the distinct places of each row from 0, -1 where there is none."""
    order = np.argsort(table, axis=1, kind="stable")  # NaN comes last
    rising = np.take_along_axis(table, order, axis=1)
    step = np.zeros(table.shape, dtype=np.int32)
    step[:, 1:] = rising[:, 1:] != rising[:, :-1]
    places = np.empty(table.shape, dtype=np.int32)
    np.put_along_axis(places, order, np.cumsum(step, axis=1, dtype=np.int32), axis=1)
    places[np.isnan(table)] = UNRANKED
    return places


def _check_unranked(unranked: str) -> None:
    if unranked not in ("no_opinion", "last"):
        raise ValueError(f"unranked must be 'no_opinion' or 'last', found {unranked!r}")
