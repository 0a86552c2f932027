"""Made-up tables of welfare for the tests: people of two groups, with tastes that are known."""

from __future__ import annotations

import numpy as np
import polars as pl

from manyvoices.analyse.welfare.plan import Harm, Population, Region, Scheme, WelfarePlan
from manyvoices.analyse.welfare.tables import WelfareTable


def made_up(
    liking: np.ndarray,
    group: np.ndarray,
    *,
    noise: float = 10.0,
    met: float = 0.65,
    seed: int = 0,
) -> WelfareTable:
    """Ratings around ``liking[group of the person, model]``, some of them missing."""
    rng = np.random.default_rng(seed)
    shape = (len(group), liking.shape[1])
    values = np.clip(liking[group] + rng.normal(0, noise, shape), 1, 100)
    values[rng.random(shape) > met] = np.nan
    users = tuple(f"p{row}" for row in range(shape[0]))
    return WelfareTable("rating", users, tuple("abcdefghij"[: shape[1]]), values, (1.0, 100.0))


def people(group: np.ndarray) -> pl.DataFrame:
    """A survey with one question."""
    return pl.DataFrame({"side": ["many" if g == 0 else "few" for g in group]})


def two_sided_plan(n: int = 100) -> WelfarePlan:
    """Everyone, the many and the few; everyone may choose, or the many alone."""
    many = Population("many", "The many", "side", ("many",))
    few = Population("few", "The few", "side", ("many",), complement=True)
    return WelfarePlan(
        title="Two sides",
        regions=(Region("all", "Everyone"),),
        populations=(Population("all", "Everyone"), many, few),
        welfare=("all", "few"),
        schemes=(
            Scheme("rep_10", "Everyone (10)", "all", 10),
            Scheme("rep_100", f"Everyone ({n})", "all", n),
            Scheme("many_100", f"The many ({n})", "many", n),
        ),
        reference="rep_100",
        harms=(Harm("few", "many_100"),),
    )
