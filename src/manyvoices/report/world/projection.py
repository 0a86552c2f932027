"""Equal Earth: a map of the world on which equal areas are equal areas.

Source: Šavrič, Patterson, Jenny, "The Equal Earth map projection", International Journal of
Geographical Information Science 33 (2019), equations 1-3 and the coefficients of its table.
"""

from __future__ import annotations

import numpy as np

from manyvoices.analyse.table import FloatArray

_A = (1.340264, -0.081106, 0.000893, 0.003796)
_M = np.sqrt(3) / 2


def equal_earth(longitude: FloatArray, latitude: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Degrees, any shape, to x in about ±2.71 and y in about ±1.32, for a sphere of radius 1."""
    theta = np.arcsin(_M * np.sin(np.radians(latitude)))
    squared = theta * theta
    sixth = squared**3
    a1, a2, a3, a4 = _A
    slope = a1 + 3 * a2 * squared + sixth * (7 * a3 + 9 * a4 * squared)
    x = np.radians(longitude) * np.cos(theta) / (_M * slope)
    y = theta * (a1 + a2 * squared + sixth * (a3 + a4 * squared))
    return x, y


def outline() -> tuple[FloatArray, FloatArray]:
    """The edge of the map, going round once."""
    up = np.linspace(-90, 90, 91)
    longitude = np.concatenate([np.full(91, 180.0), np.full(91, -180.0)])
    return equal_earth(longitude, np.concatenate([up, up[::-1]]))
