"""Would other people have said the same? Welfare differences against chance in who took part.

Schemes that draw from different groups are tested by dealing out the group labels anew
(`deal_labels`): under "groups do not differ" every deal is as likely as the one recorded, so the
test is exact. It needs to be this one: the representative pool holds the very people whose welfare
is then measured, so it does better than another group by chance alone, and the deals share that.

Schemes that draw different numbers from one pool are compared over resampled people
(`resample_people`), which also gives every difference its interval.

Sources: Good, "Permutation, Parametric and Bootstrap Tests of Hypotheses" (2005), for the deals;
Efron & Tibshirani 1993, chapter 13, for the resamples. The choice of a best model is not a smooth
function of the people, so intervals by resampling are approximate where two models are close.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from manyvoices.analyse.table import BoolArray, FloatArray, IntArray
from manyvoices.analyse.welfare.dominance import gaps
from manyvoices.analyse.welfare.seats import (
    choose,
    chosen_models,
    draw_seats,
    expected,
    mean_welfare,
    shares,
    worth,
)
from manyvoices.analyse.welfare.tables import WelfareTable

DEAL_DRAWS = 200
"""Samples drawn per scheme in each deal and in each resample."""
_DEALS_AT_ONCE = 5


@dataclass(frozen=True, slots=True, eq=False)
class Deals:
    """What random deals of the group labels give; all (n_panels, n_schemes)."""

    p_better: FloatArray
    """(deals that gain as much as the groups recorded, + 1) / (deals + 1)."""
    p_worse: FloatArray
    """The same for the loss."""
    mean: FloatArray
    """Mean difference, reference minus scheme, over the deals: what chance alone gives."""
    low: FloatArray
    high: FloatArray
    n_deals: int


def deal_labels(
    table: WelfareTable,
    members: BoolArray,
    pools: BoolArray,
    sizes: Sequence[int],
    reference: FloatArray,
    *,
    n_deals: int,
    rng: np.random.Generator,
    level: float = 0.95,
    n_draws: int = DEAL_DRAWS,
) -> Deals:
    """Test the reference against schemes that draw from other pools.

    Args:
        members: (n_panels, n_users) populations whose welfare is measured.
        pools: (n_schemes, n_users) who may sit; dealt out together with `members`.
        sizes: People per sample, one per scheme.
        reference: (n_models,) how often the reference chooses each model. Its pool is everyone, so
            no deal changes it.
    """
    n_users = len(table.users)
    orders = [np.arange(n_users), *(rng.permutation(n_users) for _ in range(n_deals))]
    better, worse = [], []
    for start in range(0, len(orders), _DEALS_AT_ONCE):
        block = orders[start : start + _DEALS_AT_ONCE]
        found = _dealt(table, members, pools, sizes, reference, block, rng, n_draws)
        better.append(found[0])
        worse.append(found[1])
    gain, loss = np.concatenate(better), np.concatenate(worse)
    differences = (gain - loss)[1:]
    tail = (1 - level) / 2
    low, high = np.quantile(differences, [tail, 1 - tail], axis=0)
    return Deals(
        p_better=(gain >= gain[0] - 1e-12).mean(axis=0),
        p_worse=(loss >= loss[0] - 1e-12).mean(axis=0),
        mean=differences.mean(axis=0),
        low=low,
        high=high,
        n_deals=n_deals,
    )


def _dealt(
    table: WelfareTable,
    members: BoolArray,
    pools: BoolArray,
    sizes: Sequence[int],
    reference: FloatArray,
    orders: list[IntArray],
    rng: np.random.Generator,
    n_draws: int,
) -> tuple[FloatArray, FloatArray]:
    """Gain and loss, each (n_orders, n_panels, n_schemes), under some deals of the labels."""
    n_models = len(table.models)
    values = worth(table, np.stack([members[:, order] for order in orders]))
    gain = np.zeros((len(orders), len(members), len(pools)))
    loss = np.zeros_like(gain)
    for number, (pool, size) in enumerate(zip(pools, sizes, strict=True)):
        seats = np.concatenate(
            [draw_seats(np.flatnonzero(pool[order]), size, n_draws, rng) for order in orders]
        )
        chosen = choose(mean_welfare(table, seats), rng.random(len(seats)), table.limits)
        lotteries = np.stack(
            [shares(part, n_models) for part in chosen.reshape(len(orders), n_draws)]
        )
        found = gaps(values, reference, lotteries[:, None, :])
        gain[:, :, number], loss[:, :, number] = found.gain, found.loss
    return gain, loss


def resample_people(
    table: WelfareTable,
    members: BoolArray,
    pools: BoolArray,
    sizes: Sequence[int],
    *,
    n_resamples: int,
    rng: np.random.Generator,
    n_draws: int = DEAL_DRAWS,
) -> FloatArray:
    """(n_resamples, n_panels, n_schemes): expected welfare under each scheme, people resampled.

    People are drawn with replacement from the table; in each resample they are both those who sit
    and those whose welfare is measured. NaN where a resample has nobody of a group.
    """
    n_users = len(table.users)
    found = np.full((n_resamples, len(members), len(pools)), np.nan)
    for number in range(n_resamples):
        rows = rng.integers(n_users, size=n_users)
        drawn = table.rows(rows)
        values = worth(drawn, members[:, rows])
        for place, (pool, size) in enumerate(zip(pools, sizes, strict=True)):
            seated = np.flatnonzero(pool[rows])
            if len(seated):
                chosen = chosen_models(drawn, seated, size, n_draws, rng)
                found[number, :, place] = expected(values, chosen)
    return found
