"""One table of texts, as CSV, Markdown and HTML; and how its numbers are written."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from dataclasses import dataclass

from great_tables import GT, loc, style

GAP = "–"
"""What stands where nobody looked; never 0."""


@dataclass(frozen=True, slots=True)
class DataTable:
    """A table as it is written: texts alone."""

    name: str
    """Name of its files."""
    title: str
    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    heads: frozenset[int] = frozenset()
    """Rows that head a group of rows."""
    note: str = ""

    def to_csv(self) -> str:
        """Comma separated, with a header."""
        text = io.StringIO()
        writer = csv.writer(text, lineterminator="\n")
        writer.writerow(self.header)
        writer.writerows(self.rows)
        return text.getvalue()

    def to_markdown(self) -> str:
        """A table of GitHub's Markdown below its title."""
        lines = [f"### {self.title}", "", _line(self.header), _line(["---"] * len(self.header))]
        for i, row in enumerate(self.rows):
            lines.append(_line([f"**{row[0]}**", *row[1:]] if i in self.heads else row))
        return "\n".join([*lines, *(["", self.note] if self.note else []), ""])

    def to_html(self) -> str:
        """A fragment, with its own style; every text is escaped."""
        import polars as pl

        names = [f"c{i}" for i in range(len(self.header))]
        columns = {name: [row[i] for row in self.rows] for i, name in enumerate(names)}
        table = GT(pl.DataFrame(columns, schema=dict.fromkeys(names, pl.String)), id=self.name)
        table = table.tab_header(title=self.title)
        labels = [label or " " for label in self.header]
        table = table.cols_label(dict(zip(names, labels, strict=True)))
        table = table.cols_align("right", columns=names[1:]).cols_align("left", columns=names[:1])
        if self.heads:
            place = loc.body(rows=sorted(self.heads))
            table = table.tab_style(style.text(weight="bold"), place)
        if self.note:
            table = table.tab_source_note(self.note)
        return str(table.as_raw_html())


def number(value: float) -> str:
    """``12,345``."""
    return f"{value:,.0f}"


def percent(share: float, digits: int = 1) -> str:
    """``12.3%``; a dash where there is no share."""
    return GAP if share != share else f"{100 * share:.{digits}f}%"


def _line(cells: Iterable[str]) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|").replace("\n", " ") for cell in cells) + " |"
