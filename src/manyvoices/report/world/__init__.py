"""A map of the world without network: Natural Earth's countries in an equal-area projection.

In: people by country. Out: drawings. The shapes are those of Natural Earth 1:50m (public domain) as
the package mapcraft ships them; the projection is Equal Earth, computed here.
"""

from __future__ import annotations

from manyvoices.report.world.map_figure import world_map
from manyvoices.report.world.projection import equal_earth
from manyvoices.report.world.shapes import Shape, country_shapes

__all__ = ["Shape", "country_shapes", "equal_earth", "world_map"]
