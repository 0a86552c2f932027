"""Welfare of PRISM's size: one product of matrices against asking a data frame draw by draw."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
from benchmarks.analysing.rows import Row, cpu

from manyvoices.analyse.welfare.plan import WelfarePlan, load_plan
from manyvoices.analyse.welfare.seats import choose, draw_seats, mean_welfare, worth
from manyvoices.analyse.welfare.tables import WelfareTable

N_PEOPLE, N_MODELS, DRAWS = 230, 21, 1000
"""The US sample, PRISM's models, its draws."""
SHARE_MET = 0.64
_SIZES = (230, 1_396, 13_960)


def main_rows(*, scale: float = 1.0) -> list[Row]:
    """PRISM's experiment against the plain loop, and what more people cost."""
    plan = load_plan("prism")
    return [_against_loop(plan, max(round(DRAWS * scale), 10)), *_curve(plan, scale)]


def _tables(n_people: int, rng: np.random.Generator) -> tuple[WelfareTable, ...]:
    users = tuple(f"user{n}" for n in range(n_people))
    models = tuple(f"model{n:02}" for n in range(N_MODELS))
    met = rng.random((n_people, N_MODELS)) < SHARE_MET
    made = []
    for measure, limits in (("rating", (1.0, 100.0)), ("choice", (0.0, 1.0))):
        quality = rng.normal(0.6, 0.1, N_MODELS)
        values = np.clip(quality + rng.normal(0, 0.25, (n_people, N_MODELS)), 0, 1)
        values = np.round(values * 2) / 2 if measure == "choice" else np.round(1 + 99 * values)
        made.append(WelfareTable(measure, users, models, np.where(met, values, np.nan), limits))
    return tuple(made)


def _members(plan: WelfarePlan, n_people: int, rng: np.random.Generator) -> dict[str, np.ndarray]:
    halves = {one.id: rng.random(n_people) < 0.5 for one in plan.populations}
    return halves | {"all": np.ones(n_people, dtype=bool)}


Drawn = list[tuple[WelfareTable, np.ndarray, np.ndarray, np.ndarray]]


def _drawn(plan: WelfarePlan, n_people: int, n_draws: int) -> Drawn:
    """(table, population, seats, lots) of every cell: measures x populations x schemes."""
    rng = np.random.default_rng(7)
    members = _members(plan, n_people, rng)
    return [
        (
            table,
            members[population],
            draw_seats(np.flatnonzero(members[scheme.population]), scheme.n, n_draws, rng),
            rng.random(n_draws),
        )
        for table in _tables(n_people, rng)
        for population in plan.welfare
        for scheme in plan.schemes
    ]


def _ours(drawn: Drawn) -> np.ndarray:
    """(cells, draws) mean welfare."""
    return np.stack(
        [
            worth(table, members)[choose(mean_welfare(table, seats), lots, table.limits)]
            for table, members, seats, lots in drawn
        ]
    )


def _loop(drawn: Drawn) -> np.ndarray:
    """The plain way, as in PRISM's notebooks: a frame, re-indexed for each draw."""
    found = []
    for table, members, seats, lots in drawn:
        frame = pd.DataFrame(table.values, index=list(table.users), columns=list(table.models))
        welfare = frame[members].mean()
        names = np.array(table.users)
        cell = []
        for rows, lot in zip(seats, lots, strict=True):
            mean = frame.reindex(names[rows]).mean().fillna(table.floor)
            best = mean.index[mean >= mean.max() - 1e-9 * (table.limits[1] - table.limits[0])]
            cell.append(welfare[best[int(lot * len(best))]])
        found.append(cell)
    return np.array(found)


def _against_loop(plan: WelfarePlan, n_draws: int) -> Row:
    drawn = _drawn(plan, N_PEOPLE, n_draws)
    _ours(drawn[:2])
    ours_s, ours = min((cpu(lambda: _ours(drawn)) for _ in range(3)), key=lambda found: found[0])
    peer_s, peer = cpu(lambda: _loop(drawn))
    what = (
        f"{n_draws:,} draws x 7 schemes x 4 populations x 2 measures, {N_PEOPLE} people x "
        f"{N_MODELS} models, each cell with draws of its own, against pandas draw by draw; same: "
        "welfare of every draw to 1e-9"
    )
    same = bool(np.allclose(ours, peer, atol=1e-9, equal_nan=True))
    return Row(what, ours_s, peer_s, peer_s / ours_s, ">= 50", same)


def _curve(plan: WelfarePlan, scale: float) -> list[Row]:
    rows, first = [], math.nan
    for n_people in _SIZES:
        n_draws = max(round(DRAWS * scale), 10)
        drawn = _drawn(plan, n_people, n_draws)
        seconds, found = cpu(lambda drawn=drawn: _ours(drawn))  # type: ignore[misc]
        first = seconds if math.isnan(first) else first
        what = f"ours, {n_people:,} people: cost against {_SIZES[0]} people; no peer"
        rows.append(Row(what, seconds, math.nan, seconds / first, "", not np.isnan(found).all()))
    return rows
