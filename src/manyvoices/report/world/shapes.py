"""Countries as polygons, read from a package and thinned to what a page can show.

mapcraft (MIT) ships Natural Earth's countries at 1:50m (public domain, by way of world-atlas) as
TopoJSON: borders are arcs that neighbours share. The arcs are thinned, not the polygons, so that
neighbours still meet. Only its data file is read; none of its code is run.
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from manyvoices.analyse.table import FloatArray
from manyvoices.io.countries import COUNTRIES
from manyvoices.report.world.projection import equal_earth
from manyvoices.schema.errors import MissingExtraError

BoolArray: TypeAlias = NDArray[np.bool_]

TOLERANCE = 0.006
"""Of the projected plane, 5.4 wide: less than a pixel of a page's figure."""
_SMALLEST = 5e-5
"""Islands smaller than this, in the same unit squared, are left out, the largest of a country
never."""
_PACK = "world-countries-2024.json.gz"


@dataclass(frozen=True, slots=True, eq=False)
class Shape:
    """One country, projected."""

    code: str
    """ISO 3166-1 alpha-3; empty for land that has no code of its own there (Kosovo, Somaliland)."""
    name: str
    """Of land without a code; else empty."""
    rings: tuple[FloatArray, ...]
    """Each (n, 2), its first point not repeated; holes are rings too."""
    centre: tuple[float, float]
    """Of its largest part."""
    area: float
    """On the plane, where the whole Earth has 4 pi."""


@cache
def country_shapes() -> tuple[Shape, ...]:
    """All countries of the package, Antarctica left out.

    Raises:
        MissingExtraError: The package is not installed, or not in the form that is known.
    """
    pack = _read()
    arcs = _arcs(pack["topology"])
    codes = _codes(pack["regions"])
    # Ashmore and Cartier Islands, say, are a part of their own with Australia's code.
    rings: dict[tuple[str, str], list[FloatArray]] = {}
    for part in pack["topology"]["objects"]["countries"]["geometries"]:
        code = codes.get(part.get("id", ""), "")
        if code != "ATA":
            key = (code, "" if code else part["properties"]["name"])
            found = rings.setdefault(key, [])
            found += [piece for ring in _rings(part) for piece in _plane(_joined(ring, arcs))]
    return tuple(_shape(code, name, found) for (code, name), found in sorted(rings.items()))


def unmatched() -> tuple[str, ...]:
    """Codes of ISO 3166-1 that have no shape of their own: they are parts of another's."""
    known = {shape.code for shape in country_shapes()}
    return tuple(code for code in COUNTRIES if code not in known and code != "ATA")


def _read() -> dict[str, Any]:
    try:
        data = (files("mapcraft") / "packs" / _PACK).read_bytes()
        pack: dict[str, Any] = json.loads(gzip.decompress(data))
        pack["topology"]["objects"]["countries"]["geometries"][0]["arcs"]
    except (ModuleNotFoundError, FileNotFoundError, KeyError, ValueError):
        raise MissingExtraError("the map of the world", "analysis") from None
    return pack


def _codes(regions: Mapping[str, Any]) -> dict[str, str]:
    """ISO numeric -> alpha-3."""
    found = {}
    for number, region in regions.items():
        named = [alias for alias in region["aliases"] if alias in COUNTRIES]
        if named:
            found[number] = named[0]
    return found


def _arcs(topology: Mapping[str, Any]) -> list[FloatArray]:
    """Each arc in degrees and thinned, its ends kept; longitudes run on beyond 180."""
    scale, shift = (np.array(topology["transform"][name]) for name in ("scale", "translate"))
    arcs = []
    for steps in topology["arcs"]:
        degrees = np.cumsum(np.array(steps, dtype=np.float64), axis=0) * scale + shift
        degrees[:, 0] = np.unwrap(degrees[:, 0], period=360)
        x, y = equal_earth(degrees[:, 0], degrees[:, 1])
        arcs.append(degrees[thinned(np.column_stack([x, y]), TOLERANCE)])
    return arcs


