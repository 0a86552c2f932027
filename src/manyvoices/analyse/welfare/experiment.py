"""The experiment: who is asked decides which model is chosen, and that decides everyone's welfare.

Source: PRISM (arXiv 2404.16019), section 3.3 and appendix U. Our deviations: one set of samples per
scheme serves all populations, so panels are paired (PRISM drew anew for each); welfare is compared
with tests (`dominance`, `people`), and an imputed table is held against hidden cells.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from manyvoices.analyse.dataset import Dataset, GroupField, NotEnough
from manyvoices.analyse.settings import Settings
from manyvoices.analyse.table import BoolArray
from manyvoices.analyse.welfare.cast import Cast
from manyvoices.analyse.welfare.imputing import (
    MOST_MODELS,
    HoldOut,
    hold_out,
    impute,
    impute_many,
    pool,
)
from manyvoices.analyse.welfare.measuring import measure_welfare, panels_of
from manyvoices.analyse.welfare.plan import WelfarePlan, load_plan, plan_for
from manyvoices.analyse.welfare.result import RegionWelfare, WelfareResult
from manyvoices.analyse.welfare.seats import DRAWS
from manyvoices.analyse.welfare.tables import WelfareTable, welfare_tables
from manyvoices.schema import MissingExtraError

if TYPE_CHECKING:
    import polars as pl

IMPUTED_TABLES = 5
FEWEST_MODELS = 3


def study_welfare(
    dataset: Dataset, settings: Settings, *, plan: WelfarePlan | None = None
) -> WelfareResult:
    """The welfare experiment on a release.

    Without a `plan`: PRISM's where the release marks its two representative samples, else each
    demographic field's largest group against the others. Raises `NotEnough` without rated opening
    turns of two people and two models.
    """
    tables = welfare_tables(dataset)
    people = people_of(tables[0], dataset.people)
    notes: list[str] = []
    if plan is None:
        plan, notes = _plan(people, dataset.demographics(), settings)
    return run_experiment(tables, people, plan, settings, notes=notes)


def _plan(
    people: pl.DataFrame, fields: tuple[GroupField, ...], settings: Settings
) -> tuple[WelfarePlan, list[str]]:
    prism = load_plan("prism")
    marked = any(r.members(people).sum() >= settings.min_group for r in prism.regions)
    if marked and prism.fields() <= set(people.columns):
        return prism, []
    note = (
        "The release marks no samples that are balanced to a census (included_in_US_REP, "
        "included_in_UK_REP), so all its people are taken together, and each field's largest group "
        "is held against the others. manyvoices curate draws such samples."
    )
    return plan_for(people, fields, min_group=settings.min_group), [note]


def people_of(table: WelfareTable, people: pl.DataFrame, key: str = "user_id") -> pl.DataFrame:
    """Rows of `people` in the order of the table's users; nulls for users without a row."""
    import polars as pl

    users = pl.DataFrame({key: list(table.users)}, schema={key: pl.String})
    return users.join(people.unique(key, keep="first"), on=key, how="left", maintain_order="left")


def run_experiment(
    tables: Sequence[WelfareTable],
    people: pl.DataFrame,
    plan: WelfarePlan,
    settings: Settings,
    *,
    notes: Sequence[str] = (),
    n_draws: int = DRAWS,
    noun: str = "model",
) -> WelfareResult:
    """Run `plan` on one table per measure, all over the same users.

    Args:
        people: One row per user, in the order of the tables (`people_of`).

    Raises:
        NotEnough: No region has `settings.min_group` people.
    """
    said = list(notes)
    filled = _filled(tables, settings, said)
    regions = []
    for number, region in enumerate(plan.regions):
        inside = region.members(people)
        if inside.sum() < settings.min_group:
            said.append(
                f"{region.label} has fewer than {settings.min_group} people and is left out."
            )
            continue
        settings.tick(f"welfare: {region.label}")
        cast = _cast(plan, people, inside, settings, said, region.label)
        rng = np.random.default_rng([settings.resampling.seed, number])
        regions.append(
            _region(region.id, region.label, tables, filled, cast, settings, rng, n_draws)
        )
    if not regions:
        raise NotEnough(f"No part of the release has {settings.min_group} people with ratings.")
    return WelfareResult(
        plan=plan,
        regions=tuple(regions),
        n_people=len(tables[0].users),
        n_models=len(tables[0].models),
        n_draws=n_draws,
        n_deals=n_deals(settings),
        n_resamples=n_resamples(settings),
        resampling=settings.resampling,
        hold_outs=filled.hold_outs,
        notes=tuple(said),
        noun=noun,
    )


