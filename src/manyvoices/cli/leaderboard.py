"""``manyvoices leaderboard``: a public page of ratings, and the files behind it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from manyvoices.cli.common import EXTRA_OF, JsonFlag, console, errors, print_json, verb

if TYPE_CHECKING:
    from manyvoices.evaluate.leaderboard.making import Tick


@verb
def leaderboard(
    data: Annotated[
        Path,
        typer.Argument(
            help="A release (native or PRISM's form), battles (JSON lines, CSV, Parquet), or the "
            "results of manyvoices evaluate preference.",
            show_default=False,
        ),
    ],
    out: Annotated[
        Path,
        typer.Option("--out", help="Folder of the page; its history goes on.", show_default=False),
    ],
    title: Annotated[str, typer.Option(help="Above the page.", show_default=False)] = "",
    method: Annotated[
        str,
        typer.Option("--method", "-m", help="bradley_terry, rank_centrality or win_rate."),
    ] = "bradley_terry",
    by: Annotated[
        list[str] | None,
        typer.Option(
            help="A board for each value of this field: category, language, a survey question; "
            "may be given several times. Left out: language, category, topic, conversation_type "
            "and pool, where they are known. `none` gives no such board."
        ),
    ] = None,
    least_people: Annotated[
        int, typer.Option(min=1, help="Groups of fewer people are folded together or left out.")
    ] = 10,
    resamples: Annotated[int, typer.Option(min=100, help="Resamples of people.")] = 1000,
    level: Annotated[float, typer.Option(help="Coverage of intervals and rank ranges.")] = 0.95,
    tie_threshold: Annotated[
        float, typer.Option(min=0, help="Scores no further apart than this are a tie (releases).")
    ] = 5,
    anchor: Annotated[str | None, typer.Option(help="The model that stands at 1000.")] = None,
    style: Annotated[
        bool, typer.Option(help="Whether length and layout are controlled for, if texts allow.")
    ] = True,
    simulated: Annotated[
        bool, typer.Option("--simulated", help="Count bots' verdicts; the page then says so.")
    ] = False,
    seed: Annotated[int, typer.Option(min=0, help="Seed of the resamples.")] = 0,
    json: JsonFlag = False,
) -> None:
    """Write a leaderboard: one page, its data as JSON, CSV and Parquet, and its history.

    Ranks are ranges: no order is claimed where the data do not bear one. Intervals are over people.
    No person's data stand in what is written, and no group of few people. `manyvoices serve
    --leaderboard DIR` shows the folder at /leaderboard/; any other web server can.
    """
    from manyvoices.evaluate.leaderboard import Settings, make_leaderboard

    fields = None if by is None else tuple(name for name in by if name != "none")
    try:
        if not 0 < level < 1:
            raise ValueError(f"--level lies between 0 and 1, found {level}")
        settings = Settings(
            method=method, by=fields, least_people=least_people, resamples=resamples, level=level,
            seed=seed, tie_threshold=tie_threshold, simulated=simulated, style=style,
            anchor=anchor,
        )  # fmt: skip
        with _saying() as tick:
            now = dt.datetime.now(dt.UTC)
            made = make_leaderboard(data, out, settings, now=now, title=title, tick=tick)
    except ValueError as error:
        # The rooms below raise it for fields and settings that do not exist or do not go together.
        raise typer.BadParameter(str(error)) from error
    page = _page(made.results, out)
    if json:
        print_json(made.results)
        return
    _print(made.results)
    place = page or out
    console.print(f"To read: {place}", markup=False, highlight=False, soft_wrap=True)


def _page(results: Mapping[str, Any], out: Path) -> Path | None:
    try:
        from manyvoices.report.pages.leaderboard import write
    except ModuleNotFoundError as error:
        if EXTRA_OF.get((error.name or "").partition(".")[0]) != "analysis":
            raise
        message = "No page was written: it needs the extra manyvoices[analysis]."
        errors.print(message, markup=False, highlight=False)
        return None
    return write(results, out)


def _print(results: Mapping[str, Any]) -> None:
    from rich.markup import escape
    from rich.table import Table

    everybody = results["boards"][0]
    shape = Table(title=escape(results["title"]), title_justify="left")
    for name in ("ranks", "model", "rating", "interval", "win rate", "battles"):
        shape.add_column(name, justify="left" if name == "model" else "right")
    digits = 0 if results["settings"]["scale"] == "elo" else 3
    for row in everybody["rows"]:
        low, high = row["rank_low"], row["rank_high"]
        shape.add_row(
            str(low) if low == high else f"{low} to {high}",
            escape(row["model"]),
            f"{row['score']:.{digits}f}",
            f"{row['low']:.{digits}f} to {row['high']:.{digits}f}",
            f"{row['win_rate']:.0%}",
            f"{row['n_battles']:,}",
        )
    console.print(shape)
    people = everybody["n_people"]
    who = (
        "people not named"
        if people is None
        else f"{people:,} {'person' if people == 1 else 'people'}"
    )
    rest = f"{everybody['n_battles']:,} battles, {who}; {len(results['boards']) - 1} further boards"
    for line in (rest, *results["notes"], *everybody["warnings"]):
        console.print(line, markup=False, highlight=False, soft_wrap=True)
    for one in everybody["unranked"]:
        line = f"not ranked: {one['model']} ({one['why']})"
        console.print(line, markup=False, highlight=False, soft_wrap=True)


@contextmanager
def _saying() -> Iterator[Tick]:
    with errors.status("Reading") as status:
        yield status.update
