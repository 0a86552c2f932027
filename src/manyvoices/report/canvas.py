"""Drawings as bytes: the same drawing twice gives the same SVG and PNG.

matplotlib writes the date, its version and random ids into a file unless told not to. Here it is
told: a fixed salt per drawing, no metadata, its own font, and no mathematics in labels (a model may
be called ``a$b$c``).
"""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from dataclasses import dataclass
from html import escape
from textwrap import wrap
from typing import Any

import matplotlib
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from manyvoices.report import palette
from manyvoices.report.palette import INK, LINE, PAPER, QUIET

WIDE, NARROW = 7.3, 3.65
"""Inches at 96 to the inch: the text column, and a phone of 390 px."""

_STYLE: dict[str, Any] = {
    "axes.axisbelow": True,
    "axes.edgecolor": LINE,
    "axes.facecolor": "none",
    "axes.labelcolor": QUIET,
    "axes.labelsize": 9,
    "axes.spines.left": False,
    "axes.spines.right": False,
    "axes.spines.top": False,
    "axes.titlecolor": INK,
    "axes.titlelocation": "left",
    "axes.titlesize": 9.5,
    "axes.titleweight": "bold",
    "figure.facecolor": "none",
    "font.family": "DejaVu Sans",
    "font.size": 9,
    "grid.color": LINE,
    "grid.linewidth": 0.6,
    "text.color": INK,
    "text.parse_math": False,
    "xtick.color": LINE,
    "xtick.labelcolor": QUIET,
    "xtick.labelsize": 8.5,
    "ytick.color": LINE,
    "ytick.labelcolor": INK,
    "ytick.labelsize": 9,
    "ytick.major.size": 0,
}


@dataclass(frozen=True, slots=True)
class Drawing:
    """One figure before it is rendered."""

    name: str
    """Name of its files and of its place in the page: letters, digits and dashes."""
    title: str
    """What the figure shows, as a finding."""
    caption: str
    """How it was made."""
    alt: str
    """What a person who cannot see it should know; the numbers stand in a table beside it."""
    draw: Callable[[float], Figure]
    """Draws it at a width in inches."""


@dataclass(frozen=True, slots=True)
class Picture:
    """A figure as it enters the page, and as files."""

    name: str
    title: str
    caption: str
    wide: str
    """SVG element for the text column, in the page's colours and font."""
    narrow: str
    """The same for a phone."""
    svg: bytes
    """A file that stands alone: text as outlines, on a white card."""
    png: bytes


def render(drawing: Drawing) -> Picture:
    """Draw at both widths and as files."""
    return Picture(
        name=drawing.name,
        title=drawing.title,
        caption=drawing.caption,
        wide=_inline(drawing, WIDE, "wide"),
        narrow=_inline(drawing, NARROW, "narrow"),
        svg=_file(drawing, "svg"),
        png=_file(drawing, "png"),
    )


def new_figure(width: float, height: float) -> Figure:
    """An empty figure of `width` x `height` inches that arranges its own margins."""
    figure = Figure(figsize=(width, height), layout="constrained")
    figure.get_layout_engine().set(w_pad=0.02, h_pad=0.04)  # type: ignore[union-attr,call-arg]
    FigureCanvasAgg(figure)
    return figure


def rows_axes(axes: Axes, labels: list[str]) -> None:
    """Set up `axes` for one row per label, the first on top, with quiet vertical guides."""
    axes.set_yticks(range(len(labels)), labels)
    axes.set_ylim(len(labels) - 0.45, -0.55)
    axes.grid(axis="x")
    axes.tick_params(axis="x", length=0)


def short(label: str, width: float) -> str:
    """Cut a long label to what a drawing of that width has room for; the table has it whole.

    The middle goes: names of models often differ only in their last letters.
    """
    return shortened(label, 34 if width >= WIDE else 17)


def shortened(label: str, room: int) -> str:
    """`label` in at most `room` characters, its beginning and its end kept."""
    if len(label) <= room:
        return label
    tail = (room - 1) // 3
    return f"{label[: room - 1 - tail].rstrip()}…{label[-tail:].lstrip()}"


def wrapped(label: str, room: int) -> str:
    """`label` on as many lines of `room` characters as it needs, at most three."""
    return "\n".join(wrap(label, room, max_lines=3, placeholder=" …"))


def _draw(drawing: Drawing, width: float, kind: str, salt: str, fonttype: str) -> bytes:
    buffer = io.BytesIO()
    options: Any = {**_STYLE, "svg.hashsalt": salt, "svg.fonttype": fonttype, "svg.id": salt}
    with matplotlib.rc_context(options):
        figure = drawing.draw(width)
        standalone = fonttype == "path"
        if standalone:
            figure.suptitle(
                wrapped(drawing.title, int(width * 11)),
                x=0.02,
                ha="left",
                fontsize=11,
                fontweight="bold",
            )
        figure.savefig(
            buffer,
            format=kind,
            dpi=200,
            facecolor=PAPER if standalone else "none",
            bbox_inches="tight" if standalone else None,
            pad_inches=0.18,
            metadata=_NO_METADATA[kind],
        )
    return buffer.getvalue()


_NO_METADATA: dict[str, dict[str, None]] = {
    "svg": {"Date": None, "Creator": None, "Format": None, "Type": None},
    "png": {"Software": None},
}


def _file(drawing: Drawing, kind: str) -> bytes:
    return _draw(drawing, WIDE, kind, drawing.name, "path")


def _inline(drawing: Drawing, width: float, variant: str) -> str:
    salt = f"{drawing.name}-{variant}"
    text = _draw(drawing, width, "svg", salt, "none").decode()
    body = text[text.index("<svg") :]
    body = re.sub(r"<metadata>.*?</metadata>", "", body, flags=re.DOTALL)
    body = re.sub(r"<defs>\s*<style.*?</style>\s*</defs>", "", body, count=1, flags=re.DOTALL)
    body = re.sub(r"font-family: [^;\"]*;?", "", body)
    body = re.sub(r"'DejaVu Sans'(, [a-z-]+)*", "var(--font)", body)
    body = _own_ids(body, salt)
    label = escape(drawing.alt, quote=True)
    head = f'<svg class="{variant}" role="img" aria-label="{label}"'
    body = re.sub(r'<svg([^>]*?) width="[^"]*"', r"<svg\1", body, count=1)
    body = re.sub(r'<svg([^>]*?) height="[^"]*"', r"<svg\1", body, count=1)
    body = body.replace("<svg", head, 1)
    return palette.themed(body).strip()


def _own_ids(svg: str, prefix: str) -> str:
    """Make ids unique in a page that holds many drawings."""
    svg = re.sub(r'\bid="([^"]+)"', rf'id="{prefix}-\1"', svg)
    svg = re.sub(r'href="#([^"]+)"', rf'href="#{prefix}-\1"', svg)
    return re.sub(r"url\(#([^)]+)\)", rf"url(#{prefix}-\1)", svg)
