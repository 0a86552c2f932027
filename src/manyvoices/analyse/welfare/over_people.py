"""Chance in who took part: labels dealt anew, people drawn anew, and what that says of a panel."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from manyvoices.aggregate.intervals import of_known
from manyvoices.analyse.resampling import Resampling
from manyvoices.analyse.table import FloatArray, IntArray
from manyvoices.analyse.welfare.cast import Cast
from manyvoices.analyse.welfare.people import Deals, deal_labels, resample_people
from manyvoices.analyse.welfare.result import Comparison, Panel
from manyvoices.analyse.welfare.seats import shares
from manyvoices.analyse.welfare.tables import WelfareTable
from manyvoices.analyse.welfare.verdicts import corrected, judged


@dataclass(frozen=True, slots=True, eq=False)
class PeopleByChance:
    """What is known of chance in who took part."""

    deals: Deals | None
    resampled: FloatArray
    """(n_resamples, n_panels, n_schemes)."""


def people_by_chance(
    table: WelfareTable,
    cast: Cast,
    chosen: Mapping[str, IntArray],
    rng: np.random.Generator,
    n_deals: int,
    n_resamples: int,
    resampling: Resampling,
) -> PeopleByChance:
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
    return PeopleByChance(deals, resampled)


def with_people(
    panels: tuple[Panel, ...], cast: Cast, found: PeopleByChance, level: float
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
    return tuple(judged(panel) for panel in corrected(filled, "p_people"))


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
