"""Ballots of one election, and the pairwise margins they add up to."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

from manyvoices.aggregate.kinds import FloatArray, IntArray
from manyvoices.schema.errors import DataError, Fault

Unranked = Literal["no_opinion", "last"]
Label: TypeAlias = Hashable
Ranking: TypeAlias = Sequence[Any]
"""Candidates, or groups (list, tuple, set) of candidates ranked equal, best first."""

Margins: TypeAlias = NDArray[Any]
"""(n, n), int64 where all weights are whole, else float64."""

UNRANKED = -1
MAX_FAULTS = 100


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
        weights: Sequence[float] | None = None,
        unranked: Unranked = "no_opinion",
    ) -> Ballots:
        """Read rankings; a ranking lists candidates, or groups of candidates ranked equal.

        Without `candidates`, they are all that some ballot ranks, in sorted order. Raises
        `DataError` listing every ballot that names a candidate twice or an unknown one.
        """
        if unranked not in ("no_opinion", "last"):
            raise ValueError(f"unranked must be 'no_opinion' or 'last', found {unranked!r}")
        listed = [list(ranking) for ranking in rankings]
        if candidates is None:
            candidates = _sorted(_labels(listed))
        codes = {label: code for code, label in enumerate(candidates)}
        if len(codes) != len(candidates):
            raise ValueError("candidates holds a label twice")
        places = np.full((len(listed), len(codes)), UNRANKED, dtype=np.int32)
        faults: list[Fault] = []
        for voter, ballot in enumerate(listed):
            strict = _strict_codes(ballot, codes)
            if strict is not None:
                places[voter, strict] = np.arange(len(strict))
            else:
                _place(ballot, codes, places[voter], voter, faults)
        if faults:
            raise DataError(faults[:MAX_FAULTS], n_more=max(0, len(faults) - MAX_FAULTS))
        return cls(tuple(candidates), places, _weights(weights, len(listed)), unranked)


def margins(ballots: Ballots) -> Margins:
    """Return (n, n): entry [i, j] = weight of ballots that put i above j, minus the reverse.

    A pair tied on a ballot counts for neither side. Integers where the weights are whole.
    """
    above = preferences(ballots)
    return np.asarray(above - above.T)


def preferences(ballots: Ballots) -> Margins:
    """Return (n, n): entry [i, j] = weight of ballots that put i above j."""
    places, n = ballots.places.T, len(ballots.candidates)
    ranked = places != UNRANKED
    bottom = n if ballots.unranked == "last" else UNRANKED
    # Compared as "my place < your place": an unranked candidate is never above anyone, and is
    # below the ranked ones only under "last".
    mine = np.where(ranked, places, n)
    yours = np.ascontiguousarray(np.where(ranked, places, bottom))
    above = np.zeros((n, n), dtype=ballots.weights.dtype)
    alike = bool((ballots.weights == 1).all())
    weights = ballots.weights.astype(np.float64)  # exact for whole numbers up to 2**53
    for code in range(n):
        is_above = mine[code] < yours
        above[code] = np.count_nonzero(is_above, axis=1) if alike else is_above @ weights
    return above


def _group(item: Any) -> list[Any]:
    return list(item) if isinstance(item, list | tuple | set | frozenset) else [item]


def _labels(listed: list[list[Any]]) -> set[Any]:
    try:
        found: set[Any] = set().union(*listed)
    except TypeError:  # lists cannot be members: some ballot holds groups
        found = {label for ballot in listed for item in ballot for label in _group(item)}
    return {label for item in found for label in _group(item)}


def _strict_codes(ballot: list[Any], codes: dict[Any, int]) -> list[int] | None:
    """Return a ballot's codes, best first; None where it holds groups or is at fault."""
    try:
        found = list(map(codes.get, ballot))
    except TypeError:
        return None
    if None in found or len(set(found)) != len(found):
        return None
    return [code for code in found if code is not None]


def _sorted(labels: set[Any]) -> list[Any]:
    try:
        return sorted(labels)
    except TypeError:  # labels of several kinds have no common order but that of their text
        return sorted(labels, key=lambda label: (type(label).__name__, str(label)))


def _place(
    ballot: list[Any],
    codes: dict[Any, int],
    places: NDArray[np.int32],
    voter: int,
    faults: list[Fault],
) -> None:
    for place, item in enumerate(ballot):
        for label in _group(item):
            code = codes.get(label)
            if code is None or places[code] != UNRANKED:
                found = f"candidate {label!r}" + ("" if code is None else " a second time")
                expected = "one of the candidates" if code is None else "each candidate once"
                faults.append(Fault("<ballots>", voter + 1, f"[{place}]", found, expected))
            else:
                places[code] = place


def _weights(weights: Sequence[float] | None, n_voters: int) -> IntArray | FloatArray:
    if weights is None:
        return np.ones(n_voters, dtype=np.int64)
    values = np.asarray(weights, dtype=np.float64)
    if values.shape != (n_voters,):
        raise ValueError(f"{n_voters} ballots need as many weights, found shape {values.shape}")
    if not (np.isfinite(values) & (values >= 0)).all():
        raise ValueError("weights must be finite and not negative")
    whole = values.astype(np.int64)
    return whole if (whole == values).all() else values
