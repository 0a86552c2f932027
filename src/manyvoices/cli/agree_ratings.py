"""How far people agree on rankings and on plain ratings."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from manyvoices.schema.errors import DataError, Fault

if TYPE_CHECKING:
    from manyvoices.cli.agree_battles import Options


def of_rankings(data: Path, kind: str, options: Options) -> dict[str, Any]:
    """Kendall's W of every election in which all rank all, and alpha over all pairs."""
    from itertools import combinations

    from manyvoices.aggregate import Ballots, IncompleteBallotsError, kendall_w, krippendorff_alpha
    from manyvoices.cli.elections import read_elections

    rows: list[list[str]] = []
    concordance, n_ballots, n_elections = [], 0, 0
    for election in read_elections(data, kind):
        if not election.rankings:
            continue
        n_elections += 1
        ballots = Ballots.from_rankings(election.rankings, election.candidates, election.weights)
        n_ballots += len(ballots)
        places = ballots.places.T.tolist()
        for pair in combinations(places, 2):
            # Which of two stands first is arbitrary: taken in turns, so that neither word is rare.
            mine, yours = pair if len(rows) % 2 else pair[::-1]
            rows.append([_above(a, b) for a, b in zip(mine, yours, strict=True) if min(a, b) >= 0])
        try:
            found = kendall_w(ballots)
        except IncompleteBallotsError:
            continue
        if not found.why_undefined:
            concordance.append(found.value)
    if not n_elections:
        raise DataError([Fault(str(data), None, "", "no single ranking", "at least one ballot")])
    return {
        "unit": ["election", "pair of candidates"],
        "n_elections": n_elections,
        "n_ballots": n_ballots,
        "alpha": asdict(krippendorff_alpha(rows, **options.resampling)),
        "n_elections_with_w": len(concordance),
        "mean_kendall_w": sum(concordance) / len(concordance) if concordance else None,
    }


def _above(mine: int, yours: int) -> str:
    return "above" if mine < yours else "below" if mine > yours else "level"


def of_ratings(data: Path, options: Options) -> dict[str, Any]:
    """Alpha of a table with a column of units and one of ratings."""
    from manyvoices.aggregate import Units, krippendorff_alpha
    from manyvoices.aggregate.columns import require_columns
    from manyvoices.aggregate.tables import read_table

    fields = options.unit or ("unit",)
    table = read_table(data)
    require_columns(table, [*fields, options.value])
    values = [_number(value) for value in table[options.value]]
    words = [value for value in values if isinstance(value, str)]
    if words:  # one word among numbers makes all of them words
        values = [None if value is None else str(value) for value in table[options.value]]
    level = options.level or ("ordinal" if options.order or not words else "nominal")
    keys = list(zip(*(table[name] for name in fields), strict=True))
    units = Units.from_columns(keys, values, options.order)
    alpha = krippendorff_alpha(units, level, order=options.order, **options.resampling)
    return {
        "unit": list(fields),
        "level": level,
        "n_ratings": int(units.counts.sum()),
        "n_units": len(units.counts),
        "categories": list(units.categories) if len(units.categories) <= 20 else None,
        "alpha": asdict(alpha),
    }


def _number(value: Any) -> float | str | None:
    try:
        return None if value is None else float(value)
    except ValueError:
        return str(value)
