"""Kendall's tau-b of two short lists, without SciPy's machinery for long ones."""

from __future__ import annotations

from collections.abc import Sequence
from math import nan, sqrt


def tau_b(x: Sequence[float], y: Sequence[float]) -> float:
    """Kendall's tau-b, ties in both lists accounted for; NaN where one list is constant.

    ``(concordant - discordant) / sqrt(pairs not tied in x * pairs not tied in y)``.
    Source: Kendall 1945.
    """
    agree = apart_x = apart_y = 0
    for i in range(len(x)):
        for j in range(i):
            sx = (x[i] > x[j]) - (x[i] < x[j])
            sy = (y[i] > y[j]) - (y[i] < y[j])
            agree += sx * sy
            apart_x += sx != 0
            apart_y += sy != 0
    return agree / sqrt(apart_x * apart_y) if apart_x and apart_y else nan
