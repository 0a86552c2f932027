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
from typing import Any

import numpy as np

from manyvoices.analyse.table import FloatArray
from manyvoices.io.countries import COUNTRIES
from manyvoices.report.world.projection import equal_earth
from manyvoices.schema.errors import MissingExtraError

TOLERANCE = 0.006
"""Of the projected plane, 5.4 wide: less than a pixel of a page's figure."""
_SMALLEST = 2e-5
"""Islands smaller than this, in the same unit squared, are left out, the largest of a country
never."""
_PACK = "world-countries-2024.json.gz"


@dataclass(frozen=True, slots=True, eq=False)
class Shape:
    """One country, projected."""

    code: str
    """ISO 3166-1 alpha-3; empty for land that has no code of its own there (Kosovo, Somaliland)."""
    name: str
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
    shapes = []
    for part in pack["topology"]["objects"]["countries"]["geometries"]:
        code = codes.get(part.get("id", ""), "")
        if code != "ATA":
            rings = [_joined(ring, arcs) for ring in _rings(part)]
            shapes.append(_shape(code, part["properties"]["name"], rings))
    return tuple(sorted(shapes, key=lambda shape: (shape.code, shape.name)))


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
    """Each arc projected and thinned, its ends kept."""
    scale, shift = (np.array(topology["transform"][name]) for name in ("scale", "translate"))
    arcs = []
    for steps in topology["arcs"]:
        degrees = np.cumsum(np.array(steps, dtype=np.float64), axis=0) * scale + shift
        x, y = equal_earth(degrees[:, 0], degrees[:, 1])
        arcs.append(thinned(np.column_stack([x, y]), TOLERANCE))
    return arcs


def thinned(points: FloatArray, tolerance: float) -> FloatArray:
    """A line (n, 2) without the points that are within `tolerance` of the line without them.

    Source: Douglas & Peucker, Cartographica 10 (1973). The ends stay; of a closed line the point
    furthest from its end stays too, so that it keeps an area.
    """
    kept = np.zeros(len(points), dtype=bool)
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
    line: FloatArray = points[kept]
    return line


def _rings(part: Mapping[str, Any]) -> list[Sequence[int]]:
    polygons = part["arcs"] if part["type"] == "MultiPolygon" else [part["arcs"]]
    return [ring for polygon in polygons for ring in polygon]


def _joined(ring: Sequence[int], arcs: Sequence[FloatArray]) -> FloatArray:
    """Arcs end to end; a negative number is the arc ~number backwards, as TopoJSON has it."""
    parts = [arcs[i] if i >= 0 else arcs[~i][::-1] for i in ring]
    return np.concatenate([part[:-1] for part in parts])


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
