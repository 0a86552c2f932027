"""How ``manyvoices rank`` shows its document in a terminal."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from manyvoices.cli.common import console


def print_document(document: dict[str, Any]) -> None:
    _say(f"{document['data']} ({document['format']}): {_summary(document)}")
    for line in _notes(document):
        _say(line)
    _print_tables(document["tables"], "")
    for label, part in document.get("groups", {}).items():
        title = f"{document['group']}: {label}"
        console.print()
        _say(f"{title}: {_summary(part)}")
        if "no_ranking" in part:
            _say(f"No ranking: {part['no_ranking']}")
        _print_tables(part["tables"], f", {title}")
    for table in document.get("sensitivity", ()):
        console.print()
        _print_sensitivity(table)


def _summary(part: dict[str, Any]) -> str:
    if "n_comparisons" in part:
        return f"{part['n_comparisons']:,g} comparisons of {part['n_models']} models"
    people = part["n_participants"]
    who = "people not named" if people is None else f"{people:,} participants"
    if part["n_simulated_participants"]:
        who += f", {part['n_simulated_participants']:,} of them bots"
    ties = f"{part['n_ties']:,} ties"
    return f"{part['n_battles']:,} battles ({ties}), {who}, {part['n_models']} models"


def _notes(document: dict[str, Any]) -> Iterator[str]:
    if document.get("source") == "both":
        n = document["n_by_source"]
        yield (
            f"Both kinds of judgement: {n['conversations']:,} battles of conversations, "
            f"{n['comparisons']:,} of comparisons (--source takes one)"
        )
    if document.get("excluded"):
        reasons = ", ".join(f"{n:,} {reason}" for reason, n in document["excluded"].items())
        yield f"Excluded: {reasons}"
    if document.get("models_without_a_battle"):
        yield f"No battle, so no score: {', '.join(document['models_without_a_battle'])}"
    if document.get("n_simulated_battles"):
        n = document["n_simulated_battles"]
        yield f"Simulated: {n:,} of the battles were judged by bots, not by people"


def _print_tables(tables: list[dict[str, Any]], suffix: str) -> None:
    from rich.table import Table

    for table in tables:
        with_interval = table["no_intervals"] is None
        shown = Table(title=f"{table['method']} ({table['scale']}){suffix}", title_justify="left")
        for name in ("rank", "model", "score"):
            shown.add_column(name, justify="left" if name == "model" else "right")
        if with_interval:
            shown.add_column(f"{table['level']:.0%} interval", justify="right")
            shown.add_column("ranks", justify="right")
            shown.add_column("first", justify="right")
        for row in table["models"]:
            shown.add_row(*_cells(row, table["scale"], with_interval))
        console.print(shown)
        _say(_footnote(table))


def _cells(row: dict[str, Any], scale: str, with_interval: bool) -> list[str]:
    from rich.markup import escape

    def number(value: float) -> str:
        return f"{value:.0f}" if scale == "elo" or abs(value) >= 200 else f"{value:.4f}"

    cells = [str(row["rank"]), escape(row["model"]), number(row["score"])]
    if with_interval:
        cells.append(f"{number(row['low'])} to {number(row['high'])}")
        cells.append(f"{row['rank_low']} to {row['rank_high']}")
        cells.append(f"{row['p_first']:.0%}")
    return cells


def _footnote(table: dict[str, Any]) -> str:
    if table["no_intervals"] is not None:
        return f"No intervals: {table['no_intervals']}."
    kind = "" if table["interval"] == "percentile" else f" ({table['interval']})"
    text = (
        f"Intervals{kind} from {table['n_resamples']:,} resamples of {table['n_resampled']:,} "
        f"{table['resampled']}, seed {table['seed']}."
    )
    if table["n_failed"]:
        text += f" {table['n_failed']:,} resamples gave no scores and are left out."
    return text


def _print_sensitivity(table: dict[str, Any]) -> None:
    """Show ranks with one column per setting; other tables as they are."""
    from rich.markup import escape
    from rich.table import Table

    columns = table["columns"]
    names = list(columns)
    rows = list(zip(*columns.values(), strict=True))
    shown = Table(title=table["title"], title_justify="left")
    if "rank" in columns and "model" in columns:
        settings = list(dict.fromkeys(columns[names[0]]))
        of = {(row[0], row[1]): row[2] for row in rows}
        shown.add_column("model")
        for setting in settings:
            shown.add_column(f"{setting:g}" if isinstance(setting, float) else str(setting),
                             justify="right")  # fmt: skip
        for model in sorted({row[1] for row in rows}, key=lambda m: of.get((settings[0], m), 0)):
            cells = (str(of.get((setting, model), "")) for setting in settings)
            shown.add_row(escape(model), *cells)
    else:
        for name in names:
            shown.add_column(name.replace("_", " "))
        for row in rows:
            shown.add_row(*(f"{cell:,.3g}" if isinstance(cell, float) and abs(cell) < 1000
                            else f"{cell:,.0f}" if isinstance(cell, float) else escape(str(cell))
                            for cell in row))  # fmt: skip
    console.print(shown)


def _say(text: str) -> None:
    console.print(text, markup=False, highlight=False, soft_wrap=True)
