"""What ``manyvoices evaluate preference`` leaves: results.json, README.md, numbers/."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from manyvoices.evaluate.files import write_results
from manyvoices.evaluate.preference.readme import readme
from manyvoices.evaluate.preference.votes import COLUMNS

Row = dict[str, Any]


def write(out: Path, results: Mapping[str, Any]) -> None:
    """Write the tables, README.md, and ``results.json`` last."""
    out.mkdir(parents=True, exist_ok=True)
    for name, rows in tables(results).items():
        if rows:
            _frame(rows, out / "numbers" / name)
    write_results(out, results, readme(results))


def tables(results: Mapping[str, Any]) -> dict[str, list[Row]]:
    """Name -> rows of plain cells."""
    return {
        "rates": list(_rates(results)),
        "place": [dict(row) for row in results["place"]["pairs"]],
        "sensitivity": list(_sensitivity(results)),
        "agreement": [
            {"statistic": name, **_flat(one)} for name, one in results["agreement"].items()
        ],
        "judges": list(_judges(results)),
    }


def _flat(measure: Mapping[str, Any]) -> Row:
    names = ("value", "low", "high", "n", "n_raters", "n_prompts")
    return {name: measure.get(name) for name in names} | {"why": measure.get("why", "")}


def _rates(results: Mapping[str, Any]) -> Iterator[Row]:
    for row in results["rates"]:
        who = {"model": row["model"], "against": row["against"]}
        yield {**who, "field": "", "label": "", **_rate(row)}
        for name, found in row["by"].items():
            for one in found["rows"]:
                yield {**who, "field": name, "label": one["value"], **_rate(one)}


def _rate(row: Mapping[str, Any]) -> Row:
    gap = row.get("against_others") or {}
    return {
        **_flat(row["rate"]),
        **{f"n_{name}": row["outcomes"][name] for name in COLUMNS},
        **{name: row[name] for name in ("p", "p_holm", "p_bh")},
        "difference": gap.get("value"),
        "difference_low": gap.get("low"),
        "difference_high": gap.get("high"),
        "p_difference_holm": row.get("p_others_holm"),
    }


def _sensitivity(results: Mapping[str, Any]) -> Iterator[Row]:
    for row in results["sensitivity"]:
        for one in row["variants"]:
            yield {"model": row["model"], "against": row["against"], "rule": one["rule"],
                   **_flat(one["rate"])}  # fmt: skip


def _judges(results: Mapping[str, Any]) -> Iterator[Row]:
    for name, judge in results["judges"].items():
        for join, both in judge["joins"].items():
            for ties, one in both.items():
                yield {"judge": name, "measure": f"kappa, {join}, {ties}", "label": "",
                       **_flat(one["kappa"])}  # fmt: skip
                yield {"judge": name, "measure": f"agreement, {join}, {ties}", "label": "",
                       **_flat(one["agreement"])}  # fmt: skip
        for ties in ("with_ties", "without_ties"):
            yield {"judge": name, "measure": f"agreement with single people, {ties}", "label": "",
                   **_flat(judge["votes"][ties])}  # fmt: skip
        for field, rows in judge["votes"]["by"].items():
            for row in rows:
                yield {"judge": name, "measure": f"agreement with single people by {field}",
                       "label": row["value"], **_flat(row["agreement"])}  # fmt: skip


def _frame(rows: list[Row], path: Path) -> None:
    import polars as pl

    path.parent.mkdir(parents=True, exist_ok=True)
    frame = pl.DataFrame(rows, infer_schema_length=None)
    frame.write_csv(path.with_suffix(".csv"))
    frame.write_parquet(path.with_suffix(".parquet"))
