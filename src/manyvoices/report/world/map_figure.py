"""People by country, on a map of the world (PRISM's figure 6)."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Patch, PathPatch
from matplotlib.path import Path

from manyvoices.analyse.people.places import PlaceCounts
from manyvoices.analyse.table import FloatArray
from manyvoices.io.countries import COUNTRIES
from manyvoices.report.canvas import WIDE, Drawing, new_figure
from manyvoices.report.formats import listed, number
from manyvoices.report.palette import INK, LINE, PAPER, QUIET, SEQUENCE
from manyvoices.report.world.projection import outline
from manyvoices.report.world.shapes import Shape, country_shapes

_SMALL = 2e-4
"""A country smaller than this on the plane is marked by a dot too: its shape cannot be seen."""
_SOUTH = -1.12
"""Where the map ends: below it is Antarctica alone."""


def world_map(name: str, found: PlaceCounts) -> Drawing:
    """Countries shaded by their people; those with nobody have the page's own colour."""
    limits = steps(list(found.counts.values()))
    most = sorted(found.counts.items(), key=lambda one: (-one[1], one[0]))[:3]
    leaders = listed([f"{COUNTRIES[code]} ({number(n)})" for code, n in most])

    def draw(width: float) -> Figure:
        figure = new_figure(width, 0.52 * width + (0.3 if width >= WIDE else 0.45))
        axes = figure.subplots()
        _sphere(axes)
        for shape in country_shapes():
            _country(axes, shape, found.counts.get(shape.code, 0), limits)
        _legend(figure, limits, columns=6 if width >= WIDE else 3)
        return figure

    return Drawing(
        name=name,
        title="",
        caption="",
        alt=(
            f"Map of the world: {number(found.n)} people by {found.label}, in"
            f" {number(len(found.counts))} countries. Most: {leaders}."
        ),
        draw=draw,
    )


def steps(counts: Sequence[int]) -> tuple[tuple[int, int], ...]:
    """At most five ranges of counts, each wider than the one before: 1, 2-5, 6-20, 21-80, ...

    The ranges grow by a constant factor, since a few countries usually hold most of the people.
    """
    highest = max(counts, default=1)
    n = min(len(SEQUENCE), highest)
    edges = np.unique(np.round(np.geomspace(1, highest + 1, n + 1)).astype(int)).tolist()
    return tuple((low, high - 1) for low, high in itertools.pairwise(edges))


def _sphere(axes: Axes) -> None:
    x, y = outline()
    axes.plot(x, y, color=LINE, linewidth=0.6, zorder=0)
    axes.set_aspect("equal")
    axes.set_xlim(-2.73, 2.73)
    axes.set_ylim(_SOUTH, 1.34)
    axes.set_axis_off()


def _country(axes: Axes, shape: Shape, n: int, limits: Sequence[tuple[int, int]]) -> None:
    colour = shade(n, limits)
    path = Path.make_compound_path(*(Path(_closed(ring), closed=True) for ring in shape.rings))
    axes.add_patch(PathPatch(path, facecolor=colour, edgecolor=LINE, linewidth=0.35))
    if n and shape.area < _SMALL:
        axes.plot(*shape.centre, "o", color=colour, markeredgecolor=QUIET, markersize=4)


def shade(n: int, limits: Sequence[tuple[int, int]]) -> str:
    """The colour of a count."""
    if not n:
        return PAPER
    place = next((i for i, (_, high) in enumerate(limits) if n <= high), len(limits) - 1)
    # Few ranges take the ends of the palette, so that one and many are never alike.
    last = max(len(limits) - 1, 1)
    return SEQUENCE[round(place * (len(SEQUENCE) - 1) / last) if len(limits) > 1 else -1]


def _legend(figure: Figure, limits: Sequence[tuple[int, int]], columns: int) -> None:
    handles = [Patch(facecolor=PAPER, edgecolor=QUIET, linewidth=0.6, label="nobody")]
    for low, high in limits:
        label = number(low) if low == high else f"{number(low)}–{number(high)}"
        colour = shade(low, limits)
        handles.append(Patch(facecolor=colour, edgecolor=QUIET, linewidth=0.6, label=label))
    legend = figure.legend(
        handles=handles,
        loc="outside lower center",
        ncols=columns,
        frameon=False,
        fontsize=8.5,
        handlelength=1.4,
        columnspacing=1.2,
        title="people",
    )
    legend.get_title().set_color(INK)


def _closed(ring: FloatArray) -> FloatArray:
    return np.concatenate([ring, ring[:1]])