def thinned(points: FloatArray, tolerance: float) -> BoolArray:
    """Which points of a line (n, 2) to keep so that all others are within `tolerance` of it.

    Source: Douglas & Peucker, Cartographica 10 (1973). The ends stay.
    """
    # A country smaller than the tolerance stays an area.
    tolerance = min(tolerance, 0.08 * float(np.ptp(points, axis=0).max()))
    kept: BoolArray = np.zeros(len(points), dtype=np.bool_)
    kept[[0, -1]] = True
    waiting = [(0, len(points) - 1)]
    while waiting:
        first, last = waiting.pop()
        if last - first < 2:
            continue
        between = points[first + 1 : last] - points[first]
        along = points[last] - points[first]
        length = float(np.hypot(*along))
        if length == 0:
            away = np.hypot(between[:, 0], between[:, 1])
        else:
            away = np.abs(along[0] * between[:, 1] - along[1] * between[:, 0]) / length
        furthest = int(away.argmax())
        if away[furthest] > tolerance or length == 0:
            place = first + 1 + furthest
            kept[place] = True
            waiting += [(first, place), (place, last)]
    return kept


def _rings(part: Mapping[str, Any]) -> list[Sequence[int]]:
    polygons = part["arcs"] if part["type"] == "MultiPolygon" else [part["arcs"]]
    return [ring for polygon in polygons for ring in polygon]


def _joined(ring: Sequence[int], arcs: Sequence[FloatArray]) -> FloatArray:
    """Arcs end to end; a negative number is the arc ~number backwards, as TopoJSON has it."""
    parts = [arcs[i] if i >= 0 else arcs[~i][::-1] for i in ring]
    ring_points = np.concatenate([part[:-1] for part in parts])
    ring_points[:, 0] = np.unwrap(ring_points[:, 0], period=360)
    return ring_points


def _plane(ring: FloatArray) -> list[FloatArray]:
    """A ring in degrees, cut where it crosses the edge of the map, and projected."""
    pieces = []
    for turn in (-360, 0, 360):
        moved = ring + np.array([turn, 0.0])
        if moved[:, 0].max() <= -180 or moved[:, 0].min() >= 180:
            continue
        cut = clipped(clipped(moved, 180.0, below=True), -180.0, below=False)
        if len(cut) > 2:
            pieces.append(np.column_stack(equal_earth(cut[:, 0], cut[:, 1])))
    return pieces


def clipped(ring: FloatArray, limit: float, *, below: bool) -> FloatArray:
    """The part of a ring (n, 2) with x at most `limit`, or at least, by Sutherland and Hodgman."""
    inside = ring[:, 0] <= limit if below else ring[:, 0] >= limit
    if inside.all():
        return ring
    points: list[FloatArray] = []
    for i in range(len(ring)):
        if inside[i] != inside[i - 1]:
            share = (limit - ring[i - 1, 0]) / (ring[i, 0] - ring[i - 1, 0])
            points.append(ring[i - 1] + share * (ring[i] - ring[i - 1]))
        if inside[i]:
            points.append(ring[i])
    return np.array(points) if points else np.zeros((0, 2))


def _shape(code: str, name: str, rings: list[FloatArray]) -> Shape:
    areas = [ring_area(ring) for ring in rings]
    largest = rings[int(np.argmax(areas))]
    kept = [
        ring
        for ring, area in zip(rings, areas, strict=True)
        if len(ring) > 2 and (area > _SMALLEST or ring is largest)
    ]
    middle = (largest.min(axis=0) + largest.max(axis=0)) / 2
    return Shape(code, name, tuple(kept), (float(middle[0]), float(middle[1])), sum(areas))


def ring_area(ring: FloatArray) -> float:
    """Area within a ring (the shoelace formula), never negative."""
    x, y = ring[:, 0], ring[:, 1]
    return abs(float(np.dot(x, np.roll(y, -1)) - np.dot(y, np.roll(x, -1)))) / 2
