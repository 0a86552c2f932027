"""``manyvoices rank``: a leaderboard with intervals over people."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from manyvoices.cli.common import JsonFlag, console, errors, print_json, verb
from manyvoices.schema.errors import ConvergenceError, DataError, Fault

if TYPE_CHECKING:
    from manyvoices.aggregate import Battles, BootstrapRatings

FORMATS = ("native", "prism", "arena", "counts")
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


@verb
def rank(
    data: Annotated[
        Path, typer.Argument(help="A release (native or PRISM's form), arena battles, or counts.")
    ],
    format: Annotated[
        str | None,
        typer.Option(
            "--format",
            "-f",
            help="native, prism, arena or counts; told from the content if left out.",
        ),
    ] = None,
    method: Annotated[
        list[str] | None,
        typer.Option(
            "--method", "-m", help="rank_centrality (default), bradley_terry, win_rate; repeatable."
        ),
    ] = None,
    by: Annotated[
        str, typer.Option(help="Resample whole participants, or single battles: participant|row.")
    ] = "participant",
    group: Annotated[
        str | None, typer.Option(help="One table for each value of this field as well.")
    ] = None,
    resamples: Annotated[int, typer.Option(min=0, help="Resamples; 0 gives no intervals.")] = 1000,
    level: Annotated[float, typer.Option(help="Coverage of the intervals.")] = 0.95,
    ties: Annotated[str, typer.Option(help="What a tie counts: half|both|drop.")] = "half",
    alpha: Annotated[float, typer.Option(min=0, help="rank_centrality: pseudo-wins.")] = 1.0,
    l2: Annotated[float, typer.Option(min=0, help="bradley_terry: penalty.")] = 0.0,
    scale: Annotated[str, typer.Option(help="natural|elo|probability.")] = "natural",
    anchor: Annotated[
        str | None, typer.Option(help="Model that stands at 1000 (scale elo) or 0.")
    ] = None,
    compat: Annotated[
        str | None, typer.Option(help="prism: PRISM's published computation, its mistake included.")
    ] = None,
    tie_threshold: Annotated[
        float, typer.Option(min=0, help="Scores no further apart than this are a tie (releases).")
    ] = 5,
    seed: Annotated[int, typer.Option(help="Seed of the resamples.")] = 0,
    json: JsonFlag = False,
) -> None:
    """Rank models from battles, with intervals over people.

    A release is read as the battles of its opening turns. The interval says how far a score moves
    when other people of the same kind had taken part: whole participants are resampled, because
    the judgements of one person belong together.
    """
    settings = {"alpha": alpha, "l2": l2, "scale": scale, "anchor": anchor, "compat": compat}
    options = Options(
        tuple(method or ("rank_centrality",)), by, resamples, level, seed, ties, settings
    )
    try:
        document = _rank(data, _kind(data, format), options, group, tie_threshold)
    except ValueError as error:
        # The rooms below raise it for arguments that do not exist or do not go together.
        raise typer.BadParameter(str(error)) from error
    if json:
        print_json(document)
    else:
        _print(document)


def _kind(data: Path, name: str | None) -> str:
    if name is not None:
        if name not in FORMATS:
            raise typer.BadParameter(f"--format is one of {', '.join(FORMATS)}, found {name!r}")
        return name
    if data.name.endswith((".csv", ".csv.gz")):
        return "counts"
    from manyvoices.io import detect_format

    found = detect_format(data)
    if found not in FORMATS:
        wanted = f"battles: {', '.join(FORMATS)}"
        raise DataError([Fault(str(data), None, "", found, wanted)])
    return found


def _rank(
    data: Path, kind: str, options: Options, group: str | None, threshold: float
) -> dict[str, Any]:
    if kind == "counts":
        if group is not None:
            raise ValueError("counts do not say who judged what, so they cannot be grouped")
        return _rank_counts(data, options)
    battles = _read(data, kind, group, threshold)
    if not len(battles):
        counted = ", ".join(f"{n} {reason}" for reason, n in battles.excluded.items())
        raise _no_battles(data, counted)
    document: dict[str, Any] = {"data": str(data), "format": kind, **_facts(battles)}
    document["tie_threshold"] = threshold if kind in ("native", "prism") else None
    document["tables"] = _tables(battles, options)
    if group is not None:
        document["group"] = group
        document["groups"] = {
            label: _group_tables(part, options) for label, part in battles.split(group)
        }
    return document


def _read(data: Path, kind: str, group: str | None, threshold: float) -> Battles:
    from manyvoices.aggregate import Battles

    groups = (group,) if group is not None else ()
    with errors.status(f"Reading {data.name}"):
        if kind == "arena":
            return Battles.from_arena(data, groups=groups)
        if kind == "prism":
            return Battles.from_prism(data, threshold, groups=groups)
        return Battles.from_release(data, threshold, groups=groups)


def _no_battles(data: Path, counted: str) -> DataError:
    found = f"no battle with a verdict ({counted})" if counted else "no battle"
    return DataError([Fault(str(data), None, "", found, "at least one rated pair of answers")])


def _facts(battles: Battles) -> dict[str, Any]:
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


def _group_tables(battles: Battles, options: Options) -> dict[str, Any]:
    """One group's tables, or why it has none: a small group must not end the whole command."""
    try:
        tables = _tables(battles, options)
    except ConvergenceError as error:
        return {**_facts(battles), "tables": [], "no_ranking": str(error)}
    return {**_facts(battles), "tables": tables}


