"""What every kind of evaluation leaves: JSON without NaN, Markdown tables, measures as people read
them. Files are replaced at once, so that nothing is ever half-written."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from math import isnan
from pathlib import Path
from typing import Any

RESULTS, TABLE = "results.json", "README.md"


def write_results(out: Path, results: Mapping[str, Any], table: str) -> None:
    """``README.md``, then ``results.json``: where the latter is, everything is."""
    put(out / TABLE, table)
    put(out / RESULTS, as_json(results))


def put(path: Path, text: str) -> None:
    """Write `text` in place of what is there; the folder is made."""
    path.parent.mkdir(parents=True, exist_ok=True)
    new = path.with_name(f".{path.name}.new")
    new.write_text(text, encoding="utf-8")
    new.replace(path)


def as_json(value: Any) -> str:
    """Indented; JSON has no NaN: what was not measured is null."""
    return json.dumps(without_nan(value), indent=2, ensure_ascii=False, default=str) + "\n"


def without_nan(value: Any) -> Any:
    """`value` with None in place of every NaN, however deep."""
    if isinstance(value, Mapping):
        return {name: without_nan(part) for name, part in value.items()}
    if isinstance(value, list | tuple):
        return [without_nan(part) for part in value]
    return None if isinstance(value, float) and isnan(value) else value


def shown(measure: Mapping[str, float] | None, digits: int = 3) -> str:
    """``0.712 (0.680 to 0.741)``; a dash where nothing was measured."""
    if measure is None or measure["value"] is None or isnan(measure["value"]):
        return "–"
    value, low, high = (measure[name] for name in ("value", "low", "high"))
    if low is None or isnan(low):
        return f"{value:.{digits}f}"
    return f"{value:.{digits}f} ({low:.{digits}f} to {high:.{digits}f})"


def markdown(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A table; bars in texts are escaped."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(
        "| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines
    )
