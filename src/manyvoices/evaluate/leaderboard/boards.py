"""One board: the models in order of preference by some of the people, as plain data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from manyvoices.aggregate import Battles, MethodBootstrap, bootstrap, diagnose, fit
from manyvoices.aggregate.connectivity import Connectivity
from manyvoices.aggregate.errors import NoResampleError
from manyvoices.evaluate.leaderboard.rank_ranges import rank_ranges
from manyvoices.evaluate.leaderboard.settings import Settings
from manyvoices.evaluate.leaderboard.small_groups import people_of

MANY_FAILED = 0.05
"""Share of resamples without ratings from which intervals are called too narrow."""


def board(
    battles: Battles, settings: Settings, *, field: str | None = None, value: str | None = None
) -> dict[str, Any]:
    """The board of `battles`; the same models stand in ``rows`` (best first) and ``unranked``.

    Bradley-Terry ranks the largest set of models that a chain of wins links in both directions
    (Ford 1957); the others are named with the reason. Intervals are of whole people; of battles,
    where nobody, or one judge alone, stands behind them, and then ``warnings`` says so.
    """
    warnings: list[str] = []
    linked, unranked = _linked(battles, settings)
    rows: list[dict[str, Any]] = []
    if len(linked.models) < 2 or not len(linked):
        warnings.append("no two models are linked by wins in both directions, so none is ranked")
    else:
        by = _unit(linked, warnings)
        try:
            drawn = bootstrap(
                linked,
                settings.method,
                n_resamples=settings.resamples,
                by=by,  # type: ignore[arg-type]
                level=settings.level,
                seed=settings.seed,
                scale=settings.scale,  # type: ignore[arg-type]
                anchor=settings.anchor if settings.anchor in linked.models else None,
            )[settings.method]
        except NoResampleError as error:
            warnings.append(f"no ratings: {error}")
        else:
            rows = _rows(linked, drawn, settings)
            _say_failed(drawn, settings, warnings)
    return {
        "field": field,
        "value": value,
        "n_people": battles.n_participants,
        "n_battles": len(battles),
        "n_ties": battles.n_ties,
        "pairs": _pairs(battles),
        "rows": rows,
        "unranked": unranked,
        "warnings": warnings,
    }


def too_few(battles: Battles, settings: Settings) -> bool:
    """Whether fewer people stand behind `battles` than was declared."""
    return people_of(battles) < settings.least_people


def _linked(battles: Battles, settings: Settings) -> tuple[Battles, list[dict[str, str]]]:
    """The battles among models that can be ranked, and the others with the reason."""
    unseen = [{"model": name, "why": "in no battle that counts"} for name in battles.unseen]
    if settings.method != "bradley_terry":
        return battles, unseen
    found = diagnose(battles)
    if found.is_strong:
        return battles, unseen
    kept = set(found.components[0])
    codes = np.array([model in kept for model in battles.models])
    inner = battles.select(codes[battles.a] & codes[battles.b])
    # What was cut is said here, with its reason, and not once more as unseen.
    why = _reasons(found)
    return replace(inner, unseen=()), unseen + [
        {"model": model, "why": why.get(model, "no chain of wins links it with the others")}
        for model in battles.models
        if model not in inner.models
    ]


def _reasons(found: Connectivity) -> dict[str, str]:
    said = (
        (found.unbeaten, "never lost to the models that are ranked"),
        (found.winless, "never won over the models that are ranked"),
        (found.isolated, "never met the models that are ranked"),
    )
    return {model: why for groups, why in said for group in groups for model in group}


def _unit(battles: Battles, warnings: list[str]) -> str:
    if battles.cluster is None:
        warnings.append(
            "the data do not say who judged: battles are resampled, and intervals are too narrow"
        )
        return "row"
    if battles.n_participants == 1:
        warnings.append("one judge gave all verdicts: intervals say nothing of other judges")
        return "row"
    return "cluster"


def _say_failed(drawn: MethodBootstrap, settings: Settings, warnings: list[str]) -> None:
    if drawn.n_failed > MANY_FAILED * settings.resamples:
        warnings.append(
            f"{drawn.n_failed:,} of {settings.resamples:,} resamples gave no finite ratings and "
            "are left out, so intervals are too narrow: these people judged too little"
        )


def _rows(battles: Battles, drawn: MethodBootstrap, settings: Settings) -> list[dict[str, Any]]:
    ratings = drawn.ratings
    ranges = rank_ranges(ratings.scores, drawn.scores, settings.level)
    rates = fit(battles, "win_rate").scores
    fought = np.bincount(np.concatenate((battles.a, battles.b)), minlength=len(battles.models))
    order = np.argsort(-ratings.scores, kind="stable")
    return [
        {
            "model": ratings.models[i],
            "rank_low": int(ranges.best[i]),
            "rank_high": int(ranges.worst[i]),
            "score": round(float(ratings.scores[i]), 6),
            "low": round(float(drawn.low[i]), 6),
            "high": round(float(drawn.high[i]), 6),
            "win_rate": round(float(rates[i]), 6),
            "n_battles": int(fought[i]),
        }
        for i in map(int, order)
    ]


def _pairs(battles: Battles) -> Mapping[str, int]:
    """How many pairs of models met at all."""
    found = diagnose(battles)
    return {"compared": found.pairs_compared, "possible": found.pairs_possible}
