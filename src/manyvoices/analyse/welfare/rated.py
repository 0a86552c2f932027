"""The welfare experiment on a table of ratings: raters in the place of people, items of models."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from manyvoices.analyse.dataset import MAX_LEVELS, GroupField, NotEnough, column_label
from manyvoices.analyse.settings import Settings
from manyvoices.analyse.welfare.experiment import people_of, run_experiment
from manyvoices.analyse.welfare.plan import plan_for
from manyvoices.analyse.welfare.result import WelfareResult
from manyvoices.analyse.welfare.tables import table_of_ratings
from manyvoices.analyse.words import declines
from manyvoices.io.rated import read_rated
from manyvoices.schema import RatedText

if TYPE_CHECKING:
    import polars as pl

LOWER_IS_BETTER = ("offens", "tox", "harmful", "hate")
"""Scales with these in their name are turned over: less of it is welfare."""


def ratings_welfare(path: Path | str, settings: Settings) -> WelfareResult:
    """Read a table of ratings and run the experiment on its first scale.

    Each attribute's largest group is held against the others. Raises `NotEnough`, and `DataError`
    as `read_rated` does.
    """
    rows = list(read_rated(path))
    scale = next(iter(rows[0].ratings)) if rows else ""
    turned = any(part in scale.lower() for part in LOWER_IS_BETTER)
    table = table_of_ratings(rows, scale, lower_is_better=turned)
    raters = raters_of(rows)
    people = people_of(table, raters)
    plan = plan_for(people, fields_of(people), min_group=settings.min_group)
    notes = [f"Welfare is the rating on {scale}{', turned over: less is better' * turned}."]
    return run_experiment((table,), people, plan, settings, notes=notes, noun="item")


def raters_of(ratings: Iterable[RatedText]) -> pl.DataFrame:
    """One row per rater with her attributes as text, each as first given."""
    import polars as pl

    found: dict[str, dict[str, str | None]] = {}
    for row in ratings:
        known = found.setdefault(row.participant_id, {"user_id": row.participant_id})
        for name, value in row.attributes.items():
            if known.get(name) is None:
                known[name] = None if value is None else str(value)
    if not found:
        raise NotEnough("The table holds no rater.")
    names = list(dict.fromkeys(name for row in found.values() for name in row))
    columns = {name: [row.get(name) for row in found.values()] for name in names}
    return pl.DataFrame(columns, schema=dict.fromkeys(names, pl.String))


def fields_of(people: pl.DataFrame) -> tuple[GroupField, ...]:
    """The attributes that make groups: two to forty different answers."""
    fields = []
    for column in people.columns:
        answers = people[column].drop_nulls().unique().sort().to_list()
        levels = tuple(answer for answer in answers if answer.strip() and not declines(answer))
        if column != "user_id" and 2 <= len(levels) <= MAX_LEVELS:
            fields.append(GroupField(column, column_label(column), levels))
    return tuple(fields)