def n_deals(settings: Settings) -> int:
    """Deals of labels: with the recorded one as many as a report's resamples."""
    return max(settings.resampling.n_resamples - 1, 0)


def n_resamples(settings: Settings) -> int:
    """Resamples of people: each repeats the whole experiment, so at most 300."""
    return min(settings.resampling.n_resamples, 300)


@dataclass(frozen=True, slots=True)
class _Filled:
    """Tables without gaps; empty where none were made."""

    single: tuple[WelfareTable, ...] = ()
    many: tuple[tuple[WelfareTable, ...], ...] = ()
    hold_outs: tuple[HoldOut, ...] = ()


def _filled(tables: Sequence[WelfareTable], settings: Settings, said: list[str]) -> _Filled:
    n_models = len(tables[0].models)
    if not FEWEST_MODELS <= n_models <= MOST_MODELS:
        said.append(
            f"Nothing was imputed: the table has {n_models} columns, and that takes "
            f"{FEWEST_MODELS} to {MOST_MODELS}."
        )
        return _Filled()
    if all(table.observed.all() for table in tables):
        said.append("Nothing was imputed: everybody met every model.")
        return _Filled()
    settings.tick("welfare: imputing")
    try:
        return _Filled(
            tuple(impute(table) for table in tables),
            tuple(impute_many(table, m=IMPUTED_TABLES) for table in tables),
            tuple(
                hold_out(table, seed=settings.resampling.seed, resampling=settings.resampling)
                for table in tables
            ),
        )
    except MissingExtraError as error:
        said.append(f"Nothing was imputed: {error}.")
        return _Filled()


def _cast(
    plan: WelfarePlan,
    people: pl.DataFrame,
    inside: BoolArray,
    settings: Settings,
    said: list[str],
    label: str,
) -> Cast:
    """The populations and schemes of a region that are large enough."""
    rows = np.flatnonzero(inside)
    members = {one.id: one.members(people)[rows] for one in plan.populations}
    small = [p for p in plan.populations if members[p.id].sum() < settings.min_group]
    if small:
        names = ", ".join(f"{p.label} ({int(members[p.id].sum())})" for p in small)
        said.append(f"{label}: too few people, left out: {names}.")
    hidden = {one.id for one in small}
    return Cast(
        rows=rows,
        members={name: who for name, who in members.items() if name not in hidden},
        labels={one.id: one.label for one in plan.populations},
        welfare=tuple(name for name in plan.welfare if name not in hidden),
        schemes=tuple(one for one in plan.schemes if one.population not in hidden),
        reference=plan.scheme(plan.reference),
        harms=tuple(
            one
            for one in plan.harms
            if not hidden & {one.minority, plan.scheme(one.scheme).population}
        ),
    )


def _region(
    name: str,
    label: str,
    tables: Sequence[WelfareTable],
    filled: _Filled,
    cast: Cast,
    settings: Settings,
    rng: np.random.Generator,
    n_draws: int,
) -> RegionWelfare:
    measures, imputed = [], []
    for place, table in enumerate(tables):
        pooled = (
            pool(filled.many[place], cast.rows, level=settings.resampling.level)
            if filled.many
            else None
        )
        measures.append(
            measure_welfare(
                table.rows(cast.rows),
                cast,
                rng,
                n_draws=n_draws,
                n_deals=n_deals(settings),
                n_resamples=n_resamples(settings),
                resampling=settings.resampling,
                pooled=pooled,
            )
        )
        if filled.single:
            imputed.append(panels_of(filled.single[place].rows(cast.rows), cast, rng, n_draws))
    return RegionWelfare(name, label, len(cast.rows), tuple(measures), tuple(imputed))