def _tables(battles: Battles, options: Options) -> list[dict[str, Any]]:
    from manyvoices.aggregate import fit

    shared = {"ties": options.ties, **options.settings}
    why = _why_no_intervals(battles, options)
    if why is not None:
        fits = [fit(battles, method, **shared) for method in options.methods]
        return [_table(each, each.to_frame("dict"), why) for each in fits]
    drawn = _bootstrap(battles, options, shared)
    return [
        {
            **_table(each.ratings, each.to_frame("dict"), None),
            "n_resamples": drawn.n_resamples,
            "n_failed": each.n_failed,
            "resampled": "participants" if drawn.by == "cluster" else "rows",
            "n_resampled": drawn.n_units,
            "level": drawn.level,
            "seed": drawn.seed,
        }
        for each in drawn.values()
    ]


def _why_no_intervals(battles: Battles, options: Options) -> str | None:
    if options.by not in ("participant", "row"):
        raise ValueError(f"--by must be participant or row, found {options.by!r}")
    if options.resamples == 0:
        return "no resamples were asked for"
    if options.by == "participant" and battles.n_participants is None:
        return "the battles name no participants, so there are no people to resample (try --by row)"
    if options.by == "participant" and battles.n_participants == 1:
        return "one participant gave all judgements, so nothing is known of others (try --by row)"
    return None


def _bootstrap(battles: Battles, options: Options, shared: dict[str, Any]) -> BootstrapRatings:
    from manyvoices.aggregate import bootstrap

    with _progress(len(battles), options.resamples) as on_resamples:
        return bootstrap(
            battles,
            options.methods,
            n_resamples=options.resamples,
            by="cluster" if options.by == "participant" else "row",
            level=options.level,
            seed=options.seed,
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


def _rank_counts(data: Path, options: Options) -> dict[str, Any]:
    from manyvoices.aggregate import fit_counts
    from manyvoices.aggregate.sources import read_counts

    wins, models = read_counts(data)
    why = "counts do not say who judged, so nobody can be resampled"
    tables = []
    for method in options.methods:
        ratings = fit_counts(wins, models, method, **options.settings)
        tables.append(_table(ratings, ratings.to_frame("dict"), why))
    return {
        "data": str(data),
        "format": "counts",
        "n_comparisons": wins.sum(),
        "n_models": len(models),
        "tables": tables,
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


def _print(document: dict[str, Any]) -> None:
    _say(f"{document['data']} ({document['format']}): {_summary(document)}")
    for line in _notes(document):
        _say(line)
    _print_tables(document["tables"], "")
    for label, part in document.get("groups", {}).items():
        title = f"{document['group']}: {label}"
        console.print()
        _say(f"{title}: {_summary(part)}")
        if "no_ranking" in part:
            _say(f"No ranking: {part['no_ranking']}")
        _print_tables(part["tables"], f", {title}")


def _summary(part: dict[str, Any]) -> str:
    if "n_comparisons" in part:
        return f"{part['n_comparisons']:,g} comparisons of {part['n_models']} models"
    people = part["n_participants"]
    who = "people not named" if people is None else f"{people:,} participants"
    if part["n_simulated_participants"]:
        who += f", {part['n_simulated_participants']:,} of them bots"
    ties = f"{part['n_ties']:,} ties"
    return f"{part['n_battles']:,} battles ({ties}), {who}, {part['n_models']} models"


def _notes(document: dict[str, Any]) -> Iterator[str]:
    if document.get("excluded"):
        reasons = ", ".join(f"{n:,} {reason}" for reason, n in document["excluded"].items())
        yield f"Excluded: {reasons}"
    if document.get("models_without_a_battle"):
        yield f"No battle, so no score: {', '.join(document['models_without_a_battle'])}"
    if document.get("n_simulated_battles"):
        n = document["n_simulated_battles"]
        yield f"Simulated: {n:,} of the battles were judged by bots, not by people"


def _print_tables(tables: list[dict[str, Any]], suffix: str) -> None:
    from rich.table import Table

    for table in tables:
        with_interval = table["no_intervals"] is None
        shown = Table(title=f"{table['method']} ({table['scale']}){suffix}", title_justify="left")
        for name in ("rank", "model", "score"):
            shown.add_column(name, justify="left" if name == "model" else "right")
        if with_interval:
            shown.add_column(f"{table['level']:.0%} interval", justify="right")
            shown.add_column("ranks", justify="right")
        for row in table["models"]:
            shown.add_row(*_cells(row, table["scale"], with_interval))
        console.print(shown)
        _say(_footnote(table))


def _cells(row: dict[str, Any], scale: str, with_interval: bool) -> list[str]:
    from rich.markup import escape

    def number(value: float) -> str:
        return f"{value:.0f}" if scale == "elo" else f"{value:.4f}"

    cells = [str(row["rank"]), escape(row["model"]), number(row["score"])]
    if with_interval:
        cells.append(f"{number(row['low'])} to {number(row['high'])}")
        cells.append(f"{row['rank_low']} to {row['rank_high']}")
    return cells


def _footnote(table: dict[str, Any]) -> str:
    if table["no_intervals"] is not None:
        return f"No intervals: {table['no_intervals']}."
    text = (
        f"Intervals from {table['n_resamples']:,} resamples of {table['n_resampled']:,} "
        f"{table['resampled']}, seed {table['seed']}."
    )
    if table["n_failed"]:
        text += f" {table['n_failed']:,} resamples gave no scores and are left out."
    return text


def _say(text: str) -> None:
    console.print(text, markup=False, highlight=False, soft_wrap=True)
