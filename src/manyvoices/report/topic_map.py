"""The map of topics: texts in the plane, each topic a cloud with its number."""

from __future__ import annotations

import numpy as np
from matplotlib.figure import Figure

from manyvoices.analyse.topics import TopicsResult
from manyvoices.report.canvas import Drawing, new_figure
from manyvoices.report.palette import SERIES
from manyvoices.schema.wording import plural

_MOST_POINTS = 1500


def map_figure(result: TopicsResult, name: str) -> Drawing:
    """Figure 24: texts in the plane, topics by number at the middle of their texts."""
    inside = np.flatnonzero(result.labels >= 0)
    chosen = np.random.default_rng(0).permutation(inside)[:_MOST_POINTS]

    def draw(width: float) -> Figure:
        figure = new_figure(width, 0.82 * width)
        axes = figure.subplots()
        colours = _neighbour_colours(result)
        for i in range(len(result.topics)):
            points = result.plane[chosen[result.labels[chosen] == i]]
            axes.plot(
                points[:, 0], points[:, 1], ".", color=colours[i], markersize=4, alpha=0.6,
                markeredgewidth=0,
            )  # fmt: skip
            axes.annotate(
                str(i + 1), _above(result, i), xytext=(0, 2), textcoords="offset points",
                ha="center", va="bottom", fontsize=9, fontweight="bold", color=colours[i], zorder=4,
            )  # fmt: skip
        axes.set_axis_off()
        axes.set_aspect("equal", adjustable="datalim")
        axes.margins(0.03)
        return figure

    return Drawing(
        name=name, title="", caption="", draw=draw,
        alt=(
            f"A map of {plural(len(chosen), 'prompt')} in {plural(len(result.topics), 'topic')}, "
            "each topic a cloud with its number; the list of topics has the names."
        ),
    )  # fmt: skip


def _above(result: TopicsResult, topic: int) -> tuple[float, float]:
    """A place above the texts around the topic's middle one: a topic may lie in several clouds."""
    mine = result.plane[result.labels == topic]
    middle = mine[np.argmin(np.linalg.norm(mine - np.median(mine, axis=0), axis=1))]
    reach = 0.04 * float(np.nanmax(result.plane) - np.nanmin(result.plane))
    near = mine[np.linalg.norm(mine - middle, axis=1) <= reach]
    return float(middle[0]), float(near[:, 1].max())


def _neighbour_colours(result: TopicsResult) -> list[str]:
    """Three colours, so given that the nearest clouds differ where three can make it so."""
    n = len(result.topics)
    middle = np.array([np.median(result.plane[result.labels == i], axis=0) for i in range(n)])
    colours: list[int] = []
    for i in range(n):
        away = np.linalg.norm(middle[:i] - middle[i], axis=1)
        cost = [sum(1 / (d + 1e-9) for d, c in zip(away, colours, strict=True) if c == own)
                for own in range(len(SERIES))]  # fmt: skip
        colours.append(int(np.argmin(cost)))
    return [SERIES[c] for c in colours]
