"""The margins of `manyvoices.curate.raking`, read and held against the people.

Margins that no positive weights can hit would let the fitting run on for ever, or end with weights
of zero and infinity. They are found first, and each is named.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from manyvoices.schema.errors import DataError, Fault

FloatArray: TypeAlias = NDArray[np.float64]
IntArray: TypeAlias = NDArray[np.int64]
Key: TypeAlias = tuple[str, ...]
Margins: TypeAlias = Mapping[str | Key, Mapping[Any, float]]
"""Column, or several columns together -> level (a tuple for several) -> its share or count."""
Target: TypeAlias = dict[tuple[Any, ...], float]
"""Level, as a tuple -> its share of 1."""

_SAME = 1e-6
"""How far two margins may differ in a share that both speak of."""


def complete(table: dict[str, list[Any]], n: int, missing: str) -> IntArray:
    gaps = {name: sum(value is None for value in values) for name, values in table.items()}
    if missing == "error" and any(gaps.values()):
        raise DataError(
            Fault(
                "people",
                None,
                name,
                f"{k} people without a value",
                "a value for everybody",
                "or missing='leave out'",
            )
            for name, k in gaps.items()
            if k
        )
    whole = [all(values[i] is not None for values in table.values()) for i in range(n)]
    return np.flatnonzero(np.array(whole, dtype=bool)).astype(np.int64)


def design_weights(base: Sequence[float] | None, n: int) -> FloatArray:
    weights = np.ones(n) if base is None else np.asarray(base, dtype=np.float64)
    if weights.shape != (n,) or not np.isfinite(weights).all() or (weights <= 0).any():
        found = f"{len(weights)} of which {int((~(weights > 0)).sum())} are not positive"
        raise DataError([Fault("base", None, "", found, f"{n} positive weights")])
    return weights


def target(key: Key, margin: Mapping[Any, float]) -> Target:
    """Levels as tuples -> share of 1."""
    name = margin_name(key)
    bad = [
        Fault("margins", None, f"{name}: {level}", repr(value), "a number of 0 or more")
        for level, value in margin.items()
        if not (np.isfinite(value) and value >= 0)
    ]
    total = sum(margin.values())
    if not bad and not total:
        bad = [Fault("margins", None, name, "nothing but zeros", "shares or counts")]
    if bad:
        raise DataError(bad)
    return {
        (level if isinstance(level, tuple) else (level,)): value / total
        for level, value in margin.items()
    }


def codes_of(
    table: dict[str, list[Any]],
    used: IntArray,
    keys: list[Key],
    targets: list[Target],
) -> list[IntArray]:
    """Each person's level in each margin, as a place in the target."""
    faults, codes = [], []
    for key, target in zip(keys, targets, strict=True):
        places = {level: i for i, level in enumerate(target)}
        levels = [tuple(table[name][i] for name in key) for i in used]
        unknown = dict.fromkeys(level for level in levels if level not in places)
        faults += [
            Fault(
                "margins",
                None,
                f"{margin_name(key)}: {level_name(level)}",
                f"{levels.count(level)} people and no target",
                "a target for every level",
            )
            for level in unknown
        ]
        codes.append(np.array([places.get(level, 0) for level in levels], dtype=np.int64))
    if faults:
        raise DataError(faults)
    return codes


def check(
    keys: list[Key],
    targets: list[Target],
    codes: list[IntArray],
    start: FloatArray,
    trim: tuple[float, float] | None,
) -> None:
    faults = [] if len(start) else [Fault("people", None, "", "nobody", "at least one person")]
    if not keys:
        faults.append(Fault("margins", None, "", "none", "at least one"))
    if trim is not None and not 0 < trim[0] <= 1 <= trim[1]:
        faults.append(
            Fault("trim", None, "", repr(trim), "a lowest above 0 and a highest around the mean, 1")
        )
    for key, target, code in zip(keys, targets, codes, strict=True):
        counts = np.bincount(code, minlength=len(target))
        for (level, share), n in zip(target.items(), counts, strict=True):
            where = f"{margin_name(key)}: {level_name(level)}"
            if share > 0 and not n:
                wanted = "somebody, or levels put together"
                faults.append(Fault("margins", None, where, f"nobody, target {share:.4g}", wanted))
            if not share and n:
                wanted = "a target above 0, or these people left out"
                faults.append(Fault("margins", None, where, f"{n} people, target 0", wanted))
    faults += _contradictions(keys, targets)
    if faults:
        raise DataError(faults)


def _contradictions(keys: list[Key], targets: list[Target]) -> list[Fault]:
    """Margins that speak of the same columns and say different things of them."""
    faults = []
    for i, first in enumerate(keys):
        for j, second in enumerate(keys):
            shared = [name for name in first if name in second]
            if j <= i or not shared:
                continue
            one, other = _summed(first, targets[i], shared), _summed(second, targets[j], shared)
            for level in dict.fromkeys([*one, *other]):
                a, b = one.get(level, 0.0), other.get(level, 0.0)
                if abs(a - b) > _SAME:
                    where = f"{margin_name(first)} and {margin_name(second)}"
                    found = f"{a:.6g} and {b:.6g} for {level_name(level)}"
                    faults.append(Fault("margins", None, where, found, "one share"))
    return faults


def _summed(key: Key, target: Target, names: list[str]) -> Target:
    places = [key.index(name) for name in names]
    sums: Target = {}
    for level, share in target.items():
        kept = tuple(level[place] for place in places)
        sums[kept] = sums.get(kept, 0.0) + share
    return sums


def margin_name(key: Key) -> str:
    return " x ".join(key)


def level_name(level: tuple[Any, ...]) -> str:
    return " x ".join(map(str, level))
