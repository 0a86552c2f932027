"""What a study costs and what people earn by the hour: PRISM's study checks, as pure functions.

PRISM paid through Prolific: a fee of a third of the reward, and value-added tax on the fee alone.
"""

from __future__ import annotations

import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

Pay = Literal["under", "ok", "over", "unknown"]
OVER = 1.5
"""From this multiple of the least hourly pay, a study pays more than planned."""


@dataclass(frozen=True, slots=True)
class Terms:
    """What is paid. Amounts in one currency; shares as fractions."""

    reward: float = 0.0
    """Per person who comes to the end."""
    fee: float = 1 / 3
    vat: float = 0.20
    """On the fee."""
    extra: float = 0.0
    """Once, for example for a representative sample."""
    least_hourly: float = 9.0

    def __post_init__(self) -> None:
        for name in ("reward", "fee", "vat", "extra", "least_hourly"):
            if not 0 <= getattr(self, name) < float("inf"):
                raise ValueError(f"{name} is {getattr(self, name)}, expected 0 or more")


@dataclass(frozen=True, slots=True)
class StudyCost:
    """One study's, or one group's, places, time and money."""

    n_wanted: int | None
    n_begun: int
    n_complete: int
    median_hours: float | None
    rewards: float
    fees: float
    vat: float
    total: float
    hourly: float | None
    """Reward by the median hour."""
    pay: Pay
    top_up: float
    """What it would cost to bring everybody who is complete to the least hourly pay, fee and tax
    included; 0 where it is reached."""
    median_hours_approved: float | None = None
    """Of those whose submission the platform has as approved."""

    @property
    def n_open(self) -> int | None:
        """Places left; None without a quota."""
        return None if self.n_wanted is None else max(self.n_wanted - self.n_complete, 0)

    @property
    def n_over(self) -> int:
        """People beyond the quota."""
        return 0 if self.n_wanted is None else max(self.n_complete - self.n_wanted, 0)

    @property
    def completion(self) -> float | None:
        """Complete, of those who began; None where nobody began."""
        return self.n_complete / self.n_begun if self.n_begun else None


def study_cost(
    minutes: Sequence[float],
    *,
    n_begun: int,
    terms: Terms,
    n_wanted: int | None = None,
    approved: Sequence[float] = (),
) -> StudyCost:
    """Cost and pay, given the minutes of everybody who came to the end.

    `approved`: the minutes of those of them whom the platform has as approved.
    """
    n = len(minutes)
    hours = statistics.median(minutes) / 60 if minutes else None
    rewards = n * terms.reward
    fees = rewards * terms.fee
    vat = fees * terms.vat
    hourly = terms.reward / hours if hours else None
    missing = max(terms.least_hourly * hours - terms.reward, 0.0) if hours else 0.0
    return StudyCost(
        n_wanted=n_wanted,
        n_begun=n_begun,
        n_complete=n,
        median_hours=hours,
        rewards=rewards,
        fees=fees,
        vat=vat,
        total=rewards + fees + vat + (terms.extra if n else 0.0),
        hourly=hourly,
        pay=_pay(hourly, terms),
        top_up=n * missing * (1 + terms.fee * (1 + terms.vat)),
        median_hours_approved=statistics.median(approved) / 60 if approved else None,
    )


def _pay(hourly: float | None, terms: Terms) -> Pay:
    if hourly is None or not terms.reward:
        return "unknown"
    if hourly < terms.least_hourly:
        return "under"
    return "over" if hourly >= OVER * terms.least_hourly else "ok"


def cost_by_group(
    groups: Mapping[str, Sequence[float]],
    *,
    begun: Mapping[str, int],
    terms: Terms,
    wanted: Mapping[str, int] | None = None,
) -> dict[str, StudyCost]:
    """The same for each group (a country, a region): group -> minutes of those who are complete."""
    quotas = wanted or {}
    return {
        name: study_cost(
            groups.get(name, ()), n_begun=begun.get(name, 0), terms=terms, n_wanted=quotas.get(name)
        )
        for name in sorted({*groups, *begun, *quotas})
    }
