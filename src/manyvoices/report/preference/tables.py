"""Tables of a preference study as texts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from manyvoices.evaluate.preference.texts import (
    AGREEMENTS,
    TITLES,
    p_text,
    pair_name,
    percent,
    points,
)
from manyvoices.report.data_table import DataTable
from manyvoices.report.preference.wording import shown

OUTCOMES = tuple(TITLES.values())


def rates(rows: Sequence[Mapping[str, Any]]) -> DataTable:
    """Every pair with its rate and all outcomes."""
    return DataTable(
        "rates", "Win rates", ("", "win rate", "p (Holm)", "p (BH)", *OUTCOMES),
        tuple((pair_name(row), percent(row["rate"]), p_text(row["p_holm"]), p_text(row["p_bh"]),
               *_outcomes(row)) for row in rows),
    )  # fmt: skip


def answers(found: Mapping[str, Mapping[str, int]]) -> DataTable:
    """How every answer that was asked for came out."""
    kinds = list(next(iter(found.values())))
    return DataTable(
        "answers", "Answers by model", ("", *(kind.replace("_", " ") for kind in kinds)),
        tuple((model, *(f"{row[kind]:,}" for kind in kinds)) for model, row in found.items()),
    )  # fmt: skip


def by_field(rows: Sequence[Mapping[str, Any]], field: str) -> DataTable:
    """The values of a field, pair by pair."""
    cells: list[tuple[str, ...]] = []
    heads = set()
    for row in rows:
        heads.add(len(cells))
        cells.append((pair_name(row), *[""] * 7))
        for one in row["by"][field]["rows"]:
            rate = one["rate"]
            cells.append((
                one["value"], rate.get("why") or percent(rate), p_text(one["p_holm"]),
                p_text(one["p_bh"]), points(one["against_others"]), p_text(one["p_others_holm"]),
                f"{rate['n']:,}", f"{rate['n_raters']:,}",
            ))  # fmt: skip
    head = (field, "win rate", "p (Holm)", "p (BH)", "less all others", "p of that (Holm)",
            "votes", "people")  # fmt: skip
    return DataTable(f"by-{field}", f"Win rates by {field}", head, tuple(cells), frozenset(heads))


def place(found: Mapping[str, Any]) -> DataTable:
    """Each two models in both places."""
    return DataTable(
        "place", "Shown first, by two models",
        ("", "votes, first on the left", "won by the left", "votes, second on the left",
         "won by the left ", "balanced"),
        tuple((f"{row['first']} and {row['second']}", f"{row['n_first']:,}",
               f"{100 * row['share_first']:.1f}%", f"{row['n_second']:,}",
               f"{100 * row['share_second']:.1f}%", f"{100 * row['balanced']:.1f}%")
              for row in found["pairs"]),
    )  # fmt: skip


def agreement(found: Mapping[str, Any]) -> DataTable:
    """Agreement of people."""
    return DataTable(
        "agreement", "Agreement of people", ("", "value", "votes", "people"),
        tuple((title, found[name].get("why") or shown(found[name]), f"{found[name]['n']:,}",
               f"{found[name]['n_raters']:,}") for name, title in AGREEMENTS.items()),
    )  # fmt: skip


def sensitivity(rows: Sequence[Mapping[str, Any]]) -> DataTable:
    """The rate under other rules."""
    cells: list[tuple[str, ...]] = []
    heads = set()
    for row in rows:
        heads.add(len(cells))
        cells.append((pair_name(row), "", ""))
        cells += [
            (one["rule"].replace("_", " "), percent(one["rate"]), f"{one['rate']['n']:,}")
            for one in row["variants"]
        ]
        moved = row["set_aside_changes"]
        cells.append(("set-aside votes kept less left out", moved.get("why") or points(moved), ""))
    return DataTable("sensitivity", "Win rates under other rules", ("rule", "win rate", "votes"),
                     tuple(cells), frozenset(heads))  # fmt: skip


def growth(rows: Sequence[Mapping[str, Any]]) -> DataTable:
    """Where each pair stands, however often one looked."""
    return DataTable(
        "growth", "Looked at after every person", ("", "people", "share won", "clear of 50% after"),
        tuple((pair_name(row), f"{row['n_people']:,}",
               percent({"value": row["mean"], "low": row["low"], "high": row["high"]}),
               f"{row['clear_after']:,} people" if row["clear_after"] else "not yet")
              for row in rows),
    )  # fmt: skip


def judge(found: Mapping[str, Any]) -> DataTable:
    """A judge against people's majorities."""
    rows = [
        (f"{_JOINS[join]}, {ties.replace('_', ' ')}", f"{one['n']:,}", percent(one["agreement"]),
         shown(one["kappa"]))
        for join, both in found["joins"].items() for ties, one in both.items()
    ]  # fmt: skip
    votes = found["votes"]
    rows += [
        (f"single votes, {ties.replace('_', ' ')}", f"{votes[ties]['n']:,}", percent(votes[ties]),
         "–")
        for ties in ("with_ties", "without_ties")
    ]  # fmt: skip
    return DataTable("judge", "Agreement with people", ("units", "n", "agreement", "kappa"),
                     tuple(rows))  # fmt: skip


def judge_by(rows: Sequence[Mapping[str, Any]], field: str) -> DataTable:
    """A judge against single people of each group."""
    return DataTable(
        f"judge-by-{field}", f"Agreement with people by {field}",
        (field, "agreement", "less all others", "p (Holm)", "people"),
        tuple((one["value"], one["agreement"].get("why") or percent(one["agreement"]),
               points(one["against_others"]), p_text(one["p_holm"]),
               f"{one['agreement']['n_raters']:,}") for one in rows),
    )  # fmt: skip


def deviations(rows: Sequence[Mapping[str, str]]) -> DataTable:
    """Where the analysis differs from the preregistration."""
    return DataTable("deviations", "What differs", ("", "planned", "done"),
                     tuple((one["what"], one["planned"], one["done"]) for one in rows))  # fmt: skip


def _outcomes(row: Mapping[str, Any]) -> list[str]:
    return [f"{row['outcomes'][name]:,}" for name in TITLES]


_JOINS = {"pair": "two models whoever stood left", "shown": "two models as shown"}
