"""``manyvoices agree``: how far the people who judged the same things agree."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from manyvoices.cli.agree_battles import (
    Options,
    of_battles,
    of_comparisons_file,
    of_prism,
    of_release,
)
from manyvoices.cli.agree_output import print_document
from manyvoices.cli.agree_ratings import of_rankings, of_ratings
from manyvoices.cli.common import JsonFlag, errors, print_json, verb
from manyvoices.schema.errors import DataError, Fault

FORMATS = ("arena", "native", "comparisons", "prism", "ballots", "oasst-trees", "ratings")


@verb
def agree(
    data: Annotated[
        Path,
        typer.Argument(help="Battles with judges, a release, rankings, or a table of ratings."),
    ],
    format: Annotated[
        str | None,
        typer.Option(
            "--format",
            "-f",
            help="arena, native, comparisons, prism, ballots, oasst-trees or ratings; told from "
            "the content if left out (.csv and .parquet hold ratings).",
        ),
    ] = None,
    against: Annotated[
        Path | None,
        typer.Option(help="Battles by other judges, compared with the majority here (arena)."),
    ] = None,
    join: Annotated[
        str, typer.Option(help="Units of battles: pair (either way round) or shown (as shown).")
    ] = "pair",
    unit: Annotated[
        list[str] | None,
        typer.Option(help="Field that tells units apart; repeatable. Ratings: unit."),
    ] = None,
    value: Annotated[str, typer.Option(help="Ratings: column of the ratings.")] = "value",
    level: Annotated[
        str | None,
        typer.Option(help="nominal|ordinal|interval; numbers are ordinal if left out."),
    ] = None,
    order: Annotated[
        str | None, typer.Option(help="Ordinal words, lowest first, with commas between.")
    ] = None,
    confidence: Annotated[float, typer.Option(help="Coverage of the intervals.")] = 0.95,
    resamples: Annotated[int, typer.Option(min=0, help="Resamples of units or people.")] = 1000,
    seed: Annotated[int, typer.Option(help="Seed of the resamples.")] = 0,
    json: JsonFlag = False,
) -> None:
    """Say how far judges agree, and whether the side shown first is favoured.

    Krippendorff's alpha over all who judged the same unit; 1 is full agreement, 0 what chance
    gives. Of a release with comparisons, a unit is a prompt and two models. With --against, Cohen's
    kappa between the majority here and the verdicts there.
    """
    resampling = {"confidence": confidence, "n_resamples": resamples, "seed": seed}
    words = tuple(order.split(",")) if order else None
    options = Options(tuple(unit or ()), value, level, words, join, resampling)
    try:
        with errors.status(f"Reading {data.name}"):
            document = _agree(data, _kind(data, format), against, options)
    except ValueError as error:
        raise typer.BadParameter(str(error)) from error
    if json:
        print_json(document)
    else:
        print_document(document)


def _kind(data: Path, name: str | None) -> str:
    if name is not None:
        if name not in FORMATS:
            raise typer.BadParameter(f"--format is one of {', '.join(FORMATS)}, found {name!r}")
        return name
    if data.name.endswith((".csv", ".csv.gz", ".parquet")):
        return "ratings"
    from manyvoices.cli.elections import first_keys
    from manyvoices.io import detect_format

    found = "ballots" if "election_id" in first_keys(data) else detect_format(data)
    if found == "native-comparisons":
        return "comparisons"
    if found not in FORMATS:
        raise DataError([Fault(str(data), None, "", found, f"judgements: {', '.join(FORMATS)}")])
    return found


def _agree(data: Path, kind: str, against: Path | None, options: Options) -> dict[str, Any]:
    if against is not None and kind != "arena":
        raise ValueError(f"--against compares battles (arena), found {kind}")
    document: dict[str, Any] = {"data": str(data), "format": kind}
    if kind == "ratings":
        return document | of_ratings(data, options)
    if kind in ("ballots", "oasst-trees"):
        return document | of_rankings(data, kind, options)
    if kind == "arena":
        return document | of_battles(data, against, options)
    if kind == "native":
        return document | of_release(data, options)
    if kind == "comparisons":
        return document | of_comparisons_file(data, options)
    return document | of_prism(data, options)
