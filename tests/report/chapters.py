"""Made-up chapters with made-up results, for tests of what shows them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Literal

from matplotlib.figure import Figure

from manyvoices.analyse.dataset import Dataset
from manyvoices.analyse.settings import Settings
from manyvoices.report.canvas import Drawing, new_figure, rows_axes
from manyvoices.report.data_table import DataTable
from manyvoices.report.palette import ACCENT
from manyvoices.report.section import Chapter, Item, Section


@dataclass(frozen=True)
class Counted:
    """A result that can be pickled."""

    n: int
    labels: tuple[str, ...] = ("first", "second")


@dataclass
class Computing:
    """A compute that counts how often it was called, or raises."""

    calls: list[Any] = field(default_factory=list)
    error: Exception | None = None

    def __call__(self, material: Any, settings: Settings) -> Counted:
        self.calls.append(material)
        settings.tick("counting")
        if self.error is not None:
            raise self.error
        return Counted(len(material.utterances) if isinstance(material, Dataset) else 7)


def bars(labels: tuple[str, ...]) -> Callable[[float], Figure]:
    def draw(width: float) -> Figure:
        figure = new_figure(width, 1.2)
        axes = figure.subplots()
        rows_axes(axes, list(labels))
        axes.barh(range(len(labels)), range(1, len(labels) + 1), color=ACCENT)
        return figure

    return draw


def item(name: str, n_rows: int = 3, *, drawn: bool = True, **changes: Any) -> Item:
    """An item with a figure (unless not `drawn`) and a table of `n_rows` rows."""
    rows = tuple((f"row {i} <b>", f"{1000 * i:,}", f"{i}%", "–") for i in range(n_rows))
    plain: dict[str, Any] = {
        "name": name,
        "title": f"More of {name} than of anything else",
        "n": "1,234 things of 56 people",
        "method": "Counted one by one. Interval: 95% of 40 resamples of whole people",
        "source": "PRISM, Figure 5",
        "drawing": Drawing(name, "", "", f"Bars of {name}, the second longest", bars(("a", "b"))),
        "table": DataTable(name, f"Things of {name}", ("Thing", "N", "Share", ""), rows),
        "notes": ("A note on it.",),
    }
    if not drawn:
        plain["drawing"] = None
    return Item(**plain | changes)


def chapter(
    id: str = "made",
    compute: Computing | None = None,
    *items: Item,
    title: str = "",
    takes: Literal["study", "trees", "ratings"] = "study",
) -> Chapter:
    """A chapter of `items`: by default one with a figure and one with a long table."""
    shown = items or (item(f"{id}-bars"), item(f"{id}-long", 40, drawn=False))

    def render(result: Counted) -> Section:
        return Section(
            lead=f"There are {result.n} of them.",
            items=shown,
            in_short=(f"In short: {result.n} of {id}.",),
            notes=("Something could not be counted.",),
        )

    name = title or f"Chapter {id}"
    return Chapter(id, name, compute or Computing(), render, takes)
