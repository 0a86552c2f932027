"""The few colours of a report, in light and in dark, and how figures come to follow the page.

Figures are drawn with the light colours. Inside the page each of them is a CSS custom property, so
one drawing serves both grounds; a figure saved as a file keeps the light colours on a white card.
"""

from __future__ import annotations

from cmcrameri import cm
from matplotlib.colors import to_hex

INK, QUIET, LINE, GROUND, PAPER = "#1b1f24", "#59625d", "#d5d8d3", "#f5f6f4", "#ffffff"
ACCENT, TINT = "#0b6e63", "#b9d6d1"

_DARK = {
    INK: "#e6e8e5",
    QUIET: "#a5aea8",
    LINE: "#343a3e",
    GROUND: "#1d2124",
    PAPER: "#15181a",
    ACCENT: "#5cc4b5",
    TINT: "#28504b",
}
_NAMES = {
    INK: "ink",
    QUIET: "quiet",
    LINE: "line",
    GROUND: "ground",
    PAPER: "paper",
    ACCENT: "accent",
    TINT: "tint",
}

# Three places of batlow far enough apart to be told apart without colour vision, each at least
# 3 : 1 on its ground; on a dark ground they come from the map's bright end.
SERIES = tuple(to_hex(cm.batlow(place)) for place in (0.06, 0.34, 0.60))
DASHES = ("-", (0, (6, 2)), (0, (2, 1.5)))
"""Line styles of `SERIES`, so that lines differ by more than their colour."""
_SERIES_DARK = tuple(to_hex(cm.batlow(place)) for place in (0.98, 0.74, 0.50))

# Few to many, for maps and tables of shades: lightness alone tells the steps apart. On a dark
# ground more is brighter, so that "none" is the ground's colour on both.
SEQUENCE = tuple(to_hex(cm.lapaz_r(place)) for place in (0.10, 0.30, 0.48, 0.68, 0.92))
_SEQUENCE_DARK = tuple(to_hex(cm.lapaz(place)) for place in (0.16, 0.34, 0.54, 0.73, 0.92))


def variables(*, dark: bool) -> dict[str, str]:
    """CSS custom properties, name without dashes -> colour."""
    plain = {name: _DARK[light] if dark else light for light, name in _NAMES.items()}
    shades = _SERIES_DARK if dark else SERIES
    steps = _SEQUENCE_DARK if dark else SEQUENCE
    return (
        plain
        | {f"series{number}": shade for number, shade in enumerate(shades, start=1)}
        | {f"step{number}": shade for number, shade in enumerate(steps, start=1)}
    )


def themed(svg: str) -> str:
    """Replace the light colours of a drawing by the page's custom properties."""
    for name, colour in variables(dark=False).items():
        svg = svg.replace(colour, f"var(--{name})")
    return svg
