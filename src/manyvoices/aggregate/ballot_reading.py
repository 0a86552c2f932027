"""From lists of candidates to places: what a ballot may look like, and what is said when it fails.

A ballot is a sequence of candidates, or of groups (list, tuple, set) of candidates ranked equal.
Candidates are whatever can be a key: text and numbers may stand side by side, and Python's
equality decides which are the same (1 and True are). None and NaN name nobody.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Mapping, Sequence
from itertools import chain
from typing import Any

import numpy as np
from numpy.typing import NDArray

from manyvoices.aggregate.ballot_errors import (
    BallotFaults,
    BallotWeightError,
    DuplicateCandidateError,
    UnknownCandidateError,
    UnreadableBallotError,
)
from manyvoices.aggregate.kinds import FloatArray, IntArray
from manyvoices.schema.errors import Fault

UNRANKED = -1
WIDEST = 1_000_000
"""Span of whole-number labels up to which a table of all of them is kept."""
SEQUENCE = "a list of candidates or of groups ranked equal, best first"


def read_rankings(
    rankings: Iterable[Any], candidates: Sequence[Any] | None
) -> tuple[tuple[Any, ...], NDArray[np.int32]]:
    """Return the candidates and the places (voters, n) that each ballot gives them.

    Without `candidates` they are all that some ballot ranks, in sorted order. Raises a
    `BallotError` that lists every ballot at fault.
    """
    faults = BallotFaults()
    listed = [_listed(ballot, voter, faults) for voter, ballot in enumerate(rankings)]
    numbers = _whole_numbers(listed)
    if candidates is not None:
        known = list(candidates)
    else:
        known = _sorted(_labels(listed)) if numbers is None else _distinct(numbers)
    codes = code_of(known)
    strict = None if faults.found else _strict_places(listed, codes, numbers)
    if strict is not None:
        return tuple(known), strict
    places = np.full((len(listed), len(codes)), UNRANKED, dtype=np.int32)
    for voter, ballot in enumerate(listed):
        _place(ballot, codes, places[voter], voter, faults)
    faults.raise_if_any()
    return tuple(known), places


def code_of(candidates: Sequence[Any]) -> dict[Any, int]:
    """Return each candidate's place in `candidates`; raise where one stands there twice."""
    codes = {label: code for code, label in enumerate(candidates) if not _is_nobody(label)}
    if len(codes) == len(candidates):
        return codes
    path = "candidates"
    if any(_is_nobody(label) for label in candidates):
        fault = Fault("<ballots>", None, path, "None or NaN", "labels that name somebody")
        raise UnreadableBallotError([fault])
    twice = sorted({str(label) for label in candidates if list(candidates).count(label) > 1})
    fault = Fault("<ballots>", None, path, f"a label twice: {', '.join(twice)}", "each once")
    raise DuplicateCandidateError([fault])


def read_weights(
    weights: Sequence[float] | FloatArray | None, n_voters: int
) -> IntArray | FloatArray:
    """Return weights (voters,), as integers where all are whole; 1 each without `weights`."""
    if weights is None:
        return np.ones(n_voters, dtype=np.int64)
    values = np.asarray(weights, dtype=np.float64)
    if values.shape != (n_voters,):
        raise ValueError(f"{n_voters} ballots need as many weights, found shape {values.shape}")
    faults = BallotFaults()
    for voter in np.flatnonzero(~(np.isfinite(values) & (values >= 0))).tolist():
        expected = "weights that are finite and not negative"
        faults.add(BallotWeightError, voter, "weight", f"{values[voter]:g}", expected)
    faults.raise_if_any()
    whole = values.astype(np.int64)
    return whole if (whole == values).all() else values


def _listed(ballot: Any, voter: int, faults: BallotFaults) -> list[Any]:
    if type(ballot) is list:
        return ballot
    if isinstance(ballot, Mapping | set | frozenset) or not isinstance(ballot, Iterable):
        found = f"a {type(ballot).__name__}"
        hint = "a set has no order; a mapping of places goes to Ballots.from_places"
        faults.add(UnreadableBallotError, voter, "", found, SEQUENCE, hint)
        return []
    return list(ballot)


def _group(item: Any) -> list[Any]:
    return list(item) if isinstance(item, list | tuple | set | frozenset) else [item]


