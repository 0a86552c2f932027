"""The figure of what every comparison came to, what is in no rate included."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from manyvoices.report.canvas import WIDE, Drawing, new_figure, rows_axes, shortened
from manyvoices.report.palette import ACCENT, INK, LINE, SEQUENCE, SERIES

COUNTED = ("won", "tied", "lost")


BESIDES = ("all_bad", "cannot_judge", "failed", "set_aside", "open")


NAMES = {
    "won": "won", "tied": "tied", "lost": "lost", "all_bad": "both bad",
    "cannot_judge": "cannot judge", "failed": "failed", "set_aside": "set aside", "open": "open",
}  # fmt: skip


def outcomes_figure(name: str, rows: Sequence[Mapping[str, Any]]) -> Drawing:
    """Wins to the right and losses to the left of the ties; beside them what counts for nobody."""

    besides = [(NAMES[key], SEQUENCE[i]) for i, key in enumerate(BESIDES)
               if any(row["outcomes"][key] for row in rows)]  # fmt: skip

    first = rows[0]
    n = first["outcomes"]
    return Drawing(
        name=name,
        title="",
        caption="Ties stand around the middle, half on each side. "
        + (
            "Beside or below: what is in no rate, or counts as a tie by rule (both bad), of "
            "all comparisons handed out."
            if besides
            else "Nothing failed or was set aside."
        ),
        alt=(
            f"Outcomes of {len(rows)} pairs of models. {first['label']}: {n['won']} won, "
            f"{n['tied']} tied, {n['lost']} lost, {n['failed']} failed, {n['set_aside']} set aside."
        ),
        draw=lambda width: _draw(rows, besides, width),
    )


def _draw(
    rows: Sequence[Mapping[str, Any]], besides: Sequence[tuple[str, str]], width: float
) -> Figure:
    wide = width >= WIDE
    height = 1.25 + 0.36 * len(rows)
    stacked = bool(besides) and not wide
    figure = new_figure(width, 2 * height if stacked else height)
    labels = [shortened(row["label"], 34 if wide else 18) for row in rows]
    left, right = _panels(figure, wide=wide, both=bool(besides))
    rows_axes(left, labels)
    for y, row in enumerate(rows):
        _diverging(left, row["outcomes"], y)
    left.axvline(0, color=INK, linewidth=0.8)
    left.set_xlabel("← lost · % of votes · won →")
    _extend(left, 1.0)
    _legend(left, [(NAMES[key], colour) for key, colour in _DIVERGING.items()])
    if right is not None:
        rows_axes(right, [""] * len(rows) if wide else labels)
        for y, row in enumerate(rows):
            _besides(right, row["outcomes"], y)
        right.set_xlabel("% of all comparisons")
        _legend(right, besides, 3 if wide else 2)
    return figure


def _panels(figure: Figure, *, wide: bool, both: bool) -> tuple[Axes, Axes | None]:
    if not both:
        return figure.subplots(), None
    shape: dict[str, Any] = {"ncols": 2, "width_ratios": (3, 2)} if wide else {"nrows": 2}
    panels: Any = figure.subplots(**shape)
    return panels[0], panels[1]


_DIVERGING = {"lost": SERIES[0], "tied": LINE, "won": ACCENT}


def _diverging(axes: Axes, n: Mapping[str, int], y: int) -> None:
    total = sum(n[key] for key in COUNTED)
    if not total:
        return
    lost, tied, won = (100 * n[key] / total for key in ("lost", "tied", "won"))
    bar: dict[str, Any] = {"height": 0.62}
    axes.barh(y, tied, left=-tied / 2, color=LINE, **bar)
    axes.barh(y, won, left=tied / 2, color=ACCENT, **bar)
    axes.barh(y, lost, left=-tied / 2 - lost, color=SERIES[0], **bar)


def _besides(axes: Axes, n: Mapping[str, int], y: int) -> None:
    total, at = sum(n.values()), 0.0
    for i, key in enumerate(BESIDES):
        part = 100 * n[key] / total if total else 0.0
        axes.barh(y, part, left=at, height=0.62, color=SEQUENCE[i])
        at += part


def _extend(axes: Axes, least: float) -> None:
    low, high = axes.get_xlim()
    reach = max(abs(low), abs(high), least)
    axes.set_xlim(-reach, reach)
    ticks = axes.get_xticks()
    axes.set_xticks(ticks, [f"{abs(tick):.0f}" for tick in ticks])
    axes.set_xlim(-reach, reach)


def _legend(axes: Axes, parts: Sequence[tuple[str, str]], columns: int = 3) -> None:
    for label, colour in parts:
        axes.barh(0, 0, color=colour, label=label)
    if parts:
        axes.legend(
            loc="lower left", bbox_to_anchor=(0, 1.0), ncols=min(len(parts), columns),
            frameon=False, fontsize=8.5, handlelength=1.0, handleheight=1.0, columnspacing=1.0,
            borderpad=0.1,
            labelcolor=INK,
        )  # fmt: skip
