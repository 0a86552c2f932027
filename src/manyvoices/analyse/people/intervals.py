"""Intervals of shares, each person counted once."""

from __future__ import annotations

import math

from scipy.special import ndtri

from manyvoices.schema.errors import DataError, Fault

Interval = tuple[float, float]


def wilson(n: int, of: int, level: float = 0.95) -> Interval:
    """Interval of the share n / of; NaN of nothing. Source: Wilson, JASA 22 (1927).

    Unlike the textbook interval it stays within 0 and 1 and is not empty at 0 or at all.
    """
    if n > of or n < 0:
        raise DataError([Fault("share", None, "", f"{n} of {of}", "a part of a whole")])
    if not of:
        return float("nan"), float("nan")
    z = float(ndtri((1 + level) / 2))
    share, spread = n / of, z * z / of
    centre = (share + spread / 2) / (1 + spread)
    half = math.sqrt(share * (1 - share) * spread + spread * spread / 4) / (1 + spread)
    # Rounding must not let the ends of 0 and of all cross what they are intervals of.
    return min(max(centre - half, 0.0), share), max(min(centre + half, 1.0), share)


def difference(
    n: int, of: int, reference: float, n_reference: int | None, level: float = 0.95
) -> Interval:
    """Interval of n / of less `reference`.

    A population's share is taken as known. A sample's (`n_reference` people) has its own interval;
    the two are joined as by Newcombe, Statistics in Medicine 17 (1998), method 10.
    """
    low, high = wilson(n, of, level)
    if n_reference is None or not of:
        return low - reference, high - reference
    share = n / of
    other = round(reference * n_reference)
    other_low, other_high = wilson(min(other, n_reference), n_reference, level)
    gap = share - reference
    return (
        gap - math.hypot(share - low, other_high - reference),
        gap + math.hypot(high - share, reference - other_low),
    )
