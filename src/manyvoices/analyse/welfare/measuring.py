"""One region and one measure: all samples of all schemes, all populations, all tests."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from manyvoices.aggregate.intervals import of_known
from manyvoices.analyse.many_tests import holm
from manyvoices.analyse.resampling import Resampling
from manyvoices.analyse.table import BoolArray, FloatArray, IntArray
from manyvoices.analyse.welfare.dominance import draws_test, gaps, sorted_relation
from manyvoices.analyse.welfare.imputing import Pooled
from manyvoices.analyse.welfare.people import Deals, deal_labels, resample_people
from manyvoices.analyse.welfare.plan import Harm, Scheme
from manyvoices.analyse.welfare.result import (
    CROSSES,
    DOMINATED,
    DOMINATES,
    OPEN,
    THESE_PEOPLE,
    Comparison,
    MeasureWelfare,
    MinorityHarm,
    Outcome,
    Panel,
)
from manyvoices.analyse.welfare.seats import chosen_models, expected, shares, worth
from manyvoices.analyse.welfare.summaries import ModelWelfare, model_welfare, rules
from manyvoices.analyse.welfare.tables import WelfareTable

ALPHA = 0.05


@dataclass(frozen=True, slots=True, eq=False)
class Cast:
    """Who takes part in a region: rows of the whole table, and populations among them."""

    rows: IntArray
    members: Mapping[str, BoolArray]
    """Population -> (n_rows,)."""
    labels: Mapping[str, str]
    welfare: tuple[str, ...]
    schemes: tuple[Scheme, ...]
    reference: Scheme
    harms: tuple[Harm, ...]

    def rivals(self) -> tuple[Scheme, ...]:
        """The schemes other than the reference."""
        return tuple(one for one in self.schemes if one.id != self.reference.id)

    def others(self) -> tuple[Scheme, ...]:
        """Those of them that draw from another pool."""
        return tuple(x for x in self.rivals() if x.population != self.reference.population)

    def measured(self) -> BoolArray:
        """(n_panels, n_rows) the populations whose welfare is measured."""
        return np.stack([self.members[name] for name in self.welfare])


@dataclass(frozen=True, slots=True, eq=False)
class _People:
    """What is known of chance in who took part."""

    deals: Deals | None
    resampled: FloatArray
    """(n_resamples, n_panels, n_schemes)."""


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
    found = _people(table, cast, chosen, rng, n_deals, n_resamples, resampling)
    panels = _with_people(panels, cast, found, resampling.level)
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
    panels = []
    for name in cast.welfare:
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
        compared = tuple(_compare(value, cast, one, chosen) for one in cast.rivals())
        panels.append(
            Panel(
                population=name,
                label=cast.labels[name],
                n_people=int(cast.members[name].sum()),
                measure=table.measure,
                best=float(value[best]),
                best_model=table.models[best],
                outcomes=outcomes,
                comparisons=compared,
            )
        )
    corrected = _corrected(panels, "p_draws_better")
    return tuple(_judged(panel) for panel in corrected)


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


def _people(
    table: WelfareTable,
    cast: Cast,
    chosen: Mapping[str, IntArray],
    rng: np.random.Generator,
    n_deals: int,
    n_resamples: int,
    resampling: Resampling,
) -> _People:
    others, deals = cast.others(), None
    if others and n_deals:
        deals = deal_labels(
            table,
            cast.measured(),
            np.stack([cast.members[one.population] for one in others]),
            [one.n for one in others],
            shares(chosen[cast.reference.id], len(table.models)),
            n_deals=n_deals,
            rng=rng,
            level=resampling.level,
        )
    resampled = resample_people(
        table,
        cast.measured(),
        np.stack([cast.members[one.population] for one in cast.schemes]),
        [one.n for one in cast.schemes],
        n_resamples=n_resamples,
        rng=rng,
    )
    return _People(deals, resampled)


def _with_people(
    panels: tuple[Panel, ...], cast: Cast, found: _People, level: float
) -> tuple[Panel, ...]:
    """Add intervals and tests over people to every comparison, and judge anew."""
    place = {one.id: number for number, one in enumerate(cast.schemes)}
    other = {one.id: number for number, one in enumerate(cast.others())}
    reference = found.resampled[:, :, place[cast.reference.id]]
    filled = []
    for number, panel in enumerate(panels):
        rows = []
        for row in panel.comparisons:
            drawn = reference[:, number] - found.resampled[:, number, place[row.scheme]]
            low, high = of_known(drawn, level)
            row = replace(row, low=low, high=high, p_people=_p_resampled(row.difference, drawn))
            if row.scheme in other:
                row = _dealt(row, found.deals, number, other[row.scheme])
            rows.append(row)
        filled.append(replace(panel, comparisons=tuple(rows)))
    return tuple(_judged(panel) for panel in _corrected(filled, "p_people"))


def _dealt(row: Comparison, deals: Deals | None, panel: int, scheme: int) -> Comparison:
    if deals is None:
        return replace(row, p_people=math.nan)
    both = min(deals.p_better[panel, scheme], deals.p_worse[panel, scheme])
    return replace(
        row,
        p_people=min(1.0, 2 * float(both)),
        lot_low=float(deals.low[panel, scheme]),
        lot_high=float(deals.high[panel, scheme]),
    )


def _p_resampled(difference: float, drawn: FloatArray) -> float:
    """Two-sided p of no difference, normal with the standard error of the resamples."""
    known = drawn[~np.isnan(drawn)]
    if len(known) < 2 or not np.isfinite(difference):
        return math.nan
    error = float(known.std(ddof=1))
    if error == 0:
        return 1.0 if difference == 0 else 0.0
    return math.erfc(abs(difference) / error / math.sqrt(2))


def _corrected(panels: list[Panel], column: str) -> list[Panel]:
    """Holm's correction of one column of p-values over all comparisons of all panels."""
    found = np.array([getattr(row, column) for p in panels for row in p.comparisons], dtype=float)
    values = iter(holm(found).tolist())
    return [
        replace(
            panel,
            comparisons=tuple(replace(x, **{column: next(values)}) for x in panel.comparisons),
        )
        for panel in panels
    ]


def _judged(panel: Panel) -> Panel:
    return replace(
        panel, comparisons=tuple(replace(x, verdict=_verdict(x)) for x in panel.comparisons)
    )


def _verdict(row: Comparison) -> str:
    """What the tests allow to be said of the reference against the scheme."""
    better, worse = row.p_draws_better < ALPHA, row.p_draws_worse < ALPHA
    if better and worse:
        return CROSSES
    if not better and not worse:
        return OPEN
    if math.isnan(row.p_people) or row.p_people >= ALPHA:
        return THESE_PEOPLE
    return DOMINATES if better else DOMINATED


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
    panels: tuple[Panel, ...], cast: Cast, found: _People, measure: str
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