def _is_nobody(label: Any) -> bool:
    return label is None or (isinstance(label, float) and label != label)


def _labels(listed: list[list[Any]]) -> set[Any]:
    found: set[Any] = set()
    try:
        found.update(chain.from_iterable(listed))
    except TypeError:  # lists cannot be members: some ballot holds groups
        found = {label for ballot in listed for item in ballot for label in _hashable(item)}
    return {each for item in found for each in _hashable(item) if not _is_nobody(each)}


def _hashable(item: Any) -> list[Any]:
    """The members of a group that can be labels; `_place` names those that cannot."""
    members = []
    for label in _group(item):
        try:
            hash(label)
        except TypeError:
            continue
        members.append(label)
    return members


def _whole_numbers(listed: list[list[Any]]) -> IntArray | None:
    """Return all labels in a row (labels,) where they are whole numbers; None where some are not.

    Numbers are looked up all at once, which text cannot be.
    """
    try:
        flat = array("q", chain.from_iterable(listed))
    except (TypeError, OverflowError):
        return None
    return np.frombuffer(flat, dtype=np.int64) if flat else None


def _distinct(numbers: IntArray) -> list[Any]:
    low, high = int(numbers.min()), int(numbers.max())
    if high - low > WIDEST:
        return sorted(set(numbers.tolist()))
    return list((np.flatnonzero(np.bincount(numbers - low)) + low).tolist())


def _strict_places(
    listed: list[list[Any]], codes: dict[Any, int], numbers: IntArray | None
) -> NDArray[np.int32] | None:
    """Return the places of all ballots at once; None where one holds groups or is at fault."""
    ranked = _codes_of(listed, codes, numbers)
    if ranked is None:
        return None
    length = np.fromiter(map(len, listed), dtype=np.int64, count=len(listed))
    n, longest = len(codes), int(length.max(initial=0))
    places = np.full(len(listed) * n, UNRANKED, dtype=np.int32)
    first = np.arange(len(listed)) * n
    if (length == longest).all():  # no ballot is shorter: a table, with nothing to repeat
        ranked = ranked.reshape(len(listed), longest)
        places[ranked + first[:, None]] = np.arange(longest, dtype=np.int32)
    else:
        start = np.cumsum(length) - length
        places[ranked + np.repeat(first, length)] = np.arange(len(ranked)) - np.repeat(
            start, length
        )
    # Where a ballot names somebody twice, one place has overwritten the other.
    is_whole = np.count_nonzero(places != UNRANKED) == ranked.size
    return places.reshape(len(listed), n) if is_whole else None


def _codes_of(
    listed: list[list[Any]], codes: dict[Any, int], numbers: IntArray | None
) -> IntArray | None:
    """Return the code of every label in a row; None where one has none."""
    labels = None if numbers is None else _whole_numbers([list(codes)])
    if numbers is not None and labels is not None:
        low, high = int(labels.min()), int(labels.max())
        if int(numbers.min()) < low or int(numbers.max()) > high or high - low > WIDEST:
            return _codes_of(listed, codes, None)
        table = np.full(high - low + 1, UNRANKED, dtype=np.int64)
        table[labels - low] = np.arange(len(labels))
        found = table[numbers - low]
        return found if (found != UNRANKED).all() else None
    try:
        flat = array("q", map(codes.__getitem__, chain.from_iterable(listed)))
    except (KeyError, TypeError):
        return None
    return np.frombuffer(flat, dtype=np.int64) if flat else np.zeros(0, dtype=np.int64)


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
    faults: BallotFaults,
) -> None:
    """Write the places of one ballot, or what is wrong with it."""
    for place, item in enumerate(ballot):
        for label in _group(item):
            path = f"[{place}]"
            try:
                code = codes.get(label)
            except TypeError:
                found = f"a {type(label).__name__} inside a group"
                faults.add(UnreadableBallotError, voter, path, found, SEQUENCE)
                continue
            if code is None:
                found = f"candidate {label!r}"
                faults.add(UnknownCandidateError, voter, path, found, "one of the candidates")
            elif places[code] != UNRANKED:
                found = f"candidate {label!r} a second time"
                faults.add(DuplicateCandidateError, voter, path, found, "each candidate once")
            else:
                places[code] = place
