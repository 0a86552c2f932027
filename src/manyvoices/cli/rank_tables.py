"""Scores, intervals and sensitivity tables for ``manyvoices rank``, as plain documents."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from manyvoices.cli.common import errors
from manyvoices.schema.errors import ConvergenceError

if TYPE_CHECKING:
    from manyvoices.aggregate import Battles, BootstrapRatings, Scores

BAR_FROM = 20_000_000
"""Battles times resamples from which on a progress bar is shown."""


@dataclass(frozen=True)
class Options:
    """What the command line asked for."""

    methods: tuple[str, ...]
    by: str
    resamples: int
    level: float
    seed: int
    ties: str
    settings: dict[str, Any]
    interval: str
    k: float
    group: str | None
    threshold: float
    sensitivity: bool
    figure: Path | None
    source: str | None = None
    set_aside: bool = False


def facts(battles: Battles) -> dict[str, Any]:
    return {
        "n_battles": len(battles),
        "n_ties": battles.n_ties,
        "n_participants": battles.n_participants,
        "n_simulated_participants": battles.n_simulated_participants,
        "n_models": len(battles.models),
        "n_simulated_battles": battles.n_simulated,
        "excluded": dict(battles.excluded),
        "models_without_a_battle": list(battles.unseen),
    }


def group_tables(source: Battles | Scores, battles: Battles, options: Options) -> dict[str, Any]:
    """One group's tables, or why it has none: a small group must not end the whole command."""
    try:
        found = tables(source, options)
    except ConvergenceError as error:
        return {**facts(battles), "tables": [], "no_ranking": str(error)}
    return {**facts(battles), "tables": found}


def tables(
    battles: Battles | Scores, options: Options, figure: Path | None = None
) -> list[dict[str, Any]]:
    from manyvoices.aggregate import fit

    shared = {"ties": options.ties, "k": options.k, **options.settings}
    why = _why_no_intervals(battles, options)
    if why is not None:
        if figure is not None:
            raise ValueError(f"a figure shows intervals, and there are none: {why}")
        fits = [fit(battles, method, **shared) for method in options.methods]
        return [_table(each, each.to_frame("dict"), why) for each in fits]
    drawn = _bootstrap(battles, options, shared)
    if figure is not None:
        from manyvoices.report.ratings_figure import ratings_picture

        figure.write_bytes(ratings_picture(drawn, figure.suffix[1:]))
    return [
        {
            **_table(each.ratings, each.to_frame("dict"), None),
            "n_resamples": drawn.n_resamples,
            "n_failed": each.n_failed,
            "resampled": "participants" if drawn.by == "cluster" else "rows",
            "n_resampled": drawn.n_units,
            "level": drawn.level,
            "interval": each.interval,
            "seed": drawn.seed,
        }
        for each in drawn.values()
    ]


def _why_no_intervals(battles: Battles | Scores, options: Options) -> str | None:
    if options.by not in ("participant", "row"):
        raise ValueError(f"--by must be participant or row, found {options.by!r}")
    if options.resamples == 0:
        return "no resamples were asked for"
    if options.by == "participant" and battles.n_participants is None:
        return "the battles name no participants, so there are no people to resample (try --by row)"
    if options.by == "participant" and battles.n_participants == 1:
        return "one participant gave all judgements, so nothing is known of others (try --by row)"
    return None


def _bootstrap(
    battles: Battles | Scores, options: Options, shared: dict[str, Any]
) -> BootstrapRatings:
    from manyvoices.aggregate import bootstrap

    with _progress(len(battles), options.resamples) as on_resamples:
        return bootstrap(
            battles,
            options.methods,
            n_resamples=options.resamples,
            by="cluster" if options.by == "participant" else "row",
            level=options.level,
            seed=options.seed,
            interval=options.interval,  # type: ignore[arg-type] # checked there
            on_resamples=on_resamples,
            **shared,
        )


@contextlib.contextmanager
def _progress(n_battles: int, n_resamples: int) -> Iterator[Callable[[int], None] | None]:
    if n_battles * n_resamples < BAR_FROM:
        yield None
        return
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description}"), BarColumn(), TimeRemainingColumn())
    with Progress(*columns, console=errors, transient=True) as bar:
        task = bar.add_task("Resampling", total=n_resamples)
        yield lambda done: bar.update(task, completed=done)


def rank_counts(data: Path, options: Options) -> dict[str, Any]:
    from manyvoices.aggregate import fit_counts
    from manyvoices.aggregate.sources import read_counts

    wins, models = read_counts(data)
    why = "counts do not say who judged, so nobody can be resampled"
    found = []
    for method in options.methods:
        ratings = fit_counts(wins, models, method, **options.settings)
        found.append(_table(ratings, ratings.to_frame("dict"), why))
    return {
        "data": str(data),
        "format": "counts",
        "n_comparisons": wins.sum(),
        "n_models": len(models),
        "tables": found,
    }


def _table(ratings: Any, columns: dict[str, list[Any]], why: str | None) -> dict[str, Any]:
    names = list(columns)
    rows = zip(*columns.values(), strict=True)
    return {
        "method": ratings.method,
        "scale": ratings.scale,
        "settings": dict(ratings.settings),
        "iterations": ratings.iterations,
        "no_intervals": why,
        "models": [dict(zip(names, row, strict=True)) for row in rows],
    }


def sensitivity(battles: Battles, scores: Scores | None, options: Options) -> list[dict[str, Any]]:
    """PRISM's appendix T, as far as the data go."""
    from manyvoices import aggregate as agg

    data = battles if scores is None else scores
    methods = agg.BATTLE_METHODS if scores is None else agg.METHODS
    found = [
        agg.by_method(data, methods, ties=options.ties),
        agg.method_agreement(data, methods, ties=options.ties),
        agg.by_alpha(battles, ties=options.ties),
    ]
    if scores is not None:
        found.append(agg.by_tie_threshold(scores, ties=options.ties))
    if options.group is not None:
        labels = data.groups[options.group]
        subsets = {str(name): labels == name for name in sorted(set(labels.tolist()))}
        found.append(agg.by_subset(data, subsets, ties=options.ties))
    if battles.n_participants is not None:
        draws = min(options.resamples or 100, 200)
        found.append(agg.by_sample_size(data, n_draws=draws, seed=options.seed))
    return [{"title": table.title, "columns": dict(table.columns)} for table in found]
