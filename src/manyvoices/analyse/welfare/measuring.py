"""One region and one measure: all samples of all schemes, all populations, all tests."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from manyvoices.analyse.many_tests import holm
from manyvoices.analyse.resampling import Resampling
from manyvoices.analyse.table import FloatArray, IntArray
from manyvoices.analyse.welfare.cast import Cast
from manyvoices.analyse.welfare.dominance import draws_test, gaps, sorted_relation
from manyvoices.analyse.welfare.imputing import Pooled
from manyvoices.analyse.welfare.over_people import PeopleByChance, people_by_chance, with_people
from manyvoices.analyse.welfare.plan import Scheme
from manyvoices.analyse.welfare.result import (
    OPEN,
    Comparison,
    MeasureWelfare,
    MinorityHarm,
    Outcome,
    Panel,
)
from manyvoices.analyse.welfare.seats import chosen_models, expected, shares, worth
from manyvoices.analyse.welfare.summaries import ModelWelfare, model_welfare, rules
from manyvoices.analyse.welfare.tables import WelfareTable
from manyvoices.analyse.welfare.verdicts import corrected, judged


def measure_welfare(
    table: WelfareTable,
    cast: Cast,
    rng: np.random.Generator,
    *,
    n_draws: int,
    n_deals: int,
    n_resamples: int,
    resampling: Resampling,
    pooled: Pooled | None,
) -> MeasureWelfare:
    """Everything about one measure in one region; `table` holds the region's people alone."""
    chosen = _chosen(table, cast, rng, n_draws)
    panels = _panels(table, cast, chosen)
    found = people_by_chance(table, cast, chosen, rng, n_deals, n_resamples, resampling)
    panels = with_people(panels, cast, found, resampling.level)
    groups = [name for name in cast.members if not cast.members[name].all()]
    stacked = np.stack([cast.members[g] for g in groups]) if groups else np.zeros((0, 0), bool)
    models = model_welfare(table, stacked, [cast.labels[g] for g in groups], resampling)
    return MeasureWelfare(
        measure=table.measure,
        limits=table.limits,
        panels=_with_tops(panels, chosen, table, models),
        models=models,
        rules=rules(models),
        harms=_harms(panels, cast, found, table.measure),
        share_missing=float(1 - table.observed.mean()),
        pooled=pooled,
    )


def panels_of(
    table: WelfareTable, cast: Cast, rng: np.random.Generator, n_draws: int
) -> tuple[Panel, ...]:
    """Distributions and the comparison of draws, without tests over people (imputed tables)."""
    return _panels(table, cast, _chosen(table, cast, rng, n_draws))


def _chosen(
    table: WelfareTable, cast: Cast, rng: np.random.Generator, n_draws: int
) -> dict[str, IntArray]:
    pools = {one.id: np.flatnonzero(cast.members[one.population]) for one in cast.schemes}
    return {
        one.id: chosen_models(table, pools[one.id], one.n, n_draws, rng) for one in cast.schemes
    }


def _panels(table: WelfareTable, cast: Cast, chosen: Mapping[str, IntArray]) -> tuple[Panel, ...]:
    panels = [_panel(name, table, cast, chosen) for name in cast.welfare]
    after = corrected(panels, "p_draws_better")
    return tuple(judged(panel) for panel in after)


def _panel(name: str, table: WelfareTable, cast: Cast, chosen: Mapping[str, IntArray]) -> Panel:
    """The welfare of the population `name` under every scheme."""
    value = worth(table, cast.members[name])
    outcomes = tuple(
        Outcome(
            scheme=one.id,
            label=one.label,
            n_pool=int(cast.members[one.population].sum()),
            welfare=value[chosen[one.id]],
            mean=float(expected(value, chosen[one.id])),
            top=float("nan"),
        )
        for one in cast.schemes
    )
    best = int(np.nanargmax(value)) if not np.isnan(value).all() else 0
    return Panel(
        population=name,
        label=cast.labels[name],
        n_people=int(cast.members[name].sum()),
        measure=table.measure,
        best=float(value[best]),
        best_model=table.models[best],
        outcomes=outcomes,
        comparisons=tuple(_compare(value, cast, one, chosen) for one in cast.rivals()),
    )


def _compare(
    value: FloatArray, cast: Cast, scheme: Scheme, chosen: Mapping[str, IntArray]
) -> Comparison:
    first, second = chosen[cast.reference.id], chosen[scheme.id]
    n = len(value)
    gap = gaps(value, shares(first, n), shares(second, n))
    test = draws_test(float(gap.rise), float(gap.fall), len(first), len(second))
    known = [value[x][~np.isnan(value[x])] for x in (first, second)]
    comparable = len(known[0]) == len(known[1])
    return Comparison(
        scheme=scheme.id,
        label=scheme.label,
        by="number" if scheme.population == cast.reference.population else "people",
        difference=float(gap.gain - gap.loss),
        low=math.nan,
        high=math.nan,
        lot_low=math.nan,
        lot_high=math.nan,
        sorted_dominates=comparable and sorted_relation(known[0], known[1]),
        sorted_dominated=comparable and sorted_relation(known[1], known[0]),
        violation=float(gap.violation),
        p_draws_better=test.p_better,
        p_draws_worse=test.p_worse,
        p_people=math.nan,
        verdict=OPEN,
    )


def _with_tops(
    panels: tuple[Panel, ...],
    chosen: Mapping[str, IntArray],
    table: WelfareTable,
    models: tuple[ModelWelfare, ...],
) -> tuple[Panel, ...]:
    """Expected share with a first choice, for the panel of everybody."""
    code = {model: number for number, model in enumerate(table.models)}
    top = np.full(len(code), np.nan)
    for row in models:
        top[code[row.model]] = row.top
    return tuple(
        replace(
            panel,
            outcomes=tuple(
                replace(one, top=float(expected(top, chosen[one.scheme])))
                if panel.n_people == len(table.users)
                else one
                for one in panel.outcomes
            ),
        )
        for panel in panels
    )


def _harms(
    panels: tuple[Panel, ...], cast: Cast, found: PeopleByChance, measure: str
) -> tuple[MinorityHarm, ...]:
    by_name = {panel.population: (number, panel) for number, panel in enumerate(panels)}
    other = {one.id: number for number, one in enumerate(cast.others())}
    rows = []
    for harm in cast.harms:
        if harm.minority not in by_name or harm.scheme not in other:
            continue
        number, panel = by_name[harm.minority]
        outcome = {one.scheme: one for one in panel.outcomes}
        row = next(one for one in panel.comparisons if one.scheme == harm.scheme)
        deals, scheme = found.deals, other[harm.scheme]
        rows.append(
            MinorityHarm(
                measure=measure,
                minority=panel.label,
                n_minority=panel.n_people,
                majority=row.label,
                representative=outcome[cast.reference.id].mean,
                alone=outcome[harm.scheme].mean,
                loss=row.difference,
                low=row.low,
                high=row.high,
                lot_low=row.lot_low,
                lot_mean=math.nan if deals is None else float(deals.mean[number, scheme]),
                lot_high=row.lot_high,
                p=math.nan if deals is None else float(deals.p_better[number, scheme]),
            )
        )
    p = holm(np.array([row.p for row in rows]))
    return tuple(replace(row, p=float(value)) for row, value in zip(rows, p, strict=True))
